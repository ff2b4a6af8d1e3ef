import type { Location } from '../ground/errors.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { ShownExchange } from '../measure/report.ts'
import type { StepRun, WorkflowReport } from './outcome.ts'

/** Failed attempt, described on demand. */
export interface FailedAttempt {
  /**
   * `criterion`, `openapi` (the response is not as its description says), `events` (it is not the event stream that was
   * wanted), `timeout`, `no response` (until the load had ended), `refused`, `reset`, `aborted`, `protocol`,
   * `channel`, `request`, `output`, `runaway`.
   */
  readonly kind: string
  /** One line that is the same for the same cause: `$statusCode == 200 is not met (503)`. */
  readonly message: string
  readonly at: Location
  /** Whether the document tries the step again after it. */
  readonly isRetried?: boolean
  /** Request and response, shortened, secrets masked. */
  exemplar(): ShownExchange
}

/** Result of the checks of a response that met all criteria and has a description, which may not have been checked. */
export type Contract = 'unchecked' | 'kept' | 'broken'

/** Attempt, failed or not, described on demand. */
export interface SeenAttempt {
  /** Request and response, shortened, secrets masked. */
  exemplar(): ShownExchange
  /** The request's line, secrets masked, the status of its response, and the trace that it names. */
  line(): { request: string; status?: number; trace?: string }
  /** Absent where there is nothing to hold it against, or it did not meet the criteria. */
  readonly contract?: Contract
  /** Bytes of the response's body; absent without a response, and of an event stream. */
  readonly size?: number | undefined
}

/** Observer of a virtual user. Called on the hot path. */
export interface Observer {
  /**
   * An attempt at an operation step ended. `step` is its number in the plan; `failure` and `seen` are only valid during
   * the call. `sent` and `ended` are clock readings; `status` is that of the response, if there was one. Returns what
   * of the time between the two the observer's own thread may have added.
   */
  onAttempt(
    step: number,
    sent: Milliseconds,
    ended: Milliseconds,
    failure: FailedAttempt | undefined,
    seen: SeenAttempt,
    status?: number,
  ): Milliseconds | undefined
  /** The attempt that has just ended polls: see `isPolling`. */
  onRetried?(step: number, sent: Milliseconds, status: number): void
  /**
   * A step that runs a workflow failed by itself: its criterion, its timeout while nothing was in flight, a
   * prerequisite left out, the end of a runaway. `key` names it as steps are named; there is no request of its own.
   */
  onCallFailed?(key: string, at: Milliseconds, failure: FailedAttempt): void
  /** An event of a stream has come. @param sent when its request was sent, of the first event of a stream. */
  onEvent?(step: number, at: Milliseconds, sent: Milliseconds | undefined): void
  /** A stream was given up before its first event; `isAborted`: because the run ended. */
  onNoEvent?(step: number, sent: Milliseconds, ended: Milliseconds, isAborted: boolean): void
  /** It begins to work on an operation step: builds a request (`sends`), or judges a response. */
  onWork?(step: number, sends?: boolean): void
  /** Only for functional runs: the whole record of every step's attempt. */
  onStep?(run: StepRun): void
}

/** How a run ended. */
export type UserState = 'passed' | 'failed' | 'aborted'

/** One client: runs one iteration at a time, its state reused. Calls back; makes no promise per request. */
export interface VirtualUser {
  readonly busy: boolean
  /** How the last run ended. */
  readonly state: UserState
  /** Requests of the current or last run. */
  readonly requests: number
  /** Think time of the current or last run. */
  readonly thought: Milliseconds
  /** Part of the current or last run that its own thread may have added: available responses were read late. */
  readonly late: Milliseconds
  /** Whether it thinks now, or did when it was aborted. */
  readonly isThinking: boolean
  /** Whether a request of the last run was cut before its response: the run would have taken longer. */
  readonly isCut: boolean
  /** Clock reading at which the response had come with which the last run ended; 0 where it did not end with one. */
  readonly endedAt: Milliseconds
  /** The first requests of the current or last run. */
  readonly attempts: AttemptTimes
  /**
   * Starts a run; `done` is called once when it ends, never before `start` has returned.
   * @param at a clock reading that was just made, to be spared another.
   */
  start(inputs: Record<string, unknown>, done: (user: VirtualUser) => void, at?: Milliseconds): void
  /** Ends the current run as aborted at once; its request is abandoned. */
  abort(): void
  /** Ends the run at once: as failed (`no response`) if it waits for a response, otherwise as aborted. */
  expire(): void
  /** The last run as a report (functional runs). */
  report(): WorkflowReport
  /** Named values of the last run: outputs of its steps, and those of its workflow. */
  known?(): Record<string, unknown>
}

const MOST_TIMES = 50

/** The first 50 requests of a run. Its memory is used again by the next run. */
export class AttemptTimes {
  /** Four numbers of each: step, when it was sent and ended, and status, 0 without one. Older ones may follow. */
  readonly values: number[] = []
  count = 0

  add(step: number, sent: Milliseconds, ended: Milliseconds, status = 0): void {
    if (this.count === MOST_TIMES) return
    const from = 4 * this.count++
    this.values[from] = step
    this.values[from + 1] = sent
    this.values[from + 2] = ended
    this.values[from + 3] = status
  }
}
