import type { Action } from '../document/model.ts'
import type { ResponseView } from '../expression/index.ts'
import { formatMs, type Milliseconds } from '../ground/units.ts'
import { epochTime } from '../measure/clock.ts'
import type { Plan, StepPlan } from './plan.ts'

/** Sun, 06 Nov 1994 08:49:37 GMT; Sunday, 06-Nov-94 08:49:37 GMT; Sun Nov  6 08:49:37 1994. */
const httpDate = /^\s*(mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s.*\d\d:\d\d:\d\d/i

/** Maximum of Node timers (2^31 - 1); a longer one would fire after a millisecond. */
const LONGEST_TIMER: Milliseconds = 2_147_483_647

/**
 * How long the server asks to wait before a retry; undefined where it does not say. That goes before what the action
 * says. Sources: Arazzo 1.1.0, "Failure Action Object"; RFC 9110, 10.2.3 (`Retry-After` in seconds or as an HTTP date).
 */
function askedWait(response: ResponseView): Milliseconds | undefined {
  const text = response.header('retry-after')
  if (text === undefined) return undefined
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number(text) * 1000
  // Date.parse alone would take "-5" for a day in 2001.
  if (!httpDate.test(text)) return undefined
  // The oldest of the three forms names no zone, and means GMT.
  const date = Date.parse(/\b(GMT|UTC)\b|[+-]\d{4}\s*$/.test(text) ? text : `${text} GMT`)
  if (Number.isNaN(date)) return undefined
  return Math.max(0, date - epochTime())
}

const TOO_LONG = 'since it is to wait for more than 24.8 days (Retry-After of the response, or retryAfter)'

/** How long to wait before a retry, or why that is too long. */
export function waitBefore(
  { retryAfter }: Extract<Action, { type: 'retry' }>,
  { step }: StepPlan,
  response: ResponseView,
  { runTime }: Pick<Plan, 'runTime'>,
): Milliseconds | string {
  const asked = askedWait(response)
  const wait = asked ?? retryAfter
  const most = step.timeout ?? runTime
  if (asked !== undefined && most !== undefined && asked > most && wait <= LONGEST_TIMER) {
    const from = step.timeout ? 'timeout of the step' : 'time of the test or load'
    const allowed = `longer than the ${formatMs(most)} that are allowed (${from})`
    return `since the response asks for a wait of ${formatMs(asked)} (Retry-After), ${allowed}`
  }
  return wait > LONGEST_TIMER ? TOO_LONG : wait
}
