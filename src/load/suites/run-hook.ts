import { existsSync } from 'node:fs'
import type { ArazzoDocument, ReadOptions } from '../../document/model.ts'
import { ArazzoError } from '../../ground/errors.ts'
import { asUserError } from '../../ground/fault.ts'
import { show } from '../../ground/show.ts'
import { tried } from '../../ground/tried.ts'
import type { CookieKeep } from '../../http/cookies.ts'
import { connectedBy, type ImportModule, importNatively } from '../../workflow/channel/connect.ts'
import { findWorkflow } from '../../workflow/find.ts'
import { openRun, type RunOptions, readRef, toEnd } from '../../workflow/functional.ts'
import { missingInputs } from '../../workflow/inputs.ts'
import { compilePlan } from '../../workflow/plan.ts'
import { Secrets } from '../../workflow/secrets.ts'
import { fitting, type StaticInputs } from '../feed/source.ts'
import { addressOf } from '../plan/addresses.ts'
import type { HookContext, HookFunction } from '../plan/hooks.ts'
import { callHook, HOOK_LIMITS, inTime } from '../plan/hooks.ts'
import { joinInputs, NO_INPUTS, type ResolvedInputs, resolveInputs } from '../plan/inputs.ts'
import type { HookFailure } from './hook-error.ts'
import type { SuiteHook } from './hooks.ts'
import { suiteInputs } from './inputs.ts'
import { optionsOfDocument, readSuiteOptions } from './options.ts'

/** Dependencies of the hooks of suites. */
export interface HookMeans {
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
export interface Known {
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
export interface HookResult {
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
  const run = openRun(
    document,
    workflowId,
    { ...means.conduct(), inputs, secretInputs, signal, runTime: HOOK_LIMITS[hook.hook] },
    means.importModule,
    keep,
  )
  const { state, outputs } = await toEnd(run)
  if (state === 'passed') return { outputs: { inputs: outputs, secretInputs: run.known().secretNames } }
  const report = run.shown()
  return { outputs: NO_INPUTS, failure: { hook, found: report.because ?? 'a step failed', report } }
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
