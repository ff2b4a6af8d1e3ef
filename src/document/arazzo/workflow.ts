import type { Template } from '../../expression/ast.ts'
import {
  compileReplacement,
  ExpressionError,
  parseSelectorType,
  type SelectorType,
  trimmed,
} from '../../expression/index.ts'
import type { Location } from '../../ground/errors.ts'
import { Fields } from '../../ground/fields.ts'
import { isJsonType } from '../../ground/media-type.ts'
import { onceFor } from '../../ground/once.ts'
import { escapeToken } from '../../ground/pointer.ts'
import { checkParallel, checkReads, circleAt, circlesOf, flowOf, isParallel, shownWay } from '../check/flow.ts'
import {
  checkInputs,
  checkMessage,
  checkOperationParameters,
  checkPathParameters,
  checkRequired,
  checkRequiredInputs,
  knows,
  type StepParameters,
} from '../check/parameters.ts'
import { EVENTS_FIELD, EXTRACT_FIELD, VITEST_FIELD } from '../extension-fields.ts'
import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import {
  type Context,
  type LoadedDocument,
  type LoadedStep,
  type LoadedWorkflow,
  qualifiedName,
  type Refuse,
  reportOf,
  sourceNamed,
} from '../loaded/loaded.ts'
import type {
  Criterion,
  EventRule,
  Extension,
  Operation,
  Output,
  Parameter,
  Replacement,
  RequestBody,
  Step,
  Workflow,
} from '../model.ts'
import { suggest } from '../problems.ts'
import { has, isRaw, list, member, object, objects, type Raw, text, texts, unquotedExpression } from '../raw.ts'
import { readActions, readParameters } from './action.ts'
import { readCondition, readCriteria, readCriterion, readTemplate } from './language.ts'
import { findTarget, findWorkflow, type LoadedTarget } from './target.ts'

/** Reads a Workflow Object and reports all its faults. Steps that cannot be read are left out. */
export function readWorkflow(loaded: LoadedWorkflow): Workflow {
  const { raw, workflowId, document, inputs } = loaded
  const before: Context = { thing: `workflow "${workflowId}"`, document, workflow: loaded, moment: 'before' }
  const steps = loaded.allSteps
  // Parameters of steps that only run workflows are inputs, and need no place.
  const workflows = steps.filter(step => has(step.raw, 'workflowId')).length
  const use = workflows === 0 ? 'operation' : workflows === steps.length ? 'inputs' : 'steps'
  const parameters = readParameters(raw, use, before)
  const read = steps.flatMap(step => readStep(step, loaded, parameters) ?? [])
  const after: Context = { ...before, moment: 'after' }
  checkShared(parameters, read, before)
  checkReachable(loaded)
  checkDependsOn(loaded)
  checkReads(loaded)
  checkParallel(loaded)
  const dependsOn = list(raw, 'dependsOn')
  return {
    workflowId,
    at: placeOfKey(raw, 'workflowId'),
    summary: text(raw, 'summary'),
    description: text(raw, 'description'),
    parallel: isParallel(loaded) || undefined,
    inputs,
    dependsOn: dependsOn.flatMap((_, index) => findWorkflow(dependsOn, index, document)?.reference ?? []),
    steps: read,
    successActions: readActions(raw, 'successActions', 'successActions', after),
    failureActions: readActions(raw, 'failureActions', 'failureActions', after),
    parameters,
    outputs: readOutputs(raw, { ...before, moment: 'end' }),
    extensions: readExtensions(raw),
  }
}

/** Parameters for all steps: one that no step's operation knows is a mistake. */
function checkShared(parameters: readonly Parameter[], steps: readonly Step[], { thing, document }: Context): void {
  const targets = steps.map(step => step.target)
  if (targets.length === 0 || targets.some(target => target.kind === 'workflow')) return
  for (const parameter of parameters) {
    const { name, in: place, at } = parameter
    const isKnown = targets.some(target => {
      if (target.kind === 'workflow') return false
      if (target.kind === 'channel')
        return place === 'header' || (place === 'path' && name in target.channel.parameters)
      const source = document.sources.get(target.source)
      return source?.type === 'openapi' && knows(target.operation, parameter, source.api.description)
    })
    const found = `none of its operations has a ${place} parameter "${name}"`
    if (!isKnown)
      reportOf({ thing: `parameter "${name}" of ${thing}`, document }).warn('unknown-parameter', at, { found })
  }
}

function checkReachable(workflow: LoadedWorkflow): void {
  for (const { raw, stepId } of flowOf(workflow).unreachable)
    workflow.document.reading.problems
      .about(`find a way to step "${stepId}"`)
      .warn('unreachable-step', placeOfKey(raw, 'stepId'), {
        found: 'the step before always goes elsewhere, and nothing goes here',
        hint: 'Go to it in an action, or remove it.',
      })
}

/** Maximum number of steps that report a circle, so that a circle of 10,000 steps stays readable. */
const MOST_REPORTED = 100

/** Reports workflows, and steps, that wait for one another in a circle: none of them could ever begin. */
function checkDependsOn(workflow: LoadedWorkflow): void {
  const { document, steps } = workflow
  if (endlessIn(document).has(workflow)) reportCircle(workflow, WORKFLOWS, document)
  if (document.version === '1.0') return
  const graph: Graph<LoadedStep> = { word: 'step', nameOf: step => step.stepId, find: written => steps.get(written) }
  const endless = endlessOf([...steps.values()], graph)
  for (const step of endless.slice(0, MOST_REPORTED)) reportCircle(step, graph, document)
}

const endlessIn = onceFor(
  ({ allWorkflows }: LoadedDocument) => new Set(endlessOf(allWorkflows, WORKFLOWS).slice(0, MOST_REPORTED)),
)

/** Nodes that wait for themselves. */
function endlessOf<T extends { raw: Raw }>(nodes: readonly T[], graph: Graph<T>): T[] {
  const next = (node: T) => prerequisites(node, graph)
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
  find(written, { document }) {
    const name = qualifiedName(written, document)
    return name ? documentOf(name.source, document)?.workflows.get(name.reference) : document.workflows.get(written)
  },
}

const prerequisites = <T extends { raw: Raw }>(node: T, graph: Graph<T>): T[] =>
  texts(node.raw, 'dependsOn').flatMap(written => graph.find(written, node) ?? [])

function reportCircle<T extends { raw: Raw }>(node: T, graph: Graph<T>, document: LoadedDocument): void {
  const circle = circleAt(node, one => prerequisites(one, graph))
  const written = list(node.raw, 'dependsOn')
  const index = written.findIndex(one => typeof one === 'string' && graph.find(one, node) === circle[1])
  document.reading.problems
    .about(`read what ${graph.word} "${graph.nameOf(node)}" depends on`)
    .firm('cyclic-depends-on', placeInside(written, index, 0), {
      found: `it depends on itself (${shownWay(circle.map(graph.nameOf))})`,
      hint: 'Remove one of them.',
    })
}

/** Reads a Step Object and reports its faults. Returns `undefined` if its operation or workflow was not found. */
function readStep(loaded: LoadedStep, workflow: LoadedWorkflow, shared: readonly Parameter[]): Step | undefined {
  const { raw, stepId } = loaded
  const thing = `step "${stepId}"`
  const { document } = workflow
  const target = findTarget(raw, { thing, document })
  const called = target?.kind === 'workflow' ? target.workflow : undefined
  const onChannel = target?.kind === 'channel'
  const inHand = { thing, document, workflow, step: loaded, called, onChannel: onChannel || undefined }
  const before: Context = { ...inHand, moment: 'before' }
  const after: Context = { ...before, moment: 'after' }
  const operation = target?.kind === 'operation' ? target.api.operation(target.entry) : undefined
  const runsWorkflow = has(raw, 'workflowId')
  const written = readParameters(raw, runsWorkflow ? 'inputs' : 'operation', before)
  const own = operation ? namedAsInPath(written, operation, before) : written
  if (target) checkParameters(target, operation, { own, shared }, before)
  if (runsWorkflow && has(raw, 'requestBody'))
    reportOf(before).warn('irrelevant-field', placeOfKey(raw, 'requestBody'), {
      found: 'a workflow takes inputs, not a request body',
      hint: 'Pass them in `parameters`.',
    })
  const types = onChannel
    ? target.channel.messages.map(({ contentType }) => contentType)
    : (operation?.requestBody?.content.map(({ type }) => type) ?? [])
  const requestBody = readRequestBody(raw, types, before)
  const correlationId =
    onChannel && target.action === 'receive' && has(raw, 'correlationId')
      ? readTemplate(raw, 'correlationId', before)
      : undefined
  const timeout = member(raw, 'timeout')
  const rest: Omit<Step, 'target'> = {
    stepId,
    at: placeOfKey(raw, 'stepId'),
    description: text(raw, 'description'),
    parameters: own,
    requestBody: runsWorkflow ? undefined : requestBody,
    successCriteria: readCriteria(raw, 'successCriteria', after),
    onSuccess: readActions(raw, 'onSuccess', 'successActions', after),
    onFailure: readActions(raw, 'onFailure', 'failureActions', after),
    outputs: readOutputs(raw, after),
    timeout: typeof timeout === 'number' && document.version !== '1.0' ? timeout : undefined,
    dependsOn: localDependencies(loaded, workflow),
    events: readEvents(raw, target?.kind, after),
    vitest: has(raw, VITEST_FIELD) ? readExtensions(raw)[VITEST_FIELD] : undefined,
  }
  return target && { ...rest, target: modelOf(target, operation, correlationId) }
}

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
  target: LoadedTarget,
  operation: Operation | undefined,
  parameters: StepParameters,
  context: Context,
): void {
  if (target.kind === 'channel') return checkMessage(target, parameters, context)
  if (target.kind === 'workflow') {
    checkInputs(parameters.own, target.workflow, context)
    return checkRequiredInputs(parameters, target.workflow, context)
  }
  const { description } = target.api
  checkOperationParameters(parameters, operation!, description, context)
  // One that refers to nothing has been reported, and may be the one that is missed.
  const items = objects(context.step!.raw, 'parameters')
  if (items.length === parameters.own.length || items.every(item => has(item, 'name')))
    checkPathParameters(parameters, operation!, context)
  checkRequired(parameters, operation!, description, context)
}

/** The `outputs` of a step or workflow. */
function readOutputs(raw: Raw, context: Context): Output[] {
  const outputs = object(raw, 'outputs') ?? {}
  const names = Object.keys(outputs).filter(name => isReadable(outputs[name], context.document))
  return names.map(name => {
    const own = { ...context, thing: `output "${name}" of ${context.thing}`, output: name }
    return { name, value: readTemplate(outputs, name, own, true), at: placeOfKey(outputs, name) }
  })
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
function namedAsInPath(parameters: readonly Parameter[], operation: Operation, context: Context): Parameter[] {
  const { method, path } = operation
  const declared = operation.parameters.filter(({ in: place }) => place === 'path').map(({ name }) => name)
  const given = parameters.filter(({ in: place }) => place === 'path').map(({ name }) => name)
  const missing = declared.filter(name => !given.includes(name))
  return parameters.map(parameter => {
    const { name, in: place, at } = parameter
    if (place !== 'path' || declared.includes(name)) return parameter
    const [meant, other] = missing.filter(one => plain(one) === plain(name))
    if (meant === undefined || other !== undefined) return parameter
    reportOf({ ...context, thing: `parameter "${name}" of ${context.thing}` }).warn('unknown-parameter', at, {
      found: `${method} ${path} has no path parameter of that name; it is taken for "${meant}"`,
      hint: `Write \`name: ${meant}\`.`,
    })
    return { ...parameter, name: meant }
  })
}

const plain = (name: string) => name.toLowerCase().replaceAll(/[-_.]/g, '')

/** @param mediaTypes those that the operation takes. */
function readRequestBody(step: Raw, mediaTypes: readonly string[], context: Context): RequestBody | undefined {
  const raw = object(step, 'requestBody')
  if (!raw || context.document.misshapen.has(raw)) return undefined
  const { thing } = context
  const contentType = text(raw, 'contentType')
  const media = contentType ?? mediaOf(mediaTypes)
  const body = { ...context, thing: `the request body of ${thing}` }
  return {
    contentType,
    ...(has(raw, 'payload') && { payload: readTemplate(raw, 'payload', body) }),
    replacements: objects(raw, 'replacements').flatMap((item, index) =>
      readReplacement(item, media, { ...context, thing: `replacement ${index + 1} of ${thing}` }),
    ),
    at: placeOfKey(step, 'requestBody'),
  }
}

/** Media type without a choice by the step: JSON if the operation accepts it. */
const mediaOf = (types: readonly string[]): string => types.find(isJsonType) ?? types[0] ?? 'application/json'

function readReplacement(raw: Raw, media: string, context: Context): Replacement[] {
  const selector = member(raw, 'targetSelectorType')
  const { misshapen, version } = context.document
  const written = text(raw, 'target')
  if (written === undefined || misshapen.has(raw) || (isRaw(selector) && misshapen.has(selector))) return []
  const value = readTemplate(raw, 'value', context)
  const at = placeInside(raw, 'target', 0)
  try {
    const type = selector === undefined ? guessType(written, media) : parseSelectorType(selector)
    const target = trimmed(type.type, written)
    compileReplacement(type, target)
    if (selector === undefined && type.type === 'jsonpath') {
      const found = 'a target is a JSON Pointer unless it says otherwise; this one is read as JSONPath'
      const hint = version === '1.0' ? undefined : 'Add `targetSelectorType: jsonpath`.'
      reportOf(context).warn('expression-form', at, { found, hint })
    }
    return [{ target, targetType: type.type, targetVersion: type.version, value, at }]
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const { message: found, hint, field, offset } = error
    const isOfType = field === 'version' || field === 'type'
    const place = isOfType ? placeOfValue(raw, 'targetSelectorType') : placeInside(raw, 'target', offset)
    reportOf(context).firm('invalid-expression', place, { found, hint })
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
function localDependencies({ stepId, raw }: LoadedStep, workflow: LoadedWorkflow): string[] {
  const { document, steps, workflowId } = workflow
  if (document.version === '1.0') return []
  const written = list(raw, 'dependsOn')
  return written.flatMap((reference, index) => {
    if (typeof reference !== 'string') return []
    const report = document.reading.problems.about(`read what step "${stepId}" depends on`)
    const at = placeInside(written, index, 0)
    if (isForeign(reference, workflow, (code, found, hint) => report.error(code, at, { found, hint }))) return []
    if (steps.has(reference)) return [reference]
    const hint = suggest(reference, steps.keys(), 'steps')
    report.firm('undefined-step', at, { found: `workflow "${workflowId}" has no step "${reference}"`, hint })
    return []
  })
}

/**
 * Whether a step of another workflow is meant, `$workflows.<workflowId>.steps.<stepId>` or
 * `$sourceDescriptions.<name>.<workflowId>.steps.<stepId>`. It is checked then.
 */
function isForeign(reference: string, workflow: LoadedWorkflow, report: Refuse): boolean {
  const { document } = workflow
  const qualified = qualifiedName(reference, document)
  const inHome = qualified ? `$workflows.${qualified.reference}` : reference
  const [, workflowId, stepId] = /^\$workflows\.([^.]+)\.steps\.([^.]+)$/.exec(inHome) ?? []
  if (workflowId === undefined || stepId === undefined) return false
  const source = qualified?.source
  const home = source === undefined ? document : documentOf(source, document)
  const target = home?.workflows.get(workflowId)
  if (!home) {
    const arazzo = [...document.sources.values()].filter(({ type }) => type === 'arazzo').map(({ name }) => name)
    if (document.sources.get(source!)?.type !== 'broken')
      report(
        'undefined-source',
        `the document has no Arazzo source "${source}"`,
        suggest(source!, arazzo, 'Arazzo sources'),
      )
  } else if (!target) {
    const hint = suggest(workflowId, home.workflows.keys(), 'workflows')
    report('undefined-workflow', `there is no workflow "${workflowId}"`, hint)
  } else if (!target.steps.has(stepId)) {
    const hint = suggest(stepId, target.steps.keys(), 'steps')
    report('undefined-step', `workflow "${workflowId}" has no step "${stepId}"`, hint)
  } else {
    const name = source === undefined ? workflowId : `$sourceDescriptions.${source}.${workflowId}`
    const runs = [...texts(workflow.raw, 'dependsOn'), ...[...workflow.steps.values()].map(({ raw }) => raw.workflowId)]
    const hint = `Add ${name} to the \`dependsOn\` of workflow "${workflow.workflowId}".`
    if (!runs.includes(name)) report('unmet-depends-on', `nothing runs workflow "${workflowId}" before`, hint)
  }
  return true
}

function documentOf(name: string, document: LoadedDocument): LoadedDocument | undefined {
  const source = sourceNamed(name, document)
  return source?.type === 'arazzo' ? source.document : undefined
}

const KEYS = ['until', 'most', 'within']
const PARTS = ['condition', 'context', 'type', 'version']

/** Maximum number of events if a step sets no limit and its `until` does not hold. */
const MOST = 1_000
/** More than any step has use for. */
const HIGHEST = 1_000_000

/** Reads `x-events` of a step and reports faults. Undefined if there is no usable value. */
function readEvents(step: Raw, target: Step['target']['kind'] | undefined, of: Context): EventRule | undefined {
  if (!has(step, EVENTS_FIELD)) return undefined
  const at = placeOfKey(step, EVENTS_FIELD)
  const context = { ...of, thing: `${EVENTS_FIELD} of ${of.thing}` }
  const report = reportOf(context)
  const value = member(step, EVENTS_FIELD)
  if (!isRaw(value)) {
    const hint = `Write such as \`${EVENTS_FIELD}: { most: 1 }\`.`
    return report.firm('wrong-type', placeOfValue(step, EVENTS_FIELD), { found: 'it is not an object', hint })
  }
  if (target === 'workflow' || target === 'channel') {
    const found = `a step ${target === 'workflow' ? 'that runs a workflow' : 'on a channel'} has no event stream`
    report.firm('irrelevant-field', at, { found, hint: 'Move it to a step of an operation.' })
  }
  const fields = new Fields(value, '')
  fields.checkKeys(KEYS)
  const most = fields.count('most', MOST, 1, HIGHEST)
  const within = fields.has('within') ? fields.length('within', 0, true) : undefined
  const hint = 'Give it `until`, a condition, or `most`, a number of events.'
  if (!fields.has('until') && !fields.has('most'))
    fields.fault('', 'it says neither how long it reads nor how much', hint)
  for (const { path, found, advice } of fields.faults) {
    const key = path.slice(1)
    const place = key === '' ? at : KEYS.includes(key) ? placeOfValue(value, key) : placeOfKey(value, key)
    const own = key === '' ? report : reportOf({ ...context, thing: `"${key}" in ${context.thing}` })
    own.firm('invalid-value', place, { found, hint: advice ?? '' })
  }
  return { at, until: readUntil(value, context), most, within }
}

/** A condition, a Criterion Object, or a list of those. */
function readUntil(rule: Raw, of: Context): Criterion[] {
  const until = member(rule, 'until')
  if (until === undefined) return []
  const context = { ...of, thing: `"until" in ${of.thing}` }
  if (!Array.isArray(until)) return readOne(rule, 'until', context)
  if (until.length === 0) {
    const hint = 'Give it a condition, or leave it out.'
    reportOf(context).firm('invalid-value', placeOfValue(rule, 'until'), { found: 'the list is empty', hint })
  }
  return until.flatMap((_, i) => readOne(until, i, { ...of, thing: `criterion ${i + 1} of ${context.thing}` }))
}

function readOne(owner: object, key: string | number, context: Context): Criterion[] {
  const value = (owner as Record<string | number, unknown>)[key]
  if (typeof value === 'string') return readCondition(owner, key, context)
  const report = reportOf(context)
  if (!isRaw(value)) {
    const found = 'it is neither a condition nor a Criterion Object'
    const hint = "Write such as `until: $response.body#/0/data == 'done'`."
    report.firm('wrong-type', placeOfValue(owner, key), { found, hint })
    return []
  }
  const stranger = Object.keys(value).find(name => !PARTS.includes(name) && !name.startsWith('x-'))
  if (stranger !== undefined) {
    const found = `a Criterion Object has no field \`${stranger}\``
    report.firm('unknown-field', placeOfKey(value, stranger), { found, hint: `Its fields are ${PARTS.join(', ')}.` })
  }
  return readCriterion(value, context)
}

/** The `x-` fields of an object. */
export function readExtensions(raw: Raw): Record<string, Extension> {
  const names = Object.keys(raw).filter(name => name.startsWith('x-'))
  return Object.fromEntries(
    names.map(name => [name, { value: raw[name], at: placeOfKey(raw, name), places: placesIn(raw, name) }]),
  )
}

function placesIn(owner: Raw, name: string): Record<string, Location> {
  const places: Record<string, Location> = { '': placeOfValue(owner, name) }
  const open = new Set<object>()
  const visit = (value: unknown, pointer: string) => {
    if (typeof value !== 'object' || value === null || open.has(value)) return
    open.add(value)
    for (const [key, inner] of Object.entries(value)) {
      const below = `${pointer}/${escapeToken(key)}`
      places[below] = placeOfValue(value, Array.isArray(value) ? Number(key) : key)
      visit(inner, below)
    }
    open.delete(value)
  }
  visit(owner[name], '')
  return places
}
