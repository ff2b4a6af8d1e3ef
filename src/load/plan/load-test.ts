import { dirname, resolve } from 'node:path'
import type { Budget } from '../../budget/budget.ts'
import { type BudgetContext, factsOf, readBudgets, withImplied } from '../../budget/read.ts'
import type { RelativeBudget } from '../../budget/relative.ts'
import type { ArazzoDocument, Workflow } from '../../document/model.ts'
import { READ_KEYS } from '../../document/read-options.ts'
import { ArazzoError, type Location, type Problem } from '../../ground/errors.ts'
import { asUserError, toDiagnostic } from '../../ground/fault.ts'
import { describeFaults, Fields, type OptionFault } from '../../ground/fields.ts'
import { given } from '../../ground/given.ts'
import { isObject, pick } from '../../ground/object.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { authorityOf } from '../../http/authority.ts'
import { isLoopback } from '../../http/loopback.ts'
import type { LoadShape } from '../../measure/shape.ts'
import { readTargets, type Targets } from '../../measure/target.ts'
import { connectedBy, withAbsolutePaths } from '../../workflow/channel/connect.ts'
import { isOfReading, sourceFaults } from '../../workflow/check-options.ts'
import { CONDUCT } from '../../workflow/conduct.ts'
import { findWorkflow, readRef, splitRef } from '../../workflow/find.ts'
import { compilePlan, type Plan, type PlanOptions } from '../../workflow/plan.ts'
import { feedFaults } from '../feed/read.ts'
import { constantsOf, fromFolder, type StaticInputs, withConstants } from '../feed/source.ts'
import { type MetricsPlan, readMetrics } from '../metrics/options.ts'
import { agentsFrom } from './agents.ts'
import { ANY_ORIGIN, chooseTargets, type StartedApplication } from './application-targets.ts'
import { faultsTogether, loadOptionFaults } from './check-options.ts'
import type { Hooks } from './hooks.ts'
import { secretsIn } from './inputs.ts'
import type { LoadPlan } from './load-plan.ts'
import type { LoadOptions } from './options.ts'
import { readHooks } from './read-hooks.ts'
import { GRACEFUL_STOP, readShape, type ShapeContext } from './shape.ts'

/** Load test after reading and checking. Later faults are not in its options. */
export interface LoadTest {
  /** Options with what holds for all load tests, and with absolute paths. */
  readonly options: LoadOptions
  readonly plan: Plan
  readonly planOptions: PlanOptions
  /** Servers that the load test itself says, not those that hold for all. */
  readonly ownServers?: LoadOptions['servers']
  readonly load: LoadPlan
  readonly shape: LoadShape
  readonly budgets: Budget[]
  /** Budgets of a comparison with a base, which a run of load alone does not judge. */
  readonly relative: readonly RelativeBudget[]
  readonly targets: Targets
  readonly metrics?: MetricsPlan
  /** Hooks before and after it. */
  readonly hooks: Hooks
  /**
   * Values that are unknown when a test file is collected and may be known when it runs: a secret, a server, a port.
   */
  readonly open?: { why: unknown; readAgain(): Promise<Reading> }
}

/** A load test, or all that is wrong with it. Faults have no place when there is no reading its document. */
type Reading =
  | { loadTest: LoadTest; faults?: undefined }
  | { loadTest?: undefined; faults: readonly OptionFault[]; at?: Location }

/** Context of a load test. */
export interface Around {
  /** The document, when it has been read already. */
  document?: ArazzoDocument
  /** Base of relative paths. Default: the working directory. */
  folder?: string
  /** Defaults of the load test; they may be for several documents. */
  defaults?: Partial<LoadOptions> & { inputs?: StaticInputs }
  /** Default target of budgets: the application that then runs. */
  application?: BudgetContext['target']
  /** Further targets that may exist. */
  others?: BudgetContext['others']
  /** Whether the caller can compare with a base. Default: no. */
  base?: boolean
  /** Applications that the plugin starts: targets may name them, and their addresses stand in those of endpoints. */
  applications?: readonly StartedApplication[]
  /** Options that the caller does not take. */
  unknownHere?: readonly (keyof LoadOptions)[]
  /** Notation of the shape in a document, which may not choose destinations. */
  inDocument?: Pick<ShapeContext, 'name' | 'besides'>
}

/** Stands for `{port}` in the address of an endpoint until an application runs. */
const ANYWHERE: readonly StartedApplication[] = [{ origin: ANY_ORIGIN, node: false }]

/** Time in which a load thread sees that a request was too slow. */
const DETECTION: Milliseconds = 1_000

/** The graceful stop waits for so many requests of an iteration, if each takes as long as it may. */
const MOST_IN_TURN = 5

/** Iterations that are in flight when the load ends may have requests ahead, each of which may keep its time. */
const surroundingsOf = ({ origins, longestRequest, requestsPerRun }: Plan): ShapeContext => ({
  isLocal: origins.some(isLoopback),
  gracefulStop: Math.max(GRACEFUL_STOP, longestRequest * Math.min(requestsPerRun, MOST_IN_TURN) + DETECTION),
})

/** Stands for the servers until they are known. */
export const ANY_SERVER = 'http://127.0.0.1'

/**
 * Reads a load test, wherever it is written: every fault in its options at once, or all that a run needs. Rejects with
 * ArazzoError for the document and its workflow.
 */
export async function readLoadTest(written: LoadOptions, around: Around = {}): Promise<Reading> {
  const { folder = process.cwd(), defaults = {}, application = false, applications = [], others, inDocument } = around
  const unknownHere = [...(around.unknownHere ?? []), ...(around.base ? [] : ['affected'])]
  const ofOptions = loadOptionFaults(written, unknownHere)
  // Without a document there is no more to be said.
  if (ofOptions.some(isOfReading)) return { faults: ofOptions }
  const { path, workflowId: asked } = splitRef(written.workflow)
  const ref = { document: resolve(folder, path), workflowId: asked }
  const read = pick({ ...defaults, ...given<LoadOptions>(written) }, READ_KEYS)
  const { document, workflowId } = await readRef(ref, read, around.document)
  const workflow = findWorkflow(document, workflowId)
  const asWritten = joined(written, workflow, around)
  const chosen = chooseTargets(asWritten, applications)
  const named = { document: document.file, workflowId }
  const options: LoadOptions = { ...asWritten, ...chosen.options, workflow: named }
  const planOptions = planOptionsOf(options, workflow)
  const { plan, why } = compile(document, workflowId, planOptions)
  const hookFolder = around.folder ?? (around.document ? dirname(document.file) : folder)
  const { hooks, faults: ofHooks } = await readHooks(options, document, planOptions, hookFolder)
  const shape = readShape(options.load, { ...inDocument, ...surroundingsOf(plan) })
  const ofMetrics = new Fields({ metrics: options.metrics }, '')
  const metrics = readMetrics(ofMetrics)
  const ofTargets = readTargets(chooseTargets(options, ANYWHERE).options).problems
  const { problems: withoutPort, ...targets } = readTargets(options)
  const facts = factsOf(targets)
  const { budgets, relative, problems } = readBudgets(options.budgets, {
    ...stepsOf(plan),
    target: facts.target || chosen.facts.target || chosen.faults.length > 0 || application,
    targets: { ...chosen.facts.targets, ...facts.targets },
    applications: applications.flatMap(({ name }) => name ?? []),
    ...searchOf(shape, options.load),
    others,
    base: around.base,
    model: shape.plan?.model,
    problemsBase: '/budgets',
  })
  const faults = [
    ...ofOptions,
    ...faultsTogether(options),
    ...sourceFaults(document, { ...written, channels: written.channels ?? undefined }),
    ...below('/load', shape.problems),
    ...below('/inputs', feedFaults(workflow, options.inputs)),
    ...ofMetrics.faults,
    ...chosen.faults,
    ...ofTargets,
    ...problems,
    ...ofHooks,
  ]
  if (!shape.plan || faults.length > 0) return { faults, at: workflow.at }
  const noPort = withoutPort.length > 0 ? new ArazzoError(problemsOf(withoutPort, () => workflow.at)) : undefined
  const missing = why ?? noPort
  const { servers: ownServers } = written
  const again: Around = {
    document,
    folder: hookFolder,
    defaults: { servers: options.servers },
    application: facts.target || chosen.facts.target || application,
    base: around.base,
  }
  const readAgain = () => readLoadTest({ ...options, servers: ownServers }, again)
  return {
    loadTest: {
      options,
      plan,
      planOptions,
      ownServers,
      load: shape.plan,
      shape: shape.shape,
      budgets: withImplied(budgets),
      relative,
      targets,
      metrics,
      hooks,
      open: missing === undefined ? undefined : { why: missing, readAgain },
    },
  }
}

/** Steps that may have budgets: all of them, those that read event streams, those that are checked by a description. */
function stepsOf({ steps }: Plan): { steps: string[]; streams: string[]; contracts: string[] } {
  const keysOf = (of: readonly (typeof steps)[number][]) => of.map(({ key }) => key)
  return {
    steps: keysOf(steps),
    streams: keysOf(steps.filter(({ readsEvents }) => readsEvents)),
    contracts: keysOf(steps.filter(({ checks }) => checks?.isStrict && checks.describesAnything)),
  }
}

/** Returns the load test. Throws its faults: TypeError without a document, else ArazzoError. */
export function loadTestOrThrow(reading: Reading, placeOf?: (path: string) => Location): LoadTest {
  if (reading.loadTest) return reading.loadTest
  const { faults, at } = reading
  if (at === undefined) throw asUserError(new TypeError(describeFaults(faults)))
  throw new ArazzoError(problemsOf(faults, placeOf ?? (() => at)))
}

/** Faults of load tests with their places. */
export function problemsOf(faults: readonly OptionFault[], placeOf: (path: string) => Location): Problem[] {
  return faults.map(({ path, ...fault }) => ({
    code: /^\/budgets(\/|$)/.test(path) ? 'invalid-budget' : 'invalid-load-test',
    severity: 'error',
    at: placeOf(path),
    ...toDiagnostic(fault),
  }))
}

/** Properties of a search that budgets need: its highest rate. An unreadable search counts as the widest. */
function searchOf({ plan }: ReturnType<typeof readShape>, written: unknown): { capacity?: { to: number } } {
  if (plan !== undefined) return plan.kind === 'capacity' ? { capacity: { to: plan.to } } : {}
  const isSearch = isObject(written) && ('capacity' in written || written.mode === 'capacity')
  return isSearch ? { capacity: { to: Number.POSITIVE_INFINITY } } : {}
}

/** Merges the defaults with the options of this load test, which win. */
function joined(own: LoadOptions, workflow: Workflow, { folder = process.cwd(), defaults = {} }: Around): LoadOptions {
  const { inputs, ...ofAll } = defaults
  const options: LoadOptions = { ...ofAll, ...given<LoadOptions>(own) }
  const { channels, targets, agents, ca } = own
  if (isObject(targets)) options.targets = { ...ofAll.targets, ...targets }
  return {
    ...options,
    channels: channels ? withAbsolutePaths(channels, folder) : ofAll.channels,
    ...(agents && isObject(agents) && { agents: agentsFrom(folder, agents) }),
    ...(agents === false && { agents: undefined }),
    ca: typeof ca === 'string' && ca !== '' ? authorityOf(ca, folder) : ofAll.ca,
    inputs: fromFolder(folder, workflow, withConstants(workflow, inputs, own.inputs)),
  }
}

function planOptionsOf(options: LoadOptions, workflow: Workflow): PlanOptions {
  return {
    ...pick(options, CONDUCT),
    servers: options.servers,
    secretInputs: secretsIn(constantsOf(workflow, options.inputs)),
    connected: connectedBy(options.channels),
  }
}

/**
 * The plan; where that cannot be made yet, the reason, and one that has the same steps. Which they are does not depend
 * on where requests go.
 */
function compile(document: ArazzoDocument, workflowId: string, options: PlanOptions): { plan: Plan; why?: unknown } {
  try {
    return { plan: compilePlan(document, workflowId, options) }
  } catch (why) {
    const { connected } = options
    return { plan: compilePlan(document, workflowId, { servers: ANY_SERVER, connected }), why }
  }
}

function below(base: string, faults: readonly OptionFault[]): OptionFault[] {
  return faults.map(fault => ({ ...fault, path: base + fault.path }))
}
