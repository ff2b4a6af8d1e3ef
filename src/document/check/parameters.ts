import { didYouMean, type Location, suggestion } from '../../ground/errors.ts'
import { quoted } from '../../ground/words.ts'
import { placeOfKey } from '../file/source-file.ts'
import { type Context, type LoadedWorkflow, reportOf } from '../loaded/loaded.ts'
import type { Channel, JsonSchema, OpenApiDescription, Operation, Parameter } from '../model.ts'
import { suggest } from '../problems.ts'
import { has, isRaw, member, object, scalar, texts } from '../raw.ts'

/** Parameters of a step, and those that it has of its workflow. */
export interface StepParameters {
  readonly own: readonly Parameter[]
  readonly shared: readonly Parameter[]
}

/** A step that is read: where messages about it point. */
const placeOfStep = ({ step }: Context): Location => placeOfKey(step!.raw, 'stepId')

/** Reports on a parameter of the thing that is read. */
const reportOfParameter = (name: string, { thing, document }: Context) =>
  reportOf({ thing: `parameter "${name}" of ${thing}`, document })

/** Reports parameters that a workflow has no input for. */
export function checkInputs(parameters: readonly Parameter[], workflow: LoadedWorkflow, context: Context): void {
  const { declared, others } = workflow.inputNames
  if (others === 'open') return
  for (const { name, at } of parameters) {
    if (declared.has(name)) continue
    reportOfParameter(name, context)[others === 'closed' ? 'error' : 'warn']('undefined-input', at, {
      found: `workflow "${workflow.workflowId}" declares no input "${name}"`,
      hint: suggest(name, declared, 'inputs') ?? `Add "${name}" to the properties of its \`inputs\`, or leave it out.`,
    })
  }
}

/** Inputs that a workflow requires, has no default for, and is not given. */
export function checkRequiredInputs({ own, shared }: StepParameters, workflow: LoadedWorkflow, context: Context): void {
  const given = [...own, ...shared]
  const missing = requiredInputs(workflow.inputs).filter(name => !given.some(parameter => parameter.name === name))
  for (const name of missing)
    reportOf(context).warn('missing-input', placeOfStep(context), {
      found: `workflow "${workflow.workflowId}" requires the input "${name}"`,
      hint: 'Pass it in `parameters`, or give it a default.',
    })
}

function requiredInputs(schema: JsonSchema | undefined): string[] {
  if (!isRaw(schema)) return []
  const properties = object(schema, 'properties')
  return texts(schema, 'required').filter(name => member(object(properties, name), 'default') === undefined)
}

/** Headers that a client may always send, also if the operation does not declare them. */
const FREE_HEADERS = ['authorization', 'accept', 'content-type', 'cookie']

/** Whether an operation has a parameter, by name and place. */
export function knows(operation: Operation, { name, in: place }: Parameter, description: OpenApiDescription): boolean {
  if (place === undefined || isFree(name, place, description)) return true
  return operation.parameters.some(parameter => parameter.in === place && sameName(parameter.name, name, place))
}

const titleOf = ({ method, path }: Operation) => `${method} ${path}`

/** Reports parameters that the operation does not know. */
export function checkOperationParameters(
  { own, shared }: StepParameters,
  operation: Operation,
  description: OpenApiDescription,
  context: Context,
): void {
  for (const parameter of own.filter(one => !knows(operation, one, description)))
    reportOfParameter(parameter.name, context).warn('unknown-parameter', parameter.at, {
      found: `${titleOf(operation)} has no ${parameter.in} parameter "${parameter.name}"`,
      hint: hintFor(parameter, operation),
    })
  checkQueries([...shared, ...own], titleOf(operation), context)
}

/** Reports path parameters without a value. */
export function checkPathParameters({ own, shared }: StepParameters, operation: Operation, context: Context): void {
  const parameters = [...own, ...shared]
  // One that does not say where it goes has been reported.
  const given = parameters.filter(({ in: place }) => place === 'path' || place === undefined).map(({ name }) => name)
  for (const { name } of operation.parameters.filter(one => one.in === 'path' && !given.includes(one.name))) {
    const unknown = given.filter(one => !operation.parameters.some(known => known.name === one))
    const meant = didYouMean(name, unknown)
    reportOf(context).error('missing-parameter', placeOfStep(context), {
      found: `${titleOf(operation)} needs the path parameter "${name}"`,
      hint: meant ? `Is that "${meant}"?` : `Add to \`parameters\`: { name: ${name}, in: path, value: … }.`,
    })
  }
}

/**
 * Reports what an operation requires and a step does not send. A warning: that may be just what the step tries, and
 * credentials may come from elsewhere.
 */
export function checkRequired(
  { own, shared }: StepParameters,
  operation: Operation,
  description: OpenApiDescription,
  context: Context,
): void {
  const given = [...own, ...shared]
  const warn = (what: string, hint: string) => {
    const found = `${titleOf(operation)} requires ${what}`
    reportOf(context).warn('missing-parameter', placeOfStep(context), { found, hint })
  }
  for (const { name, in: place, required } of operation.parameters) {
    if (!required || place === 'path' || isFree(name, place, description)) continue
    const isGiven = given.some(one => one.in === undefined || (one.in === place && sameName(one.name, name, place)))
    if (!isGiven)
      warn(`the ${place} parameter "${name}"`, `Add to \`parameters\`: { name: ${name}, in: ${place}, value: … }.`)
  }
  const hasBody = has(context.step?.raw, 'requestBody')
  if (operation.requestBody?.required && !hasBody) warn('a request body', 'Add a `requestBody` with a `payload`.')
}

const sameName = (a: string, b: string, place: Parameter['in']) =>
  place === 'header' ? a.toLowerCase() === b.toLowerCase() : a === b

/** Headers that OpenAPI leaves to others, and what credentials may bring. Source: OpenAPI 3.1.0, "Parameter Object". */
function isFree(name: string, place: Parameter['in'], description: OpenApiDescription): boolean {
  if (place === 'header' && FREE_HEADERS.includes(name.toLowerCase())) return true
  return isCredential(name, place, description)
}

function isCredential(name: string, place: Parameter['in'], { securitySchemes }: OpenApiDescription): boolean {
  return Object.values(securitySchemes).some(
    scheme =>
      isRaw(scheme) &&
      member(scheme, 'type') === 'apiKey' &&
      member(scheme, 'in') === place &&
      sameName(scalar(scheme, 'name') ?? '', name, place),
  )
}

/** A querystring is all of the query. Source: Arazzo 1.1.0, "Parameter Object"; OpenAPI 3.2.0, "Parameter Object". */
function checkQueries(parameters: readonly Parameter[], title: string, context: Context): void {
  const [whole, other] = parameters.filter(({ in: place }) => place === 'querystring')
  const clash = other ?? parameters.find(({ in: place }) => place === 'query')
  if (!whole || !clash) return
  reportOf(context).error('exclusive-fields', clash.at, {
    found: `parameter "${whole.name}" is the whole query of ${title}, and "${clash.name}" would be one more part of it`,
    hint: 'Write it into the querystring, or use `in: query` for each.',
  })
}

function hintFor({ name, in: place }: Parameter, operation: Operation): string | undefined {
  const elsewhere = operation.parameters.find(parameter => parameter.name === name)
  if (elsewhere) return `Write \`in: ${elsewhere.in}\`.`
  const names = operation.parameters.filter(parameter => parameter.in === place).map(parameter => parameter.name)
  return suggestion(name, names) ?? (names.length > 0 ? `It has ${quoted(names)}.` : undefined)
}

/** Reports what a message, or the address of its channel, has no place for, and what the address lacks. */
export function checkMessage(
  { action, channel }: { readonly action: 'send' | 'receive'; readonly channel: Channel },
  { own, shared }: StepParameters,
  context: Context,
): void {
  const raw = context.step!.raw
  const report = reportOf(context)
  const useless = (field: string, found: string) => {
    if (has(raw, field)) report.warn('irrelevant-field', placeOfKey(raw, field), { found, hint: 'Remove it.' })
  }
  if (action === 'send') useless('correlationId', '`correlationId` means nothing to a step that sends')
  else useless('requestBody', 'a step that receives sends no message')
  const holes = Object.keys(channel.parameters)
  for (const { name, in: place, at } of own) {
    const add = (found: string, hint: string, severity?: 'warning') =>
      reportOfParameter(name, context).error('unknown-parameter', at, { found, hint, severity })
    if (place === 'path' && !holes.includes(name)) {
      const hint = suggest(name, holes, 'parameters') ?? 'Remove it.'
      add(`the address ${channel.address} has no {${name}}`, hint, 'warning')
    } else if (place === 'header' && action === 'receive')
      add('a step that receives sends no headers', 'Remove it, or look at them in `successCriteria`.', 'warning')
    else if (place !== undefined && place !== 'path' && place !== 'header')
      add(`a message has no ${place}`, 'Use `in: header`, or `in: path` for the address of the channel.')
  }
  const given = [...own, ...shared].filter(one => one.in === 'path').map(one => one.name)
  for (const name of holes.filter(hole => !given.includes(hole))) {
    if (channel.parameters[name]!.default !== undefined) continue
    report.error('missing-parameter', placeOfStep(context), {
      found: `the address ${channel.address} needs the parameter "${name}"`,
      hint: `Add to \`parameters\`: { name: ${name}, in: path, value: … }.`,
    })
  }
}
