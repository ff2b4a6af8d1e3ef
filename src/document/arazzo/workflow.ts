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
import { checkParallel, checkReads, circlesOf, flowOf, isParallel, shownWay, wayTo } from '../check/flow.ts'
import {
  checkInputs,
  checkMessage,
  checkOperationParameters,
  checkPathParameters,
  checkRequired,
  checkRequiredInputs,
  knows,
  type NamedStep,
  type StepParameters,
} from '../check/parameters.ts'
import { EVENTS_FIELD, EXTRACT_FIELD } from '../extension-fields.ts'
import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import {
  type Context,
  type LoadedDocument,
  type LoadedStep,
  type LoadedWorkflow,
  qualifiedName,
  type Reading,
  sourceNamed,
} from '../loaded/loaded.ts'
import type {
  Criterion,
  EventRule,
  Operation,
  Output,
  Parameter,
  Replacement,
  RequestBody,
  Step,
  Workflow,
} from '../model.ts'
import { type Finding, suggest } from '../problems.ts'
import { has, isRaw, list, member, object, objects, type Raw, scalar, text, texts, unquotedExpression } from '../raw.ts'
import { readActions } from './action.ts'
import { readExtensions } from './extension.ts'
import { readCondition, readCriteria, readCriterion, readTemplate } from './language.ts'
import { readParameters } from './parameter.ts'
import { findTarget, findWorkflow, type LoadedTarget } from './target.ts'

/** Reads a Workflow Object and reports all its faults. Steps that cannot be read are left out. */
export function readWorkflow(loaded: LoadedWorkflow, reading: Reading): Workflow {
  const { raw, workflowId, document, inputs } = loaded
  const thing = `workflow "${workflowId}"`
  const before: Context = { document, workflow: loaded, moment: 'before' }
  const steps = loaded.allSteps
  // Parameters of steps that only run workflows are inputs, and need no place.
  const workflows = steps.filter(step => has(step.raw, 'workflowId')).length
  const use = workflows === 0 ? 'operation' : workflows === steps.length ? 'inputs' : 'steps'
  const parameters = readParameters(raw, thing, use, before, reading)
  const read = steps.flatMap(step => readStep(step, loaded, parameters, reading) ?? [])
  const after: Context = { ...before, moment: 'after' }
  checkShared(parameters, read, thing, document, reading)
  checkReachable(loaded, reading)
  checkDependsOn(loaded, reading)
  checkReads(loaded, reading)
  checkParallel(loaded, reading)
  const [summary, description] = [text(raw, 'summary'), text(raw, 'description')]
  const dependsOn = list(raw, 'dependsOn')
  return {
    workflowId,
    at: placeOfKey(raw, 'workflowId'),
    summary,
    description,
    parallel: isParallel(loaded) || undefined,
    inputs,
    dependsOn: dependsOn.flatMap((written, index) =>
      typeof written === 'string' ? (findWorkflow(dependsOn, index, document, reading)?.reference ?? []) : [],
    ),
    steps: read,
    successActions: readActions(raw, 'successActions', 'successActions', thing, after, reading),
    failureActions: readActions(raw, 'failureActions', 'failureActions', thing, after, reading),
    parameters,
    outputs: readOutputs(raw, thing, { ...before, moment: 'end' }, reading),
    extensions: readExtensions(raw),
  }
}

/** Parameters for all steps: one that no step's operation knows is a mistake. */
function checkShared(
  parameters: readonly Parameter[],
  steps: readonly Step[],
  thing: string,
  { sources }: LoadedWorkflow['document'],
  reading: Reading,
): void {
  const targets = steps.map(step => step.target)
  if (targets.length === 0 || targets.some(target => target.kind === 'workflow')) return
  for (const parameter of parameters) {
    const isKnown = targets.some(target => {
      if (target.kind === 'channel')
        return parameter.in === 'header' || (parameter.in === 'path' && parameter.name in target.channel.parameters)
      const source = target.kind === 'operation' ? sources.get(target.source) : undefined
      return (
        target.kind === 'operation' &&
        source?.type === 'openapi' &&
        knows(target.operation, parameter, source.api.description)
      )
    })
    if (isKnown) continue
    reading.problems.warn({
      code: 'unknown-parameter',
      at: parameter.at,
      failed: `read parameter "${parameter.name}" of ${thing}`,
      found: `none of its operations has a ${parameter.in} parameter "${parameter.name}"`,
    })
  }
}

function checkReachable(workflow: LoadedWorkflow, reading: Reading): void {
  for (const step of flowOf(workflow).unreachable) {
    reading.problems.warn({
      code: 'unreachable-step',
      at: placeOfKey(step.raw, 'stepId'),
      failed: `find a way to step "${step.stepId}"`,
      found: 'the step before always goes elsewhere, and nothing goes here',
      hint: 'Go to it in an action, or remove it.',
    })
  }
}

/** Maximum number of steps that report a circle, so that a circle of 10,000 steps stays readable. */
const MOST_REPORTED = 100

/** Reports workflows, and steps, that wait for one another in a circle: none of them could ever begin. */
function checkDependsOn(workflow: LoadedWorkflow, reading: Reading): void {
  if (endlessIn(workflow.document).has(workflow)) report(workflow, WORKFLOWS, reading)
  if (workflow.document.version === '1.0') return
  const steps: Graph<LoadedStep> = {
    word: 'step',
    nameOf: step => step.stepId,
    find: written => workflow.steps.get(written),
  }
  const endless = endlessOf([...workflow.steps.values()], steps)
  for (const step of endless.slice(0, MOST_REPORTED)) report(step, steps, reading)
}

const known = new WeakMap<LoadedDocument, ReadonlySet<LoadedWorkflow>>()

function endlessIn(document: LoadedDocument): ReadonlySet<LoadedWorkflow> {
  const found = known.get(document) ?? new Set(endlessOf(document.allWorkflows, WORKFLOWS).slice(0, MOST_REPORTED))
  known.set(document, found)
  return found
}

/** Nodes that wait for themselves. */
function endlessOf<T extends { raw: Raw }>(nodes: readonly T[], graph: Graph<T>): T[] {
  const next = (node: T) => prerequisites(node, graph).map(found => found.node)
  const circles = circlesOf(nodes, next)
  return nodes.filter(node => circles.isInCircle(node) || next(node).includes(node))
}

/** Things with a `dependsOn`. */
interface Graph<T> {
  readonly word: string
  nameOf(node: T): string
  /** Node that an entry in the `dependsOn` of `node` names. */
  find(written: string, node: T): T | undefined
}

const WORKFLOWS: Graph<LoadedWorkflow> = {
  word: 'workflow',
  nameOf: workflow => workflow.workflowId,
  find: (written, { document }) => workflowNamed(written, document),
}

function workflowNamed(written: string, document: LoadedDocument): LoadedWorkflow | undefined {
  const name = qualifiedName(written, document)
  if (!name) return document.workflows.get(written)
  const source = sourceNamed(name.source, document, () => {})
  return source?.type === 'arazzo' ? source.document.workflows.get(name.reference) : undefined
}

function prerequisites<T extends { raw: Raw }>(node: T, graph: Graph<T>): { node: T; index: number }[] {
  return list(node.raw, 'dependsOn').flatMap((written, index) => {
    const found = typeof written === 'string' ? graph.find(written, node) : undefined
    return found ? [{ node: found, index }] : []
  })
}

function report<T extends { raw: Raw }>(start: T, graph: Graph<T>, reading: Reading): void {
  for (const { node, index } of prerequisites(start, graph)) {
    const way = wayBetween(node, start, graph)
    if (!way) continue
    reading.problems.addFirm({
      code: 'cyclic-depends-on',
      at: placeInside(list(start.raw, 'dependsOn'), index, 0),
      failed: `read what ${graph.word} "${graph.nameOf(start)}" depends on`,
      found: `it depends on itself (${shownWay([start, ...way].map(graph.nameOf))})`,
      hint: 'Remove one of them.',
    })
    return
  }
}

/** The shortest way along `dependsOn`, both ends included. */
function wayBetween<T extends { raw: Raw }>(from: T, to: T, graph: Graph<T>): T[] | undefined {
  const cameFrom = new Map<T, T | undefined>([[from, undefined]])
  // A map visits entries that are added during the iteration.
  for (const [node] of cameFrom) {
    if (node === to) return wayTo(node, cameFrom)
    for (const next of prerequisites(node, graph)) {
      if (!cameFrom.has(next.node)) cameFrom.set(next.node, node)
    }
  }
  return undefined
}

/** Reads a Step Object and reports its faults. Returns `undefined` if its operation or workflow was not found. */
function readStep(
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
function readOutputs(raw: Raw, thing: string, context: Context, reading: Reading): Output[] {
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
