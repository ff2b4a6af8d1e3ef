import { hrtime } from 'node:process'
import * as timers from 'node:timers'
import * as promises from 'node:timers/promises'

/*
 * Timers and the clock as they are when this module is loaded. A user's fake timers replace the global ones, and with
 * `fakeNodeBuiltins` of Vitest 5.1 also what modules have imported from `node:timers` and `node:process`, even
 * earlier. The setup file loads this module before any code of a test, and constants stay what they are.
 */

export const setTimeout: typeof timers.setTimeout = timers.setTimeout
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout
export const setImmediate: typeof timers.setImmediate = timers.setImmediate
/** Maximum length of a timer, in milliseconds: Node.js makes a longer one 1 ms long. */
export const LONGEST_TIMER = 2 ** 31 - 1
/** Calls back once all events of the next turn of the event loop were seen. */
export function afterTurn(callback: () => void): void {
  setImmediate(() => setImmediate(callback))
}
/** Resolves after a delay. */
export const sleep: typeof promises.setTimeout = promises.setTimeout
/** Resolves in the next turn of the event loop. */
export const nextTurn: typeof promises.setImmediate = promises.setImmediate
/** Nanoseconds of the system's monotonic clock. */
export const monotonicNow: () => bigint = hrtime.bigint
