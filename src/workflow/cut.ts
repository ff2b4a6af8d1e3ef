import type { Reason } from '../ground/fault.ts'
import type { FailureCause } from '../http/transport.ts'

/** Why the wait for a response was cut. */
export type CutCause = FailureCause | 'no response'

export const ABORTED: Reason = { found: 'the run ended before the response came' }
export const NO_RESPONSE: Reason = { found: 'no response: the load and its graceful stop were over' }
