import { bounded } from '../../expression/bounded.ts'
import { foreseen } from '../../ground/fault.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import { formatMs, type Milliseconds } from '../../ground/units.ts'
import { realClock } from '../../measure/clock.ts'
import type { HookFigures } from '../../measure/report.ts'
import type { InputRow } from '../feed/source.ts'
import type { HookContext, HookFunction } from './hooks.ts'

/** How long what runs at the end may take. */
export const TEARDOWN_GRACE: Milliseconds = 10_000

/** How long a setup, and how long a teardown may take. */
export const HOOK_LIMITS: Record<HookFigures['hook'], Milliseconds> = { setup: 60_000, teardown: TEARDOWN_GRACE }

/** Nobody needs any more what was waited for. */
export class CalledOff extends Error {}

/**
 * Calls a function of `setup` or `teardown`. Resolves to the names and values that it gave.
 *
 * @param busy after so long a loop without end in it is broken off, for nothing else of this thread turns meanwhile.
 */
export async function callHook(call: HookFunction, context: HookContext, busy?: Milliseconds): Promise<InputRow> {
  const outputs = await (busy === undefined ? call(context) : begin(() => call(context), busy))
  if (outputs === undefined || outputs === null) return {}
  if (isObject(outputs)) return structuredClone(outputs) as InputRow
  throw foreseen(new Error(`it gave ${show(outputs)}, which is not an object of names and values`))
}

function begin(call: () => unknown, busy: Milliseconds): unknown {
  let begun: Promise<unknown> | undefined
  try {
    bounded(() => {
      begun = settled(call)
    }, busy)
  } catch {
    throw foreseen(new Error(`it kept its thread busy for ${formatMs(busy)}`))
  }
  return begun
}

/** What a function gives, also where it throws before it gives a promise. */
async function settled(call: () => unknown): Promise<unknown> {
  return call()
}

/**
 * Waits for an action for so long. Rejects with what it throws, or with that it had not ended; its signal is aborted
 * then.
 *
 * @param over aborted when nobody needs it any more.
 */
export async function inTime<T>(
  action: (signal: AbortSignal) => Promise<T>,
  limit: Milliseconds,
  over?: AbortSignal,
): Promise<T> {
  if (over?.aborted) throw foreseen(new CalledOff('the run was called off before it began'))
  const ending = new AbortController()
  const onOver = () => ending.abort(over?.reason)
  over?.addEventListener('abort', onOver, { once: true })
  let callOff = () => {}
  const ended = new Promise<never>((_, reject) => {
    const onAbort = () => reject(foreseen(new CalledOff('the run was called off before it had ended')))
    ending.signal.addEventListener('abort', onAbort, { once: true })
    callOff = realClock.after(limit, () => {
      reject(foreseen(new Error(`it had not ended after ${formatMs(limit)}`)))
      ending.abort()
    })
  })
  try {
    return await Promise.race([action(ending.signal), ended])
  } finally {
    callOff()
    over?.removeEventListener('abort', onOver)
  }
}
