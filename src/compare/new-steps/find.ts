import type * as model from '../../document/model.ts'
import { readOpenApi } from '../../document/openapi/description.ts'
import { expressionsIn } from '../../expression/index.ts'
import { ended } from '../../ground/fault.ts'
import { quoted } from '../../ground/words.ts'
import { findWorkflow } from '../../workflow/find.ts'
import type { StepRun, WorkflowReport } from '../../workflow/outcome.ts'
import { expressionsOfActions, prerequisites } from '../../workflow/parallel.ts'
import type { NewStep } from '../comparison.ts'
import { SIDES, type SideName } from '../pair.ts'
import { newWords } from '../words.ts'

/** Result of runs of the workflow on both sides before there is any load. */
interface Found {
  /** With the steps that both sides have. */
  document: model.ArazzoDocument
  /** Steps that base does not have. */
  newSteps: NewStep[]
  /** Why there is nothing to compare, in a sentence. */
  fault?: string
  /** A step that fails in each run on one side alone, though it is not new. */
  broken?: { side: SideName; found: string }
}

/** The result without its document. */
export type NewSteps = Omit<Found, 'document'>

interface Options {
  document: model.ArazzoDocument
  workflowId: string
  /** Keys of the operation steps that a run of a document can reach. */
  keysOf: (document: model.ArazzoDocument) => string[]
  /** Runs the workflow of a document once on a side, with the inputs of a row. */
  run: (side: SideName, document: model.ArazzoDocument, row: number) => Promise<WorkflowReport>
  /** Rows of inputs, one at least. */
  rows: number
  fileOfBase?: FileOfBase | undefined
}

/**
 * Finds the steps that head alone has: base responds to them as to a path that is not served, and on head they pass.
 * The workflow is run again without them, and without the steps that need them, until there are no more.
 */
export async function findNewSteps(options: Options): Promise<Found> {
  const { document: original, workflowId, keysOf } = options
  const news = new Map<string, NewStep>()
  const found = (document: model.ArazzoDocument, rest: Omit<Found, 'document' | 'newSteps'> = {}): Found => {
    const left = new Set(keysOf(document))
    const gone = keysOf(original).filter(key => !left.has(key))
    const [first] = news.keys()
    return { document, newSteps: gone.map(step => news.get(step) ?? { step, needs: first }), ...rest }
  }
  let document = original
  for (;;) {
    const tries = await bothTry(options, document)
    const lost = await missingOn('head', options, document, tries)
    if (lost) return found(document, { fault: lostRouteText(document, workflowId, lost) })
    const missing = await missingOn('base', options, document, tries)
    const callers = missing ? callersOf(document, findWorkflow(document, workflowId), missing) : []
    if (missing === undefined || callers.length === 0)
      return found(document, { broken: brokenIn(options, document, tries) })
    const step: NewStep = {
      step: keyOf(workflowId, missing),
      route: routeOf(document, missing),
      status: missing.statuses.at(-1),
    }
    news.set(step.step, step)
    const without = withoutSteps(document, workflowId, callers)
    if ('fault' in without) return found(document, { fault: `${newWords(step)}; ${without.fault}` })
    for (const [stepId, needs] of without.needs) news.set(stepId, { step: stepId, needs })
    document = without.document
  }
}

type BothTries = Record<SideName, Map<string, Tries>>

/** Runs the workflow on both sides: once where nothing is wrong, else with each row. */
async function bothTry({ run, rows }: Options, document: model.ArazzoDocument): Promise<BothTries> {
  const reports: Record<SideName, WorkflowReport[]> = { base: [], head: [] }
  for (let row = 0; row < rows; row++) {
    for (const side of SIDES) reports[side].push(await run(side, document, row))
    const isWell = SIDES.every(side => reports[side][0]!.state === 'passed')
    if (isWell && ![...triesIn(reports.base).values()].some(hasNoRoute)) break
  }
  return { base: triesIn(reports.base), head: triesIn(reports.head) }
}

/** The first step whose tries on a side, and on the other, are so. */
function tryOf(tries: BothTries, side: SideName, holds: (own: Tries, other: Tries) => boolean): Tries | undefined {
  const others = tries[side === 'base' ? 'head' : 'base']
  return [...tries[side]].find(([key, own]) => others.has(key) && holds(own, others.get(key)!))?.[1]
}

/**
 * A step whose route a side does not have. A status of 404 alone does not say so: it may be data that is missing. Some
 * frameworks respond to that as to a path that is not served; base's own description then says which it is.
 */
async function missingOn(
  side: SideName,
  { run, fileOfBase }: Options,
  document: model.ArazzoDocument,
  tries: BothTries,
): Promise<Tries | undefined> {
  const missing = tryOf(tries, side, (own, other) => hasNoRoute(own) && isThere(other))
  if (missing === undefined || !missing.statuses.includes(UNSERVED)) return missing
  const tried = async (changed: model.ArazzoDocument | undefined) =>
    changed && triesIn([await run(side, changed, 0)]).get(missing.key)
  const moved = withUnservedPath(document, missing)
  const unserved = await tried(moved)
  if (unserved === undefined || !isUnserved(missing, unserved)) return undefined
  const isDescribed = side === 'base' ? isDescribedOnBase(document, missing, fileOfBase) : false
  if (isDescribed !== undefined) return isDescribed ? undefined : missing
  const { method, path } = operationOf(document, missing)!
  if (path.includes('{')) return undefined
  const [own, other] = [await tried(withOptions(document, missing)), await tried(moved && withOptions(moved, missing))]
  const isServed = own && methodsIn(own).includes(method) && !(other && methodsIn(other).includes(method))
  return isServed ? undefined : missing
}

function brokenIn({ workflowId }: Options, document: model.ArazzoDocument, tries: BothTries): Found['broken'] {
  for (const side of SIDES) {
    const broken = tryOf(tries, side, (own, other) => own.hasFailed && other.hasPassed)
    if (broken) return { side, found: brokenWords(document, workflowId, side, broken) }
  }
  return undefined
}

type Place = Pick<Tries, 'workflowId' | 'stepId'>

/** A step of a document, wherever its workflow is used. */
function stepOf({ workflows }: model.ArazzoDocument, { workflowId, stepId }: Place): model.Step | undefined {
  return workflows.find(one => one.workflowId === workflowId)?.steps.find(step => step.stepId === stepId)
}

/** Name of a step in reports. */
const keyOf = (rootId: string, { workflowId, stepId }: Place): string =>
  workflowId === rootId ? stepId : `${workflowId}.${stepId}`

/** Undefined of a step that sends no request. */
function operationOf(document: model.ArazzoDocument, place: Place): model.Operation | undefined {
  const target = stepOf(document, place)?.target
  return target?.kind === 'operation' ? target.operation : undefined
}

/** `GET /items/{id}`; undefined of a step that sends no request. */
function routeOf(document: model.ArazzoDocument, place: Place): string | undefined {
  const operation = operationOf(document, place)
  return operation && `${operation.method} ${operation.path}`
}

/** Ids of the steps of the workflow that lead to a step: itself, or those that run the workflow it is in. */
function callersOf(document: model.ArazzoDocument, root: model.Workflow, { workflowId, stepId }: Place): string[] {
  if (workflowId === root.workflowId) return root.steps.filter(step => step.stepId === stepId).map(step => step.stepId)
  const leads = ({ target }: model.Step) =>
    target.kind === 'workflow' && workflowsFrom(document, target.workflow).has(workflowId)
  return root.steps.filter(leads).map(step => step.stepId)
}

/** Ids of the workflows that a run of a workflow can lead to. */
function workflowsFrom(document: model.ArazzoDocument, first: model.WorkflowReference): Set<string> {
  const found = new Set<string>()
  const follow = (within: model.ArazzoDocument, { source, workflowId }: model.WorkflowReference) => {
    const owner = source === undefined ? undefined : within.sources[source]
    const home = owner?.type === 'arazzo' ? owner.arazzo : within
    if (found.has(workflowId)) return
    found.add(workflowId)
    const workflow = home.workflows.find(one => one.workflowId === workflowId)
    for (const reference of workflow?.dependsOn ?? []) follow(home, reference)
    for (const { target } of workflow?.steps ?? []) if (target.kind === 'workflow') follow(home, target.workflow)
  }
  follow(document, first)
  return found
}

/** Statuses of a server that has no such route, or not with this method. */
const NO_ROUTE = new Set([404, 405, 501])

/** Responses to a step in runs of its workflow on one side, and whether it passed. */
interface Tries {
  /** Says which step it is. */
  key: string
  workflowId: string
  stepId: string
  /** Statuses of all responses. */
  statuses: number[]
  /** Whether it failed in each run that came to it. */
  hasFailed: boolean
  /** Whether it passed in each of them. */
  hasPassed: boolean
  /** Its last attempt. */
  last: StepRun
}

/** Tries of each step that was reached. */
function triesIn(reports: readonly WorkflowReport[]): Map<string, Tries> {
  const all = new Map<string, Tries>()
  for (const { steps } of reports) {
    const ofRun = new Map<string, Tries>()
    for (const run of steps) {
      const { workflowId, stepId, exchange, state } = run
      const key = `${workflowId}\n${stepId}`
      const status = exchange?.response?.status
      const tries = all.get(key) ?? { ...{ key, workflowId, stepId, last: run }, ...NOTHING_YET, statuses: [] }
      all.set(key, tries)
      ofRun.set(key, tries)
      tries.last = run
      if (status !== undefined && state !== 'skipped') tries.statuses.push(status)
    }
    // The last attempt of a run decides whether the step passed.
    for (const tries of ofRun.values()) {
      if (tries.last.state === 'passed') tries.hasFailed = false
      else tries.hasPassed = false
    }
  }
  return all
}

const NOTHING_YET = { hasFailed: true, hasPassed: true }

/** Whether all that it got are statuses of routes that are not there. */
const hasNoRoute = ({ statuses }: Tries): boolean =>
  statuses.length > 0 && statuses.every(status => NO_ROUTE.has(status))

/** Whether it passed whenever it was reached, and its route was there. */
const isThere = ({ hasPassed, statuses }: Tries): boolean =>
  hasPassed && statuses.length > 0 && statuses.every(status => status < 400)

/** Path in base of a file of head; undefined if it is not there. */
export type FileOfBase = (file: string) => string | undefined

/** Whether base's own OpenAPI file describes the operation of a step; undefined if it cannot be read. */
function isDescribedOnBase(
  document: model.ArazzoDocument,
  place: Tries,
  fileOfBase: FileOfBase | undefined,
): boolean | undefined {
  const target = stepOf(document, place)?.target
  const source = target?.kind === 'operation' ? document.sources[target.source] : undefined
  if (target?.kind !== 'operation' || source?.type !== 'openapi') return undefined
  const file = fileOfBase?.(source.openapi.file)
  const described = file === undefined ? undefined : readOpenApi(file).api?.description.operations
  const { method, path } = target.operation
  return described?.some(one => one.method === method && withoutNames(one.path) === withoutNames(path))
}

const withoutNames = (path: string) => path.replaceAll(/\{[^}]*\}/g, '{}')

/** Status of a path that is not served, and of data that is not there. */
const UNSERVED = 404

/** End of a path that no application serves, for the path of any operation. */
const END = '/vitest-arazzo/no-such-path'

/** The document with another path for a step, which no application serves. */
const withUnservedPath = (document: model.ArazzoDocument, place: Tries): model.ArazzoDocument | undefined =>
  withOperation(document, place, ({ path }) => ({ path: path.replace(/\/$/, '') + END }))

/** The document with a step that gets which methods its path has. */
const withOptions = (document: model.ArazzoDocument, place: Tries): model.ArazzoDocument | undefined =>
  withOperation(document, place, () => ({ method: 'OPTIONS' }))

function withOperation(
  document: model.ArazzoDocument,
  place: Tries,
  change: (operation: model.Operation) => Partial<model.Operation>,
): model.ArazzoDocument | undefined {
  const step = stepOf(document, place)
  if (step?.target.kind !== 'operation') return undefined
  const { operation } = step.target
  return withStep(document, place.workflowId, {
    ...step,
    target: { ...step.target, operation: { ...operation, ...change(operation) } },
  })
}

/** Methods of the path of a step, by the last response to it. */
function methodsIn({ last }: Tries): string[] {
  const { allow = '' } = last.exchange?.response?.headers ?? {}
  return allow.toUpperCase().split(/[\s,]+/)
}

/** Whether the last response to a step is that to a path which is not served. */
function isUnserved(tries: Tries, unserved: Tries): boolean {
  const [own, other] = [tries, unserved].map(({ last }) => last.exchange?.response)
  if (own === undefined || other === undefined || own.status !== other.status) return false
  return own.headers['content-type'] === other.headers['content-type'] && wordsOf(own.body) === wordsOf(other.body)
}

/** A body without the path, ids and times that it may hold. */
const wordsOf = (body: unknown) =>
  (JSON.stringify(body) ?? '').replaceAll(END, '').replaceAll(/[0-9a-f]{8}[0-9a-f-]*|\d+/gi, '#')

/** A workflow without some of its steps. */
interface Without {
  document: model.ArazzoDocument
  /** Steps that cannot run without one of those: the id of each, with the id of the step that it needs. */
  needs: ReadonlyMap<string, string>
}

/** The document without such steps of its workflow and those that need them; or a sentence that says why not. */
function withoutSteps(
  document: model.ArazzoDocument,
  workflowId: string,
  stepIds: readonly string[],
): Without | { fault: string } {
  const workflow = findWorkflow(document, workflowId)
  const { gone, needs } = goneWith(workflow, stepIds)
  const left = workflow.steps.filter(({ stepId }) => !gone.has(stepId))
  if (left.length === 0) return { fault: `nothing is left to compare: base lacks ${quoted([...gone])}` }
  const fault = whyNot(workflow, gone)
  if (fault !== undefined) return { fault }
  const actions = (all: readonly model.Action[]) => all.map(action => redirected(action, workflow, gone))
  const reduced: model.Workflow = {
    ...workflow,
    steps: left.map(step => ({ ...step, onSuccess: actions(step.onSuccess), onFailure: actions(step.onFailure) })),
    successActions: actions(workflow.successActions),
    failureActions: actions(workflow.failureActions),
    outputs: workflow.outputs.filter(output => !reads(output, gone)),
  }
  return { document: withWorkflow(document, workflow, reduced), needs }
}

/** The document with a step as it is given, in the place of the one with its id. */
function withStep(document: model.ArazzoDocument, workflowId: string, step: model.Step): model.ArazzoDocument {
  const workflow = findWorkflow(document, workflowId)
  const steps = workflow.steps.map(one => (one.stepId === step.stepId ? step : one))
  return withWorkflow(document, workflow, { ...workflow, steps })
}

function withWorkflow(
  document: model.ArazzoDocument,
  workflow: model.Workflow,
  by: model.Workflow,
): model.ArazzoDocument {
  return { ...document, workflows: document.workflows.map(one => (one === workflow ? by : one)) }
}

function goneWith({ steps }: model.Workflow, stepIds: readonly string[]) {
  const gone = new Set(stepIds)
  const needs = new Map<string, string>()
  const needed = (step: model.Step) => prerequisites(step).find(id => gone.has(id))
  // Each turn finds one more, as a step may stand before what it needs.
  for (;;) {
    const next = steps.find(step => !gone.has(step.stepId) && needed(step) !== undefined)
    if (next === undefined) return { gone, needs }
    needs.set(next.stepId, needed(next)!)
    gone.add(next.stepId)
  }
}

/** The run goes where these steps say, or the whole workflow reads what they give. */
function whyNot({ steps, parameters, successActions, failureActions }: model.Workflow, gone: ReadonlySet<string>) {
  const steering = steps.find(
    ({ stepId, onSuccess }) => gone.has(stepId) && onSuccess.some(one => one.type !== 'retry'),
  )
  if (steering) return `the onSuccess of step "${steering.stepId}" says where the run goes on`
  const ofActions = expressionsOfActions([...successActions, ...failureActions])
  const isRead = ofActions.some(one => one.kind === 'steps' && gone.has(one.stepId))
  if (isRead || parameters.some(parameter => reads(parameter, gone)))
    return `the whole workflow reads outputs of ${quoted([...gone])}, which base does not have`
  return undefined
}

const reads = ({ value }: model.Output | model.Parameter, gone: ReadonlySet<string>) =>
  expressionsIn(value).some(({ expression }) => expression.kind === 'steps' && gone.has(expression.stepId))

/** A jump to a step that is not there goes to the next one that is. */
function redirected(action: model.Action, { steps }: model.Workflow, gone: ReadonlySet<string>): model.Action {
  if (action.type === 'end' || action.to?.kind !== 'step' || !gone.has(action.to.stepId)) return action
  const { name, at, criteria, parameters } = action
  if (action.type === 'retry') {
    const { to: _, ...alone } = action
    return alone
  }
  const from = steps.findIndex(({ stepId }) => stepId === (action.to as { stepId: string }).stepId)
  const next = steps.slice(from).find(({ stepId }) => !gone.has(stepId))
  const shared = { name, at, criteria, parameters }
  return next ? { ...shared, type: 'goto', to: { kind: 'step', stepId: next.stepId } } : { ...shared, type: 'end' }
}

/** `step "pay" (POST /payments)`. */
function stepWords(document: model.ArazzoDocument, workflowId: string, tries: Tries): string {
  const route = routeOf(document, tries)
  return `step "${keyOf(workflowId, tries)}"${route === undefined ? '' : ` (${route})`}`
}

/** Sentences for a step whose route base has, and head has not. */
function lostRouteText(document: model.ArazzoDocument, workflowId: string, tries: Tries): string {
  const words = stepWords(document, workflowId, tries)
  return (
    `head has lost ${words}: it responds with status ${tries.statuses.at(-1)}, where base passes. ` +
    'Restore the route; if it was removed on purpose, remove the step from the workflow.'
  )
}

/** Sentences for a step that fails in each run on one side, and passes on the other. */
function brokenWords(document: model.ArazzoDocument, workflowId: string, side: SideName, tries: Tries): string {
  const other = side === 'base' ? 'head' : 'base'
  const status = tries.statuses.at(-1)
  const got = status === undefined ? (whyOf(tries) ?? 'it got no response') : `it responds with status ${status}`
  const isData = side === 'base' && status === UNSERVED
  const data = isData ? ', which does not show that it has no such route: data may be missing' : ''
  const advice =
    side === 'base'
      ? 'Repair base, compare with a commit in which the step passes, or leave the step out.'
      : 'Repair it on head.'
  const words = stepWords(document, workflowId, tries)
  return `${words} fails on ${side} and passes on ${other}: ${ended(got + data)} ${advice}`
}

const whyOf = ({ last }: Tries) => ('error' in last ? last.error : 'because' in last ? last.because : undefined)
