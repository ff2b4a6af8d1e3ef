import { setMaxListeners } from 'node:events'
import type { ArazzoDocument, Workflow } from '../../document/model.ts'
import { bounded } from '../../expression/bounded.ts'
import { Deferred } from '../../ground/deferred.ts'
import { asUserError, isUserError } from '../../ground/fault.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import { formatMs, type Milliseconds } from '../../ground/units.ts'
import { realClock } from '../../measure/clock.ts'
import type { HookFigures } from '../../measure/report.ts'
import { findWorkflow } from '../../workflow/find.ts'
import { compilePlan, type Plan, type PlanOptions } from '../../workflow/plan.ts'
import type { InputRow, RunContext } from '../feed/source.ts'

/** Argument of a function in `setup` or `teardown`. */
export interface HookContext extends RunContext {
  /**
   * Inputs of the workflow and outputs of the setups before it; after an iteration its inputs, the outputs of its steps
   * that passed and those of its workflow, by name.
   */
  inputs: InputRow
}

/** Its result is names and values, or nothing; those of a setup are inputs of the workflow. */
export type HookFunction = (context: HookContext) => unknown

/**
 * A workflow (`#login` of the same document, `./reset.arazzo.yaml#reset` of another), or a function, which runs in the
 * thread that called `runLoad`.
 */
export type Hook = string | HookFunction

/** Setups by how often they run. */
export interface Setups {
  /**
   * Once a run, before the load.
   * @default none
   * @example './reset.arazzo.yaml#reset'
   */
  run?: Hook
  /**
   * Once a virtual user, before its first iteration.
   * @default none
   * @example '#login'
   */
  vu?: Hook
}

/** Hooks before the load, or before a virtual user's first iteration. A single hook runs once per run. */
export type Setup = Hook | Setups

/** Teardowns by how often they run. */
export interface Teardowns {
  /**
   * Once a run, when the load is over.
   * @default none
   * @example './reset.arazzo.yaml#reset'
   */
  run?: Hook
  /**
   * Once a virtual user, when it has had its last iteration.
   * @default none
   * @example '#logout'
   */
  vu?: Hook
  /**
   * After each iteration, also one that failed.
   * @default none
   * @example '#remove'
   */
  iteration?: Hook
}

/**
 * Hooks after the load, after a virtual user's last iteration, or after each iteration, also a failed one. A single
 * hook runs once per run.
 */
export type Teardown = Hook | Teardowns

/** A hook that was read: a function, or a workflow that can be run. */
export interface ReadHook extends Pick<HookFigures, 'hook' | 'per' | 'name'> {
  call?: HookFunction
  workflow?: HookWorkflow
}

/** A workflow that a thread can run; plain data. */
export interface HookWorkflow {
  document: ArazzoDocument
  workflowId: string
  planOptions: PlanOptions
}

export type Hooks = readonly ReadHook[]

export const workflowOf = ({ document, workflowId }: HookWorkflow): Workflow => findWorkflow(document, workflowId)

/** Compiled for its runner. Throws ArazzoError if requests have no destination. */
export function planOf({ document, workflowId, planOptions }: HookWorkflow): Plan {
  return compilePlan(document, workflowId, planOptions)
}

/** How long what runs at the end may take. */
export const TEARDOWN_GRACE: Milliseconds = 10_000

/** How long a setup, and how long a teardown may take. */
export const HOOK_LIMITS: Record<HookFigures['hook'], Milliseconds> = { setup: 60_000, teardown: TEARDOWN_GRACE }

/** How a hook ended: with its outputs, or why it failed. */
export interface HookEnd {
  outputs: InputRow
  failure?: string
  /** It was stopped because the run is over, which is not a failure. */
  isCalledOff?: boolean
}

/** The awaited result is not needed any more. */
export class CalledOff extends Error {}

export const failureOf = (error: unknown): HookEnd => ({
  outputs: {},
  failure: error instanceof Error ? error.message : show(error),
  isCalledOff: error instanceof CalledOff ? true : undefined,
})

/**
 * Calls a function of `setup` or `teardown`. Resolves to the names and values that it gave.
 *
 * @param busy after so long a loop without end in it is broken off, for nothing else of this thread turns meanwhile.
 */
export async function callHook(call: HookFunction, context: HookContext, busy?: Milliseconds): Promise<InputRow> {
  const outputs = await (busy === undefined ? call(context) : begin(() => call(context), busy))
  if (outputs === undefined || outputs === null) return {}
  if (isObject(outputs)) return structuredClone(outputs) as InputRow
  throw asUserError(new Error(`it gave ${show(outputs)}, which is not an object of names and values`))
}

function begin(call: () => unknown, busy: Milliseconds): unknown {
  let begun: Promise<unknown> | undefined
  try {
    bounded(() => {
      // A function that throws synchronously rejects, too.
      begun = new Promise(resolve => resolve(call()))
    }, busy)
  } catch {
    throw asUserError(new Error(`it kept its thread busy for ${formatMs(busy)}`))
  }
  return begun
}

/**
 * Waits for an action with a time limit. Rejects with its error, or with the limit, after which its signal is aborted.
 *
 * @param over aborted when the result is not needed any more: with one of our errors it rejects with that.
 */
export async function inTime<T>(
  action: (signal: AbortSignal) => Promise<T>,
  limit: Milliseconds,
  over?: AbortSignal,
): Promise<T> {
  const calledOff = (before: string) =>
    isUserError(over?.reason) ? over.reason : asUserError(new CalledOff(`the run was cancelled before it ${before}`))
  if (over?.aborted) throw calledOff('began')
  if (over) setMaxListeners(0, over) // many may wait at once
  const ending = new AbortController()
  const ended = new Deferred<never>()
  const giveUp = (why: Error) => {
    ended.reject(why)
    ending.abort(over?.reason)
  }
  const onOver = () => giveUp(calledOff('had ended'))
  over?.addEventListener('abort', onOver, { once: true })
  const callOff = realClock.after(limit, () =>
    giveUp(asUserError(new Error(`it had not ended after ${formatMs(limit)}`))),
  )
  try {
    return await Promise.race([action(ending.signal), ended.promise])
  } finally {
    callOff()
    over?.removeEventListener('abort', onOver)
  }
}
