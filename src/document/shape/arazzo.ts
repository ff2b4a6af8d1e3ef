import * as z from '../../ground/zod.ts'
import { EXTRACT_FIELD } from '../extension-fields.ts'
import { isRaw, type Raw, unquotedExpression } from '../raw.ts'

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

export interface Shape {
  readonly schema: z.ZodType
  /** The fields of each object, extensions aside. */
  readonly fields: Readonly<Record<ObjectName, readonly string[]>>
}

/** What each schema that chooses has the choice of. */
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

/** Where the text and the JSON Schemas of the specification disagree, this is the text. */
export const shapes: Readonly<Record<ArazzoVersion, Shape>> = { '1.0': shapeOf('1.0'), '1.1': shapeOf('1.1') }

export type Issue = z.core.$ZodIssue

/** What zod has to say about a document. */
export function issuesOf(root: unknown, version: ArazzoVersion): readonly Issue[] {
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
      // The schema of 1.0 has `version` beside `type`, its text inside it.
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
