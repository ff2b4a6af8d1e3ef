import { didYouMean, type Location, type ProblemCode, suggestion } from '../ground/errors.ts'
import { shorten, show } from '../ground/show.ts'
import * as z from '../ground/zod.ts'
import { EVENTS_FIELD, EXTRACT_FIELD, LOAD_TEST_FIELD, VITEST_FIELD } from './extension-fields.ts'
import { placeOf, placeOfKey, placeOfValue } from './file/source-file.ts'
import type { Problems } from './problems.ts'
import { isRaw, type Raw, scalar, text, unquotedExpression } from './raw.ts'

export type ArazzoVersion = '1.0' | '1.1'

interface Shape {
  readonly schema: z.ZodType
  /** The fields of each object of the specification, extensions aside. */
  readonly fields: Readonly<Record<string, readonly string[]>>
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
  readonly fields: Record<string, readonly string[]> = {}
  readonly isFirst: boolean

  constructor(version: ArazzoVersion) {
    this.isFirst = version === '1.0'
  }

  /** An object with these fields and no others. An issue about another field has the object's name as its message. */
  object(name: string, shape: z.ZodRawShape) {
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
  for (const issue of shapes[version].schema.safeParse(root).error?.issues ?? []) {
    const isStrange = issue.code === 'unrecognized_keys'
    const path = isStrange ? issue.path : issue.path.slice(0, -1)
    const owner = at(root, path)
    const isForeign = reportForeign(root, path, problems)
    if (!isForeign && isStrange) {
      for (const key of issue.keys.filter(one => !one.startsWith('x-')))
        reportStranger(root, path, key, issue.message, version, problems)
      continue
    }
    if (!isForeign) reportFault(issue, root, version, problems)
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
function reportForeign(root: Raw, path: readonly PropertyKey[], problems: Problems): boolean {
  const type = typeof path.at(-1) === 'number' ? REFERABLE[String(path.at(-2))] : undefined
  const item = at(root, path)
  if (type === undefined || !isRaw(item) || typeof item.$ref !== 'string' || 'name' in item) return false
  const name = item.$ref.split(/[/.]/).at(-1) || '<name>'
  const found = 'components are referred to by `reference`, not by `$ref`'
  const what = { found, hint: `Write \`reference: $components.${type}.${name}\`.` }
  problems.about(`read ${thingAt(root, path)}`).firm('unknown-field', placeOfKey(item, '$ref'), what)
  return true
}

function reportFault(issue: Issue, root: Raw, version: ArazzoVersion, problems: Problems): void {
  const { path } = issue
  const key = path.at(-1) as string | number
  const owner = at(root, path.slice(0, -1)) as object
  const value = at(root, path)
  if (issue.code === 'invalid_key')
    return problems.about(`read ${thingAt(root, path)}`).error('invalid-name', placeOfKey(owner, key), {
      found: 'its name has other characters than letters, digits, ".", "-" and "_"',
      hint: `Name it "${String(key)
        .trim()
        .replaceAll(/[^a-zA-Z0-9._-]+/g, '-')}".`,
    })
  const isItem = typeof key === 'number' || MAPS.has(path.at(-2)!)
  const field = isItem ? 'it' : `\`${key}\``
  const report = problems.about(`read ${thingAt(root, isItem ? path : path.slice(0, -1))}`)
  if (value === undefined) {
    const hint = `Add \`${exampleOf(String(key), owner, issue)}\`.`
    return report.firm('missing-field', placeOfOwner(root, path), { found: `${field} is missing`, hint })
  }
  const [code, found, hint] = newerValue(field, value, root, version) ?? faultOf(issue, field, value)
  report.firm(code, placeOfValue(owner, key), { found, hint })
}

/** Fields whose members have names of the author's. */
const MAPS = new Set<PropertyKey>(['outputs', 'inputs', 'parameters', 'successActions', 'failureActions'])

type ShapeFault = readonly [code: ProblemCode, found: string, hint: string]

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
  return ['newer-field', sinceVersion(what, root), 'Write `arazzo: 1.1.0` at the top.']
}

const sinceVersion = (what: string, root: Raw) =>
  `${what} came with Arazzo 1.1, and the document is ${scalar(root, 'arazzo')}`

function faultOf(issue: Issue, field: string, value: unknown): ShapeFault {
  const found = `${field} is ${shownText(value)}`
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(field, value, issue.expected)
    case 'invalid_value':
      return ['invalid-value', found, oneOf(value, issue.values as string[])]
    case 'too_small':
      if (Array.isArray(value)) return ['invalid-value', `${field} is empty`, 'It needs at least one item.']
      if (typeof value === 'string') return ['invalid-value', `${field} is empty`, 'Write some text there.']
      return ['invalid-value', `${field} is ${String(value)}`, `Use ${Number(issue.minimum)} or more.`]
    case 'invalid_format':
      return ['invalid-value', `${found}, with a fragment (#)`, 'Remove the fragment.']
    default:
      return ['invalid-value', found, 'Correct it.']
  }
}

/** A missing field is reported where its object is named. */
function placeOfOwner(root: Raw, path: readonly PropertyKey[]): Location {
  const owner = path.slice(0, -1)
  const holder = owner.length > 0 ? (at(root, owner.slice(0, -1)) as object) : undefined
  return holder ? placeOfKey(holder, owner.at(-1) as string | number) : placeOf(root)
}

/** @param name of the object that has no such field. */
function reportStranger(
  root: Raw,
  path: readonly PropertyKey[],
  key: string,
  name: string,
  version: ArazzoVersion,
  problems: Problems,
): void {
  const place = placeOfKey(at(root, path) as object, key)
  const report = problems.about(`read ${thingAt(root, path)}`)
  const known = shapes[version].fields[name]!
  if (!known.includes(key) && shapes['1.1'].fields[name]!.includes(key)) {
    const hint = 'Write `arazzo: 1.1.0` at the top, or remove it.'
    return report.error('newer-field', place, { found: sinceVersion(`\`${key}\``, root), hint })
  }
  const isOurs = name === 'Workflow' || name === 'Arazzo Specification'
  const meant = didYouMean(key, known) ?? (isOurs ? meantExtension(key) : undefined)
  report.error('unknown-field', place, {
    found: `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name} Object has no field \`${key}\``,
    hint: meant ? `Did you mean \`${meant}\`?` : 'Remove it; the name of a field of your own begins with `x-`.',
  })
}

function wrongType(field: string, value: unknown, expected: string): ShapeFault {
  const [what, advice] = EXPECTED[expected] ?? [expected, EXPECTED.object![1]]
  const found = `${field} is ${kindOf(value)}, not ${what}`
  if (expected !== 'string') return ['wrong-type', found, advice]
  const expression = unquotedExpression(value)
  if (expression) return ['wrong-type', found, `Put it in quotes: '{${expression}}'.`]
  if (field === '`arazzo`') return ['wrong-type', found, 'Write it with all three numbers: `arazzo: 1.1.0`.']
  const isScalar = typeof value === 'number' || typeof value === 'boolean'
  return ['wrong-type', found, isScalar ? 'Put it in quotes.' : advice]
}

/** Types as they are called in messages, and how they are written. */
const EXPECTED: Readonly<Record<string, readonly [what: string, advice: string]>> = {
  string: ['text', 'Write it as text.'],
  number: ['a number', 'Write a number without quotes.'],
  int: ['a whole number', 'Write a whole number without quotes.'],
  object: ['an object', 'Write its fields, one below the other: `name: value`.'],
  record: ['an object', 'Write its members, one below the other: `name: value`.'],
  array: ['a list', 'Write its items, one below the other, each behind a `-`.'],
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (typeof value === 'object') return show(value)
  const kind = typeof value === 'string' ? 'text' : typeof value === 'boolean' ? 'a boolean' : 'a number'
  return `${kind} (${shorten(show(value))})`
}

function oneOf(value: unknown, values: readonly string[]): string {
  const meant = typeof value === 'string' ? suggestion(value, values) : undefined
  const choice = values.map(one => `"${one}"`)
  return meant ?? `Use ${choice.slice(0, -1).join(', ')} or ${choice.at(-1)}.`
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
