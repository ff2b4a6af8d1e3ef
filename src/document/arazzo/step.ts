import type { Template } from '../../expression/ast.ts'
import {
  compileReplacement,
  ExpressionError,
  parseSelectorType,
  type SelectorType,
  trimmed,
} from '../../expression/index.ts'
import { Fields } from '../../ground/fields.ts'
import { isJsonType } from '../../ground/media-type.ts'
import {
  checkInputs,
  checkMessage,
  checkOperationParameters,
  checkPathParameters,
  checkRequired,
  checkRequiredInputs,
  type NamedStep,
  type StepParameters,
} from '../check/parameters.ts'
import { EVENTS_FIELD, EXTRACT_FIELD } from '../extension-fields.ts'
import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { Context, LoadedDocument, LoadedStep, LoadedWorkflow, Reading } from '../loaded/loaded.ts'
import { qualifiedName, sourceNamed } from '../loaded/loaded.ts'
import type { Criterion, EventRule, Operation, Output, Parameter, Replacement, RequestBody, Step } from '../model.ts'
import type { Finding } from '../problems.ts'
import { suggest } from '../problems.ts'
import { has, isRaw, list, member, object, objects, type Raw, scalar, text, texts, unquotedExpression } from '../raw.ts'
import { readActions } from './action.ts'
import { readCondition, readCriteria, readCriterion, readTemplate } from './language.ts'
import { readParameters } from './parameter.ts'
import { findTarget, type LoadedTarget } from './target.ts'

/** Reads a Step Object and reports its faults. Returns `undefined` if its operation or workflow was not found. */
export function readStep(
  loaded: LoadedStep,
  workflow: LoadedWorkflow,
  shared: readonly Parameter[],
  reading: Reading,
): Step | undefined {
  const { raw, stepId } = loaded
  const thing = `step "${stepId}"`
  const { document } = workflow
  const target = findTarget(raw, thing, document, reading)
  const called = target?.kind === 'workflow' ? target.workflow : undefined
  const onChannel = target?.kind === 'channel'
  const inHand = { document, workflow, step: loaded, called, onChannel: onChannel || undefined }
  const before: Context = { ...inHand, moment: 'before' }
  const after: Context = { ...before, moment: 'after' }
  const operation = target?.kind === 'operation' ? target.api.operation(target.entry) : undefined
  const runsWorkflow = has(raw, 'workflowId')
  const written = readParameters(raw, thing, runsWorkflow ? 'inputs' : 'operation', before, reading)
  const parameters = operation ? namedAsInPath(written, operation, thing, reading) : written
  const at = placeOfKey(raw, 'stepId')
  const named = { thing, at }
  if (onChannel) checkMessage(raw, target, { own: parameters, shared }, named, reading)
  else if (target) checkParameters(target, operation, { own: parameters, shared }, named, reading)
  if (target?.kind === 'operation' && operation) {
    // One that refers to nothing has been reported, and may be the one that is missed.
    const items = objects(raw, 'parameters')
    if (items.length === written.length || items.every(item => has(item, 'name')))
      checkPathParameters([...parameters, ...shared], operation, named, reading)
    const sent = { parameters: [...parameters, ...shared], hasBody: has(raw, 'requestBody') }
    checkRequired(sent, operation, target.api.description, named, reading)
  }
  if (runsWorkflow) checkBody(raw, thing, reading)
  const types = onChannel ? target.channel.messages.map(({ contentType }) => contentType) : undefined
  const requestBody = readRequestBody(raw, thing, types ?? mediaTypesOf(operation), before, reading)
  const correlationId =
    onChannel && target.action === 'receive' && has(raw, 'correlationId')
      ? readTemplate(raw, 'correlationId', thing, before, reading)
      : undefined
  const timeout = member(raw, 'timeout')
  const rest: Omit<Step, 'target'> = {
    stepId,
    at,
    description: text(raw, 'description'),
    parameters,
    requestBody: runsWorkflow ? undefined : requestBody,
    successCriteria: readCriteria(raw, 'successCriteria', thing, after, reading),
    onSuccess: readActions(raw, 'onSuccess', 'successActions', thing, after, reading),
    onFailure: readActions(raw, 'onFailure', 'failureActions', thing, after, reading),
    outputs: readOutputs(raw, thing, after, reading),
    timeout: typeof timeout === 'number' && document.version !== '1.0' ? timeout : undefined,
    dependsOn: localDependencies(loaded, workflow, reading),
    events: readEvents(raw, thing, target?.kind, after, reading),
  }
  return target && { ...rest, target: modelOf(target, operation, correlationId) }
}

const mediaTypesOf = (operation: Operation | undefined) => operation?.requestBody?.content.map(({ type }) => type) ?? []

function modelOf(
  target: LoadedTarget,
  operation: Operation | undefined,
  correlationId: Template | undefined,
): Step['target'] {
  if (target.kind === 'channel') return { ...target, correlationId }
  if (target.kind === 'workflow') return { kind: 'workflow', workflow: target.reference }
  return { kind: 'operation', source: target.source, operation: operation! }
}

function checkParameters(
  target: Exclude<LoadedTarget, { kind: 'channel' }>,
  operation: Operation | undefined,
  parameters: StepParameters,
  step: NamedStep,
  reading: Reading,
): void {
  if (target.kind === 'operation')
    return checkOperationParameters(parameters, operation!, target.api.description, step, reading)
  checkInputs(parameters.own, target.workflow, step.thing, reading)
  checkRequiredInputs([...parameters.own, ...parameters.shared], target.workflow, step.thing, step.at, reading)
}

function checkBody(raw: Raw, thing: string, reading: Reading): void {
  if (!has(raw, 'requestBody')) return
  const found = 'a workflow takes inputs, not a request body'
  const hint = 'Pass them in `parameters`.'
  const at = placeOfKey(raw, 'requestBody')
  reading.problems.warn({ code: 'irrelevant-field', at, failed: `read ${thing}`, found, hint })
}

/** The `outputs` of a step or workflow. */
export function readOutputs(raw: Raw, thing: string, context: Context, reading: Reading): Output[] {
  const outputs = object(raw, 'outputs') ?? {}
  return Object.keys(outputs)
    .filter(name => isReadable(outputs[name], context.document))
    .map(name => ({
      name,
      value: readTemplate(outputs, name, `output "${name}" of ${thing}`, { ...context, output: name }, reading, true),
      at: placeOfKey(outputs, name),
    }))
}

/** An output is text or, in 1.1 or with `x-extract`, a Selector Object; its shape has been checked. */
function isReadable(value: unknown, { version, misshapen }: LoadedDocument): boolean {
  if (typeof value === 'string') return true
  return (
    isRaw(value) &&
    (version !== '1.0' || has(value, EXTRACT_FIELD)) &&
    !misshapen.has(value) &&
    !unquotedExpression(value)
  )
}

/**
 * Path parameters whose name differs from the operation's in case or separators only, under the operation's name:
 * `pet_id` for `petId`, as an example of the specification has it. Nothing else could be meant, and the path has no
 * other place for it.
 */
function namedAsInPath(
  parameters: readonly Parameter[],
  operation: Operation,
  thing: string,
  reading: Reading,
): Parameter[] {
  const declared = operation.parameters.filter(({ in: place }) => place === 'path').map(({ name }) => name)
  const given = parameters.filter(({ in: place }) => place === 'path').map(({ name }) => name)
  const missing = declared.filter(name => !given.includes(name))
  return parameters.map(parameter => {
    if (parameter.in !== 'path' || declared.includes(parameter.name)) return parameter
    const [meant, other] = missing.filter(name => plain(name) === plain(parameter.name))
    if (meant === undefined || other !== undefined) return parameter
    reading.problems.warn({
      code: 'unknown-parameter',
      at: parameter.at,
      failed: `read parameter "${parameter.name}" of ${thing}`,
      found: `${operation.method} ${operation.path} has no path parameter of that name; it is taken for "${meant}"`,
      hint: `Write \`name: ${meant}\`.`,
    })
    return { ...parameter, name: meant }
  })
}

const plain = (name: string) => name.toLowerCase().replaceAll(/[-_.]/g, '')

/** @param mediaTypes those that the operation takes. */
function readRequestBody(
  step: Raw,
  thing: string,
  mediaTypes: readonly string[],
  context: Context,
  reading: Reading,
): RequestBody | undefined {
  const raw = object(step, 'requestBody')
  if (!raw || context.document.misshapen.has(raw)) return undefined
  const of = `the request body of ${thing}`
  const contentType = text(raw, 'contentType')
  const media = contentType ?? mediaOf(mediaTypes)
  return {
    contentType,
    ...(has(raw, 'payload') && { payload: readTemplate(raw, 'payload', of, context, reading) }),
    replacements: objects(raw, 'replacements').flatMap((item, index) =>
      readReplacement(item, `replacement ${index + 1} of ${thing}`, media, context, reading),
    ),
    at: placeOfKey(step, 'requestBody'),
  }
}

/** Media type without a choice by the step: JSON if the operation accepts it. */
function mediaOf(types: readonly string[]): string {
  return types.find(isJsonType) ?? types[0] ?? 'application/json'
}

function readReplacement(raw: Raw, thing: string, media: string, context: Context, reading: Reading): Replacement[] {
  const selector = member(raw, 'targetSelectorType')
  const { misshapen } = context.document
  const written = text(raw, 'target')
  if (written === undefined || misshapen.has(raw) || (isRaw(selector) && misshapen.has(selector))) return []
  const value = readTemplate(raw, 'value', thing, context, reading)
  const at = placeInside(raw, 'target', 0)
  try {
    const type = selector === undefined ? guessType(written, media) : parseSelectorType(selector)
    const target = trimmed(type.type, written)
    compileReplacement(type, target)
    if (selector === undefined && type.type === 'jsonpath') {
      const found = 'a target is a JSON Pointer unless it says otherwise; this one is read as JSONPath'
      const hint = context.document.version === '1.0' ? undefined : 'Add `targetSelectorType: jsonpath`.'
      reading.problems.warn({ code: 'expression-form', at, failed: `read ${thing}`, found, hint })
    }
    return [{ target, targetType: type.type, targetVersion: type.version, value, at }]
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const place =
      error.field === 'version' || error.field === 'type'
        ? placeOfValue(raw, 'targetSelectorType')
        : placeInside(raw, 'target', error.offset)
    const { message: found, hint } = error
    reading.problems.addFirm({ code: 'invalid-expression', at: place, failed: `read ${thing}`, found, hint })
    return []
  }
}

/** "MUST be interpreted as JSON Pointer if the payload is `application/json`", as XPath if it is XML. */
function guessType(target: string, media: string): SelectorType {
  if (/[/+]xml\b/.test(media)) return { type: 'xpath', version: 'xpath-31' }
  if (/^\$(?:[.[]|$)/.test(target)) return { type: 'jsonpath', version: 'rfc9535' }
  return { type: 'jsonpointer', version: 'rfc6901' }
}

/**
 * The steps of the same workflow that a step waits for. A step of another workflow has been completed when that
 * workflow has run before: as a prerequisite of this one, or in a step of it. Otherwise nothing would ever run it, for
 * "dependsOn does not trigger execution".
 */
function localDependencies(step: LoadedStep, workflow: LoadedWorkflow, reading: Reading): string[] {
  if (workflow.document.version === '1.0') return []
  const written = list(step.raw, 'dependsOn')
  return written.flatMap((reference, index) => {
    if (typeof reference !== 'string') return []
    const at = placeInside(written, index, 0)
    const report = (finding: Omit<Finding, 'at' | 'failed'>) =>
      reading.problems.add({ at, failed: `read what step "${step.stepId}" depends on`, ...finding })
    const foreign = parse(reference, workflow.document)
    if (foreign) {
      checkForeign(foreign, workflow, report)
      return []
    }
    if (workflow.steps.has(reference)) return [reference]
    const found = `workflow "${workflow.workflowId}" has no step "${reference}"`
    report({ code: 'undefined-step', found, hint: suggest(reference, workflow.steps.keys(), 'steps'), firm: true })
    return []
  })
}

interface Foreign {
  readonly source?: string
  readonly workflowId: string
  readonly stepId: string
}

/** `$workflows.<workflowId>.steps.<stepId>` and `$sourceDescriptions.<name>.<workflowId>.steps.<stepId>`. */
function parse(written: string, document: LoadedDocument): Foreign | undefined {
  const name = qualifiedName(written, document)
  const reference = name ? `$workflows.${name.reference}` : written
  const found = /^\$workflows\.([^.]+)\.steps\.([^.]+)$/.exec(reference)
  if (!found) return undefined
  return { source: name?.source, workflowId: found[1]!, stepId: found[2]! }
}

function checkForeign(
  { source, workflowId, stepId }: Foreign,
  workflow: LoadedWorkflow,
  report: (finding: Omit<Finding, 'at' | 'failed'>) => void,
): void {
  const home = source === undefined ? workflow.document : documentOf(source, workflow.document)
  if (!home) {
    if (workflow.document.sources.get(source!)?.type === 'broken') return
    const found = `the document has no Arazzo source "${source}"`
    const names = [...workflow.document.sources.values()]
      .filter(({ type }) => type === 'arazzo')
      .map(({ name }) => name)
    return report({ code: 'undefined-source', found, hint: suggest(source!, names, 'Arazzo sources') })
  }
  const target = home.workflows.get(workflowId)
  if (!target) {
    const found = `there is no workflow "${workflowId}"`
    return report({ code: 'undefined-workflow', found, hint: suggest(workflowId, home.workflows.keys(), 'workflows') })
  }
  if (!target.steps.has(stepId)) {
    const found = `workflow "${workflowId}" has no step "${stepId}"`
    return report({ code: 'undefined-step', found, hint: suggest(stepId, target.steps.keys(), 'steps') })
  }
  const name = source === undefined ? workflowId : `$sourceDescriptions.${source}.${workflowId}`
  const runs = [...texts(workflow.raw, 'dependsOn'), ...[...workflow.steps.values()].map(({ raw }) => raw.workflowId)]
  if (runs.includes(name)) return
  report({
    code: 'unmet-depends-on',
    found: `nothing runs workflow "${workflowId}" before`,
    hint: `Add ${name} to the \`dependsOn\` of workflow "${workflow.workflowId}".`,
  })
}

function documentOf(name: string, document: LoadedDocument): LoadedDocument | undefined {
  const source = sourceNamed(name, document, () => {})
  return source?.type === 'arazzo' ? source.document : undefined
}

const KEYS = ['until', 'most', 'within']
const PARTS = ['condition', 'context', 'type', 'version']

/** Maximum number of events if a step sets no limit and its `until` does not hold. */
const MOST = 1_000
/** More than any step has use for. */
const HIGHEST = 1_000_000

/** Reads `x-events` of a step and reports faults. Undefined if there is no usable value. */
function readEvents(
  step: Raw,
  of: string,
  target: Step['target']['kind'] | undefined,
  context: Context,
  reading: Reading,
): EventRule | undefined {
  if (!has(step, EVENTS_FIELD)) return undefined
  const at = placeOfKey(step, EVENTS_FIELD)
  const thing = `${EVENTS_FIELD} of ${of}`
  const value = member(step, EVENTS_FIELD)
  const { problems } = reading
  if (!isRaw(value)) {
    const hint = `Write such as \`${EVENTS_FIELD}: { most: 1 }\`.`
    const found = 'it is not an object'
    return problems.addFirm({
      code: 'wrong-type',
      at: placeOfValue(step, EVENTS_FIELD),
      failed: `read ${thing}`,
      found,
      hint,
    })
  }
  if (target === 'workflow' || target === 'channel') {
    const found = `a step ${target === 'workflow' ? 'that runs a workflow' : 'on a channel'} has no event stream`
    problems.addFirm({
      code: 'irrelevant-field',
      at,
      failed: `read ${thing}`,
      found,
      hint: 'Move it to a step of an operation.',
    })
  }
  const fields = new Fields(value, '')
  fields.checkKeys(KEYS)
  const most = fields.count('most', MOST, 1, HIGHEST)
  const within = fields.has('within') ? fields.length('within', 0, true) : undefined
  if (!fields.has('until') && !fields.has('most'))
    fields.fault(
      '',
      'it says neither how long it reads nor how much',
      'Give it `until`, a condition, or `most`, a number of events.',
    )
  for (const { path, found, advice: hint } of fields.faults) {
    const key = path.slice(1)
    const place = key === '' ? at : KEYS.includes(key) ? placeOfValue(value, key) : placeOfKey(value, key)
    const what = key === '' ? thing : `"${key}" in ${thing}`
    problems.addFirm({ code: 'invalid-value', at: place, failed: `read ${what}`, found, hint: hint ?? '' })
  }
  return { at, until: readUntil(value, thing, context, reading), most, within }
}

/** A condition, a Criterion Object, or a list of those. */
function readUntil(rule: Raw, of: string, context: Context, reading: Reading): Criterion[] {
  const until = member(rule, 'until')
  if (until === undefined) return []
  if (!Array.isArray(until)) return readOne(rule, 'until', `"until" in ${of}`, context, reading)
  if (until.length === 0) {
    const at = placeOfValue(rule, 'until')
    const hint = 'Give it a condition, or leave it out.'
    reading.problems.addFirm({
      code: 'invalid-value',
      at,
      failed: `read "until" in ${of}`,
      found: 'the list is empty',
      hint,
    })
  }
  return until.flatMap((_, i) => readOne(until, i, `criterion ${i + 1} of "until" in ${of}`, context, reading))
}

function readOne(owner: object, key: string | number, thing: string, context: Context, reading: Reading): Criterion[] {
  const value = (owner as Record<string | number, unknown>)[key]
  if (!isRaw(value)) {
    if (typeof value === 'string') return [readCondition(owner, key, thing, context, reading) ?? []].flat()
    const hint = "Write such as `until: $response.body#/0/data == 'done'`."
    const found = 'it is neither a condition nor a Criterion Object'
    const at = placeOfValue(owner, key)
    return reading.problems.addFirm({ code: 'wrong-type', at, failed: `read ${thing}`, found, hint }) ?? []
  }
  const stranger = Object.keys(value).find(name => !PARTS.includes(name) && !name.startsWith('x-'))
  if (stranger !== undefined) {
    const at = placeOfKey(value, stranger)
    const found = `a Criterion Object has no field \`${stranger}\``
    const hint = `Its fields are ${PARTS.join(', ')}.`
    reading.problems.addFirm({ code: 'unknown-field', at, failed: `read ${thing}`, found, hint })
  }
  const test = readCriterion(value, thing, context, reading)
  return test ? [{ test, text: scalar(value, 'condition') ?? '', at: placeInside(value, 'condition', 0) }] : []
}
