import { didYouMean, type Location, suggestion } from '../ground/errors.ts'
import { shorten, show } from '../ground/show.ts'
import * as z from '../ground/zod.ts'
import { EVENTS_FIELD, EXTRACT_FIELD, LOAD_TEST_FIELD, VITEST_FIELD } from './extension-fields.ts'
import { placeOf, placeOfKey, placeOfValue } from './file/source-file.ts'
import type { Finding, Problems } from './problems.ts'
import { isRaw, type Raw, scalar, text, unquotedExpression } from './raw.ts'

export type ArazzoVersion = '1.0' | '1.1'

/** The specification's objects whose fields are closed. */
export type ObjectName =
  | 'Arazzo Specification'
  | 'Info'
  | 'Source Description'
  | 'Workflow'
  | 'Step'
  | 'Parameter'
  | 'Success Action'
  | 'Failure Action'
  | 'Components'
  | 'Criterion'
  | 'Expression Type'
  | 'Selector'
  | 'Request Body'
  | 'Payload Replacement'

interface Shape {
  readonly schema: z.ZodType
  /** The fields of each object, extensions aside. */
  readonly fields: Readonly<Record<ObjectName, readonly string[]>>
}

/** Alternatives of each union schema. */
const choices = new WeakMap<object, readonly z.ZodType[]>()

const string = z.string()
const optional = string.optional()
/** Keys of outputs and components. */
const name = string.regex(/^[a-zA-Z0-9._-]+$/)
/** Any value, null included, as long as there is one. */
const anything = z.unknown().refine(value => value !== undefined)
const anyObject = z.looseObject({})
const jsonSchema = either(value => (typeof value === 'boolean' ? anything : anyObject), [z.boolean(), anyObject])
const reusable = z.looseObject({ reference: string })

/** Makes the objects of one version. */
class Maker {
  readonly fields = {} as Record<ObjectName, readonly string[]>
  readonly isFirst: boolean

  constructor(version: ArazzoVersion) {
    this.isFirst = version === '1.0'
  }

  /** An object with these fields and no others. An issue about another field has the object's name as its message. */
  object(name: ObjectName, shape: z.ZodRawShape) {
    this.fields[name] = Object.keys(shape)
    return z.strictObject(shape, { error: issue => (issue.code === 'unrecognized_keys' ? name : undefined) })
  }

  /** Fields that came with 1.1. */
  newer(shape: z.ZodRawShape): z.ZodRawShape {
    return this.isFirst ? {} : shape
  }
}

/** If the text and the JSON Schemas of the specification disagree, this follows the text. */
export const shapes: Readonly<Record<ArazzoVersion, Shape>> = { '1.0': shapeOf('1.0'), '1.1': shapeOf('1.1') }

type Issue = z.core.$ZodIssue

/** Issues that zod finds in a document. */
function issuesOf(root: unknown, version: ArazzoVersion): readonly Issue[] {
  return shapes[version].schema.safeParse(root).error?.issues ?? []
}

function shapeOf(version: ArazzoVersion): Shape {
  const maker = new Maker(version)
  const parts = partsOf(maker)
  const workflow = workflowOf(maker, parts)
  const components = componentsOf(maker, parts)
  const source = maker.object('Source Description', {
    name: string.min(1),
    url: string.min(1),
    type: z.enum(['openapi', 'arazzo', ...(maker.isFirst ? [] : ['asyncapi'])]).optional(),
  })
  const schema = maker.object('Arazzo Specification', {
    arazzo: string,
    // An editor's hint, not the document's; YAML files often have it.
    $schema: optional,
    ...maker.newer({ $self: string.regex(/^[^#]*$/).optional() }),
    info: maker.object('Info', { title: string, version: string, summary: optional, description: optional }),
    sourceDescriptions: z.array(source).min(1),
    workflows: z.array(workflow).min(1),
    components: components.optional(),
  })
  return { schema, fields: maker.fields }
}

type Parts = ReturnType<typeof partsOf>

/** Objects that steps, workflows and components are made of. */
function partsOf(maker: Maker) {
  const { criterionType, selectorType, outputs } = selectionOf(maker)
  const parameter = maker.object('Parameter', {
    name: string,
    in: z.enum(['path', 'query', 'header', 'cookie', ...(maker.isFirst ? [] : ['querystring'])]).optional(),
    value: anything,
  })
  const parameters = orReusable(parameter).optional()
  const criteria = z.array(
    maker.object('Criterion', {
      condition: string,
      context: optional,
      type: criterionType.optional(),
      // The schema of 1.0 has `version` next to `type`, its text inside it.
      ...(maker.isFirst && { version: optional }),
    }),
  )
  const action = {
    name: string,
    workflowId: optional,
    stepId: optional,
    ...maker.newer({ parameters }),
    criteria: criteria.optional(),
  }
  const successAction = maker.object('Success Action', { type: z.enum(['end', 'goto']), ...action })
  const failureAction = maker.object('Failure Action', {
    type: z.enum(['end', 'retry', 'goto']),
    ...action,
    retryAfter: z.number().min(0).optional(),
    retryLimit: z.int().min(0).optional(),
  })
  const replacement = maker.object('Payload Replacement', {
    target: string,
    ...maker.newer({ targetSelectorType: selectorType.optional() }),
    value: anything,
  })
  const requestBody = maker.object('Request Body', {
    contentType: optional,
    payload: z.unknown().optional(),
    replacements: z.array(replacement).optional(),
  })
  return { outputs, parameter, parameters, criteria, successAction, failureAction, requestBody }
}

/** Types of criteria and selectors, and outputs, which may be selectors. */
function selectionOf(maker: Maker) {
  const expressionType = (...types: ('jsonpath' | 'xpath' | 'jsonpointer')[]) =>
    maker.object('Expression Type', { type: z.enum(types), version: string })
  const wordOrType = (word: z.ZodType, type: z.ZodType) => either(value => (isRaw(value) ? type : word), [word, type])
  const criterionType = wordOrType(
    z.enum(['simple', 'regex', 'jsonpath', 'xpath']),
    expressionType('jsonpath', 'xpath'),
  )
  const selectorType = wordOrType(
    z.enum(['jsonpath', 'xpath', 'jsonpointer']),
    expressionType('jsonpath', 'xpath', 'jsonpointer'),
  )
  const extracting = maker.object('Selector', { context: string })
  // After it, so that the fields of the whole object are known.
  const selector = maker.object('Selector', { context: string, selector: string, type: selectorType })
  const extracts = (value: Raw) => EXTRACT_FIELD in value && !('selector' in value) && !('type' in value)
  const objectOf = (value: Raw) => (extracts(value) ? extracting : maker.isFirst ? string : selector)
  const output = either(
    value => (isRaw(value) && !unquotedExpression(value) ? objectOf(value) : string),
    [string, extracting, ...(maker.isFirst ? [] : [selector])],
  )
  return { criterionType, selectorType, outputs: z.record(name, output).optional() }
}

function workflowOf(maker: Maker, { outputs, parameters, criteria, successAction, failureAction, requestBody }: Parts) {
  const step = maker.object('Step', {
    stepId: string,
    description: optional,
    operationId: optional,
    operationPath: optional,
    ...maker.newer({ channelPath: optional }),
    workflowId: optional,
    parameters,
    requestBody: requestBody.optional(),
    successCriteria: (maker.isFirst ? criteria : criteria.min(1)).optional(),
    onSuccess: orReusable(successAction).optional(),
    onFailure: orReusable(failureAction).optional(),
    outputs,
    ...maker.newer({
      timeout: z.int().min(1).optional(),
      correlationId: z.unknown().optional(),
      action: z.enum(['send', 'receive']).optional(),
      dependsOn: z.array(string).optional(),
    }),
  })
  return maker.object('Workflow', {
    workflowId: string,
    summary: optional,
    description: optional,
    inputs: jsonSchema.optional(),
    dependsOn: z.array(string).optional(),
    steps: z.array(step).min(1),
    successActions: orReusable(successAction).optional(),
    failureActions: orReusable(failureAction).optional(),
    outputs,
    parameters,
  })
}

function componentsOf(maker: Maker, { parameter, successAction, failureAction }: Parts) {
  return maker.object('Components', {
    inputs: z.record(name, jsonSchema).optional(),
    parameters: z.record(name, parameter).optional(),
    successActions: z.record(name, successAction).optional(),
    failureActions: z.record(name, failureAction).optional(),
  })
}

function orReusable(schema: z.ZodType) {
  return z.array(either(value => (isRaw(value) && 'reference' in value ? reusable : schema), [schema, reusable]))
}

/** The schemas that one which chooses has the choice of; undefined for any other. */
export function alternativesOf(schema: z.ZodType): readonly z.ZodType[] | undefined {
  return choices.get(schema)
}

/**
 * Checks a value by the schema that fits it, so that issues are about one alternative rather than all of them.
 *
 * @param all what it may choose.
 */
function either(choose: (value: unknown) => z.ZodType, all: readonly z.ZodType[]) {
  const schema = z.unknown().check(context => {
    const { error } = choose(context.value).safeParse(context.value)
    for (const issue of error?.issues ?? []) {
      context.issues.push({ ...issue, input: context.value, continue: true } as z.core.$ZodRawIssue)
    }
  })
  choices.set(schema, all)
  return schema
}

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

/** A `$ref`, as OpenAPI has it, in place of a Reusable Object's `reference`: reported as a single mistake. */
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

/** Version of an Expression Type Object without `version`. */
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

/** Values that exist only from 1.1 on. A document of 1.0 that uses them gets this finding. */
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

const OURS = [LOAD_TEST_FIELD, VITEST_FIELD, EVENTS_FIELD, EXTRACT_FIELD] as const

/**
 * The extension of ours that a field is, or was probably meant to be: `x-loadtest`, `loadTest`. What they all begin
 * with does not make names alike.
 */
export function meantExtension(field: string): (typeof OURS)[number] | undefined {
  const bare = (name: string) => name.replace(/^(x[-_]?)?/i, '')
  const same = OURS.find(name => bare(name) === bare(field))
  if (same !== undefined) return same
  const meant = didYouMean(bare(field), OURS.map(bare))
  return OURS.find(name => bare(name) === meant)
}

/**
 * Describes a path of an Arazzo document: `step "login"`, `output "id" of workflow "buy"`. It names the innermost named
 * object and the step or workflow around it.
 */
export function thingAt(root: unknown, path: readonly PropertyKey[]): string {
  const words: string[] = []
  let value = root
  for (const [depth, key] of path.entries()) {
    value = isRaw(value) || Array.isArray(value) ? (value as Record<PropertyKey, unknown>)[key] : undefined
    const word = wordFor(path[depth - 1], key, value)
    if (word) words.push(word)
  }
  const thing = words.at(-1)
  if (!thing) return 'the document'
  const within = words.slice(0, -1).findLast(word => /^(step|workflow) /.test(word))
  return within && !thing.startsWith('step ') ? `${thing} of ${within}` : thing
}

/** Lists and maps whose members have a name or a number. */
const KINDS: Readonly<Record<string, { word: string; name?: string }>> = {
  sourceDescriptions: { word: 'source', name: 'name' },
  workflows: { word: 'workflow', name: 'workflowId' },
  steps: { word: 'step', name: 'stepId' },
  parameters: { word: 'parameter', name: 'name' },
  successCriteria: { word: 'criterion' },
  criteria: { word: 'criterion' },
  onSuccess: { word: 'success action', name: 'name' },
  successActions: { word: 'success action', name: 'name' },
  onFailure: { word: 'failure action', name: 'name' },
  failureActions: { word: 'failure action', name: 'name' },
  replacements: { word: 'replacement' },
  outputs: { word: 'output' },
  inputs: { word: 'inputs' },
}

const OBJECTS: readonly PropertyKey[] = ['info', 'components', 'requestBody']

function wordFor(container: PropertyKey | undefined, key: PropertyKey, value: unknown): string | undefined {
  if (OBJECTS.includes(key)) return key === 'requestBody' ? 'the request body' : `the ${String(key)}`
  const kind = typeof container === 'string' ? KINDS[container] : undefined
  if (!kind) return undefined
  if (typeof key === 'string') return `${kind.word} "${key}"`
  if (typeof key !== 'number') return undefined
  const name = kind.name && isRaw(value) ? (text(value, kind.name) ?? text(value, 'reference')) : undefined
  return name ? `${kind.word} "${name}"` : `${kind.word} ${key + 1}`
}
