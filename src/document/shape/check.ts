import { didYouMean, type Location, suggestion } from '../../ground/errors.ts'
import { shorten, show } from '../../ground/show.ts'
import { placeOf, placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { Finding, Problems } from '../problems.ts'
import { isRaw, type Raw, scalar, unquotedExpression } from '../raw.ts'
import { type ArazzoVersion, type Issue, issuesOf, type ObjectName, shapes } from './arazzo.ts'
import { meantExtension } from './extension.ts'
import { thingAt } from './thing.ts'

/** Reports what has not the shape that the specification gives it; returns the objects that are at fault themselves. */
export function checkShape(root: Raw, version: ArazzoVersion, problems: Problems): WeakSet<object> {
  const misshapen = new WeakSet<object>()
  for (const issue of issuesOf(root, version)) {
    const path = issue.code === 'unrecognized_keys' ? issue.path : issue.path.slice(0, -1)
    const reference = foreignReference(root, path)
    for (const finding of reference ? [reference] : findingsOf(issue, root, version)) problems.add(finding)
    const owner = issue.code === 'unrecognized_keys' && !reference ? undefined : at(root, path)
    if (typeof owner === 'object' && owner !== null) misshapen.add(owner)
  }
  return misshapen
}

/** Lists whose items may be references, by what these refer to. */
const REFERABLE: Readonly<Record<string, string>> = {
  parameters: 'parameters',
  successActions: 'successActions',
  onSuccess: 'successActions',
  failureActions: 'failureActions',
  onFailure: 'failureActions',
}

/**
 * A `$ref`, as OpenAPI has it, in place of a Reusable Object's `reference`: one mistake, whatever else is missing then.
 */
function foreignReference(root: Raw, path: readonly PropertyKey[]): Finding | undefined {
  const type = typeof path.at(-1) === 'number' ? REFERABLE[String(path.at(-2))] : undefined
  const item = at(root, path)
  if (type === undefined || !isRaw(item) || typeof item.$ref !== 'string' || 'name' in item) return undefined
  const name = item.$ref.split(/[/.]/).at(-1) || '<name>'
  return {
    code: 'unknown-field',
    at: placeOfKey(item, '$ref'),
    failed: `read ${thingAt(root, path)}`,
    found: 'components are referred to by `reference`, not by `$ref`',
    hint: `Write \`reference: $components.${type}.${name}\`.`,
    firm: true,
  }
}

function findingsOf(issue: Issue, root: Raw, version: ArazzoVersion): Finding[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') {
    const strangers = issue.keys.filter(key => !key.startsWith('x-'))
    return strangers.map(key => strangerField(root, path, key, issue.message as ObjectName, version))
  }
  const key = path.at(-1) as string | number
  const owner = at(root, path.slice(0, -1)) as object
  const value = at(root, path)
  if (issue.code === 'invalid_key') return [wrongName(owner, String(key), thingAt(root, path))]
  const isItem = typeof key === 'number' || MAPS.has(path.at(-2)!)
  const field = isItem ? 'it' : `\`${key}\``
  const failed = `read ${thingAt(root, isItem ? path : path.slice(0, -1))}`
  if (value === undefined) {
    const found = `${field} is missing`
    const hint = `Add \`${exampleOf(String(key), owner, issue)}\`.`
    return [{ code: 'missing-field', at: placeOfOwner(root, path), failed, found, hint, firm: true }]
  }
  const fault = newerValue(field, value, root, version) ?? faultOf(issue, field, value)
  return [{ at: placeOfValue(owner, key), failed, firm: true, ...fault }]
}

/** Fields whose members have names of the author's. */
const MAPS = new Set<PropertyKey>(['outputs', 'inputs', 'parameters', 'successActions', 'failureActions'])

type ShapeFault = Pick<Finding, 'code' | 'found' | 'hint'>

/** How a field may be written that is missing. */
function exampleOf(field: string, owner: object, issue: Issue): string {
  if (field === 'version' && 'type' in owner) return `version: ${VERSIONS[String(owner.type)] ?? '…'}`
  if (field === 'type' && issue.code === 'invalid_value') return `type: ${(issue.values as string[]).join(' | ')}`
  return EXAMPLES[field] ?? `${field}: …`
}

/** What an Expression Type Object means without one. */
const VERSIONS: Readonly<Record<string, string>> = { jsonpath: 'rfc9535', xpath: 'xpath-31', jsonpointer: 'rfc6901' }

const EXAMPLES: Readonly<Record<string, string>> = {
  arazzo: 'arazzo: 1.1.0',
  info: "info: { title: …, version: '1.0.0' }",
  version: "version: '1.0.0'",
  sourceDescriptions: 'sourceDescriptions: [{ name: api, url: ./openapi.yaml, type: openapi }]',
  workflows: 'workflows: [{ workflowId: …, steps: […] }]',
  steps: 'steps: [{ stepId: …, operationId: … }]',
  url: 'url: ./openapi.yaml',
  condition: 'condition: $statusCode == 200',
  context: 'context: $response.body',
  selector: 'selector: /id',
  reference: 'reference: $components.parameters.…',
  target: 'target: /id',
}

/** Values that came with 1.1: in a document of 1.0, that is what is wrong with them. */
function newerValue(field: string, value: unknown, root: Raw, version: ArazzoVersion): ShapeFault | undefined {
  if (version !== '1.0') return undefined
  const isWord = (field === '`in`' && value === 'querystring') || (field === '`type`' && value === 'asyncapi')
  const isSelector = isRaw(value) && 'context' in value && 'selector' in value
  if (!isWord && !isSelector) return undefined
  const what = isWord ? `${field} "${value}"` : 'a Selector Object'
  return { code: 'newer-field', ...sinceVersion(what, root), hint: 'Write `arazzo: 1.1.0` at the top.' }
}

function sinceVersion(what: string, root: Raw): { found: string } {
  return { found: `${what} came with Arazzo 1.1, and the document is ${scalar(root, 'arazzo')}` }
}

function faultOf(issue: Issue, field: string, value: unknown): ShapeFault {
  switch (issue.code) {
    case 'invalid_type':
      return { code: 'wrong-type', ...wrongType(field, value, issue.expected) }
    case 'invalid_value':
      return { code: 'invalid-value', ...oneOf(field, value, issue.values as string[]) }
    case 'too_small':
      return { code: 'invalid-value', ...tooSmall(field, value, Number(issue.minimum)) }
    case 'invalid_format':
      return {
        code: 'invalid-value',
        found: `${field} is ${shownText(value)}, with a fragment (#)`,
        hint: 'Remove the fragment.',
      }
    default:
      return { code: 'invalid-value', found: `${field} is ${shownText(value)}`, hint: 'Correct it.' }
  }
}

function wrongName(owner: object, name: string, thing: string): Finding {
  return {
    code: 'invalid-name',
    at: placeOfKey(owner, name),
    failed: `read ${thing}`,
    found: 'its name has other characters than letters, digits, ".", "-" and "_"',
    hint: `Name it "${name.trim().replaceAll(/[^a-zA-Z0-9._-]+/g, '-')}".`,
  }
}

/** A missing field is reported where its object is named. */
function placeOfOwner(root: Raw, path: readonly PropertyKey[]): Location {
  const owner = path.slice(0, -1)
  const holder = owner.length > 0 ? (at(root, owner.slice(0, -1)) as object) : undefined
  return holder ? placeOfKey(holder, owner.at(-1) as string | number) : placeOf(root)
}

function strangerField(
  root: Raw,
  path: readonly PropertyKey[],
  key: string,
  name: ObjectName,
  version: ArazzoVersion,
): Finding {
  const place = placeOfKey(at(root, path) as object, key)
  const failed = `read ${thingAt(root, path)}`
  const known = shapes[version].fields[name]
  if (!known.includes(key) && shapes['1.1'].fields[name].includes(key)) {
    return {
      code: 'newer-field',
      at: place,
      failed,
      ...sinceVersion(`\`${key}\``, root),
      hint: 'Write `arazzo: 1.1.0` at the top, or remove it.',
    }
  }
  const isOurs = name === 'Workflow' || name === 'Arazzo Specification'
  const meant = didYouMean(key, known) ?? (isOurs ? meantExtension(key) : undefined)
  return {
    code: 'unknown-field',
    at: place,
    failed,
    found: `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name} Object has no field \`${key}\``,
    hint: meant ? `Did you mean \`${meant}\`?` : 'Remove it; the name of a field of your own begins with `x-`.',
  }
}

function wrongType(field: string, value: unknown, expected: string): { found: string; hint: string } {
  const found = `${field} is ${kindOf(value)}, not ${EXPECTED[expected] ?? expected}`
  if (expected !== 'string') return { found, hint: HINTS[expected] ?? HINTS.object! }
  const expression = unquotedExpression(value)
  if (expression) return { found, hint: `Put it in quotes: '{${expression}}'.` }
  if (field === '`arazzo`') return { found, hint: 'Write it with all three numbers: `arazzo: 1.1.0`.' }
  const isScalar = typeof value === 'number' || typeof value === 'boolean'
  return { found, hint: isScalar ? 'Put it in quotes.' : 'Write it as text.' }
}

const HINTS: Readonly<Record<string, string>> = {
  number: 'Write a number without quotes.',
  int: 'Write a whole number without quotes.',
  object: 'Write its fields, one below the other: `name: value`.',
  record: 'Write its members, one below the other: `name: value`.',
  array: 'Write its items, one below the other, each behind a `-`.',
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  object: 'an object',
  record: 'an object',
  array: 'a list',
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (typeof value === 'object') return show(value)
  const kind = typeof value === 'string' ? 'text' : typeof value === 'boolean' ? 'a boolean' : 'a number'
  return `${kind} (${shorten(show(value))})`
}

function oneOf(field: string, value: unknown, values: readonly string[]): { found: string; hint: string } {
  const meant = typeof value === 'string' ? suggestion(value, values) : undefined
  const choice = values.map(one => `"${one}"`)
  const hint = meant ?? `Use ${choice.slice(0, -1).join(', ')} or ${choice.at(-1)}.`
  return { found: `${field} is ${shownText(value)}`, hint }
}

function tooSmall(field: string, value: unknown, minimum: number): { found: string; hint: string } {
  if (Array.isArray(value)) return { found: `${field} is empty`, hint: 'It needs at least one item.' }
  if (typeof value === 'string') return { found: `${field} is empty`, hint: 'Write some text there.' }
  return { found: `${field} is ${String(value)}`, hint: `Use ${minimum} or more.` }
}

const shownText = (value: unknown) => (typeof value === 'string' ? shorten(show(value)) : kindOf(value))

function at(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    return (value as Record<PropertyKey, unknown>)[key]
  }, root)
}
