import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import type { ArazzoDocument, ReadOptions, Workflow } from '../../document/model.ts'
import { ArazzoError } from '../../ground/errors.ts'
import { asUserError } from '../../ground/fault.ts'
import { show } from '../../ground/show.ts'
import { tried } from '../../ground/tried.ts'
import type { CookieKeep } from '../../http/cookies.ts'
import { connectedBy, type ImportModule, importNatively } from '../../workflow/channel/connect.ts'
import { findWorkflow, readRef } from '../../workflow/find.ts'
import { type OpenOptions, openRun, type RunOptions, toEnd } from '../../workflow/functional.ts'
import { missingInputs } from '../../workflow/inputs.ts'
import type { WorkflowReport } from '../../workflow/outcome.ts'
import { compilePlan } from '../../workflow/plan.ts'
import { Secrets } from '../../workflow/secrets.ts'
import { fitting, type InputRow, type StaticInputs } from '../feed/source.ts'
import { addressOf } from '../plan/addresses.ts'
import {
  callHook,
  HOOK_LIMITS,
  type HookContext,
  type HookEnd,
  type HookFunction,
  type HookWorkflow,
  inTime,
} from '../plan/hooks.ts'
import { joinInputs, NO_INPUTS, type ResolvedInputs, resolveInputs } from '../plan/inputs.ts'
import { CleanUps, type HookFailure, isHook, type SharedCleanUp, type SuiteHook, SuiteHookError } from './hooks.ts'
import { optionsOfDocument, readSuiteOptions, type SuiteOptions, suiteInputs } from './options.ts'

export type SuiteHooks = ReturnType<typeof suiteHooks>

/**
 * Setups and teardowns of the suites of a document. Those of the run are set up once, when the first suite needs them,
 * and their failure fails every suite. Started hooks are always torn down.
 *
 * @param ofAll the hooks of all workflows, the outermost first.
 */
export function suiteHooks(document: ArazzoDocument, ofAll: readonly SuiteHook[], means: HookMeans) {
  const cleanUps = new CleanUps()
  const given = means.given ?? NO_INPUTS
  const known = { outputs: NO_INPUTS, own: given }
  const thing = basename(document.file)
  /** Includes hooks of single workflows. */
  let every: readonly SuiteHook[] | undefined
  const ofRun = hookScope({
    hooks: ofAll.filter(({ per }) => per === 'run'),
    ...{ thing, document, means, known },
    begin: async () => {
      // If there is no application, that is the reported reason.
      means.conduct()
      return known
    },
  })
  return {
    /** Whether a workflow is one of them. */
    has(workflow: Workflow): boolean {
      every ??= [...ofAll, ...document.workflows.flatMap(one => readSuiteOptions(document, one).options.hooks)]
      return every.some(hook => isHook(hook, document, workflow))
    },
    /** A suite of a workflow is to run. @param row stands for it; empty where there are no rows. */
    expect: (workflow: Workflow, row: InputRow) => cleanUps.expect(workflow, row),
    /** Results of the clean-ups that other documents have as well. */
    sharedCleanUps: (): SharedCleanUp[] => cleanUps.ofPlugin,
    /** Tears down the run, if it was begun. Rejects with SuiteHookError for all that failed, and all that never ran. */
    async tearDown(): Promise<void> {
      if (!ofRun.hasBegun()) return
      const failures = [...(await ofRun.tearDown()), ...cleanUps.idle()]
      if (failures.length > 0) throw new SuiteHookError(thing, failures)
    },
    /**
     * The hooks around one run of a workflow, with the inputs of its own. They set up the document too, if that is
     * still to be done.
     *
     * @param row stands for its suite; empty where there are no rows.
     */
    around(workflow: Workflow, options: Pick<SuiteOptions, 'hooks' | 'inputs'>, row: InputRow): HookScope {
      const ofPlugin = ofAll.filter(({ of }) => of === 'plugin')
      return hookScope({
        hooks: [...ofPlugin, ...options.hooks].filter(({ per }) => per !== 'run'),
        ...{ thing: `workflow "${workflow.workflowId}"`, document, means },
        begin: async signal => {
          const { outputs } = await ofRun.setUp(signal)
          const ofRow = { inputs: { ...row }, secretInputs: [] }
          return { outputs, own: joinInputs(resolveInputs(options.inputs), ofRow, given) }
        },
        onCleanUp: (hook, missing, hasPassed) => cleanUps.note(hook, { workflow, suite: row, hasPassed }, missing),
      })
    },
  }
}

/** Initial values of a run of a workflow. */
export interface SetUp {
  /** Outputs of setups. Other inputs override them. */
  outputs: ResolvedInputs
  /** Cookies of its setups. */
  keep: CookieKeep
}

interface ScopeOptions extends Pick<Around, 'document' | 'means'> {
  /** Its hooks, the outermost first. */
  hooks: readonly SuiteHook[]
  /** Its subject in messages: `shop.arazzo.yaml`, `workflow "checkout"`. */
  thing: string
  /** Values that are known before it begins. Default: it is torn down only if it has begun. */
  known?: Known
  /** Resolves to the values that are known when it begins. */
  begin(signal: AbortSignal | undefined): Promise<Known>
  onCleanUp?(hook: SuiteHook, missing: readonly string[] | undefined, hasPassed: boolean): void
}

export type HookScope = ReturnType<typeof hookScope>

/** Hooks around the suites of a document, or around one run of a workflow. */
function hookScope({ hooks, thing, document, means, known: initial, begin, onCleanUp }: ScopeOptions) {
  const keep: CookieKeep = { isOpen: false }
  let isUp: Promise<SetUp> | undefined
  let known = initial
  let isReady = false
  const run = (hook: SuiteHook, known: Known, signal?: AbortSignal) =>
    // Hooks of all suites have no cookies in common.
    runSuiteHook(hook, { document, means, known, signal, keep: hook.per === 'run' ? undefined : keep })
  const setUp = async (signal: AbortSignal | undefined): Promise<SetUp> => {
    known = await begin(signal)
    keep.isOpen = true
    for (const hook of hooks.filter(({ hook }) => hook === 'setup')) {
      const { outputs, failure } = await run(hook, known, signal)
      if (failure !== undefined) throw new SuiteHookError(thing, [failure])
      known = { ...known, outputs: joinInputs(known.outputs, outputs) }
    }
    keep.isOpen = false
    isReady = true
    return { outputs: known.outputs, keep }
  }
  return {
    hasBegun: () => isUp !== undefined,
    /** Runs its setups. Rejects with SuiteHookError, each time with the same. */
    setUp(signal?: AbortSignal): Promise<SetUp> {
      isUp ??= setUp(signal)
      return isUp
    },
    /**
     * Cleans up and tears down, as far as it was started. Resolves to the failures.
     *
     * @param made outputs of a run: of its steps that passed, and its own.
     * @param hasPassed whether the run completed and passed.
     */
    async tearDown(made = NO_INPUTS, hasPassed = false): Promise<HookFailure[]> {
      await isUp?.catch(() => {})
      if (known === undefined) return []
      const { outputs, own } = known
      const all = hooks.filter(({ hook }) => hook === 'teardown').toReversed()
      const cleanUps = all.filter(({ per }) => per === 'iteration')
      const failures: HookFailure[] = []
      for (const hook of [...(isReady ? cleanUps : []), ...all.filter(hook => !cleanUps.includes(hook))]) {
        const { failure, missing } = await run(hook, { outputs, own: joinInputs(own, made) })
        if (cleanUps.includes(hook)) onCleanUp?.(hook, missing, hasPassed)
        if (failure !== undefined) failures.push(failure)
      }
      return failures
    },
  }
}

/** Dependencies of the hooks of suites. */
interface HookMeans {
  /** Destination and options of requests. Throws if there is no destination. */
  conduct(): Omit<RunOptions, 'inputs' | 'secretInputs' | 'signal'>
  /** Inputs of all workflows, which give way to those of documents. */
  inputs?: StaticInputs
  /** Inputs that come before all others. */
  given?: ResolvedInputs
  read?: ReadOptions
  importModule?: ImportModule
}

/** Values that are known when a hook runs. */
interface Known {
  /** Outputs of setups before it: lowest precedence. */
  outputs: ResolvedInputs
  /** Values of the run around which it stands: highest precedence. */
  own: ResolvedInputs
}

/** Place at which a hook runs. */
interface Around {
  /** Document of the suites. */
  document: ArazzoDocument
  means: HookMeans
  known: Known
  /** Calls a setup off. */
  signal?: AbortSignal
  /** Cookies of the run that it stands around. */
  keep?: CookieKeep
}

/** Outputs of a hook; empty if it failed or there was nothing to clean up. */
interface HookResult {
  outputs: ResolvedInputs
  failure?: HookFailure
  /** Inputs that a clean-up was left out for, since the run had not made them. */
  missing?: readonly string[]
}

/** Runs a setup or a teardown, for 60 s or 10 s at most. Never rejects. */
export async function runSuiteHook(hook: SuiteHook, around: Around): Promise<HookResult> {
  const secrets = new Secrets()
  try {
    const run = (signal: AbortSignal) =>
      hook.isModule ? callModule(hook, around, signal, secrets) : runWorkflow(hook, around, signal)
    return await inTime(run, HOOK_LIMITS[hook.hook], hook.hook === 'setup' ? around.signal : undefined)
  } catch (error) {
    return { outputs: NO_INPUTS, failure: failureOf(hook, error, secrets) }
  }
}

async function runWorkflow(
  hook: SuiteHook,
  { document: own, means, known, keep }: Around,
  signal: AbortSignal,
): Promise<HookResult> {
  const ref: Parameters<typeof readRef>[0] = { document: hook.file, workflowId: hook.id }
  const { document, workflowId } = await readRef(ref, means.read, hook.file === own.file ? own : undefined)
  const workflow = findWorkflow(document, workflowId)
  const { options } = readSuiteOptions(document, workflow)
  const common = { ...optionsOfDocument(own).inputs, ...options.common }
  const ofWorkflow = suiteInputs(workflow, { ...options, common }, {}, means.inputs)
  const { inputs: all, secretInputs } = joinInputs(known.outputs, ofWorkflow, known.own)
  const inputs = fitting(workflow, all)
  // A run that made nothing has nothing to be cleaned up.
  const missing = hook.per === 'iteration' ? missingInputs(workflow, inputs) : []
  if (missing.length > 0) return { outputs: NO_INPUTS, missing }
  const conduct = { ...means.conduct(), inputs, secretInputs, signal, runTime: HOOK_LIMITS[hook.hook] }
  const end = await runHookWorkflow({ document, workflowId }, conduct, means.importModule, keep)
  const { outputs, failure, report, secretNames } = end
  if (failure !== undefined) return { outputs: NO_INPUTS, failure: { hook, found: failure, report } }
  return { outputs: { inputs: outputs, secretInputs: secretNames } }
}

/** Runs the workflow of a hook to its end; the report is as it may be shown. */
export async function runHookWorkflow(
  { document, workflowId }: Pick<HookWorkflow, 'document' | 'workflowId'>,
  options: OpenOptions,
  importModule?: ImportModule,
  keep?: CookieKeep,
): Promise<HookEnd & { report: WorkflowReport; secretNames: string[] }> {
  const run = openRun(document, workflowId, options, importModule, keep)
  const { state, outputs, because = 'a step failed' } = await toEnd(run)
  const known = { report: run.shown(), secretNames: run.known().secretNames }
  return state === 'passed' ? { outputs, ...known } : { outputs: {}, failure: because, ...known }
}

async function callModule(
  hook: SuiteHook,
  { document, means, known }: Around,
  signal: AbortSignal,
  secrets: Secrets,
): Promise<HookResult> {
  const ofAll = resolveInputs({ ...means.inputs, ...optionsOfDocument(document).inputs })
  const { inputs, secretInputs } = joinInputs(known.outputs, ofAll, known.own)
  for (const name of secretInputs) secrets.add(inputs[name])
  const call = await functionOf(hook, means.importModule)
  const context: HookContext = { ...whereabouts(document, means), inputs, signal }
  const outputs = await callHook(call, context, HOOK_LIMITS[hook.hook])
  const secretOutputs = Object.keys(outputs).filter(name => secrets.isWithin(outputs[name]))
  return { outputs: { inputs: { ...outputs }, secretInputs: secretOutputs } }
}

async function functionOf({ file, id }: SuiteHook, load = importNatively): Promise<HookFunction> {
  if (!existsSync(file)) throw asUserError(new Error(`${file} does not exist`))
  const call = ((await load(file)) as Record<string, unknown>)[id ?? 'default']
  if (typeof call === 'function') return call as HookFunction
  const what = id === undefined ? 'default export' : `export "${id}"`
  throw asUserError(
    new Error(call === undefined ? `it has no ${what}` : `its ${what} is ${show(call)}, not a function`),
  )
}

/** The application's address, where requests go to one. */
function whereabouts(document: ArazzoDocument, means: HookMeans): ReturnType<typeof addressOf> {
  const conduct = means.conduct()
  const { workflowId } = document.workflows[0]!
  const compile = () => compilePlan(document, workflowId, { ...conduct, connected: connectedBy(conduct.channels) })
  return addressOf(conduct.servers, tried(compile)?.origins ?? [])
}

/** Without the secrets among its inputs, which a function may tell. */
function failureOf(hook: SuiteHook, error: unknown, secrets: Secrets): HookFailure {
  if (!(error instanceof Error)) return { hook, found: secrets.mask(show(error)) }
  if (error instanceof ArazzoError)
    return { hook, found: error.problems.map(({ message }) => message).join(' '), thrown: error }
  const { message, stack = '' } = error
  if (secrets.isIn(message) || secrets.isIn(stack)) {
    const thrown = Object.assign(new Error(secrets.mask(message)), { name: error.name, stack: secrets.mask(stack) })
    return { hook, found: thrown.message, thrown }
  }
  return { hook, found: message, thrown: error }
}
