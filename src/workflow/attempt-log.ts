import type { Milliseconds } from '../ground/units.ts'
import type { ExchangeTimes } from '../http/transport.ts'
import type { AttemptView } from './attempt-view.ts'
import type { Client } from './client.ts'
import type { EventLog } from './events/watch.ts'
import { Failure } from './failure.ts'
import { stepKey } from './find.ts'
import type { Frame } from './frame.ts'
import type { LaneTools } from './lane-tools.ts'
import { describeNext } from './next.ts'
import type { StepRun } from './outcome.ts'
import type { Plan, StepPlan } from './plan.ts'
import { isPolling } from './polling.ts'
import { Recording } from './recording.ts'
import type { RecordedRuns } from './run-record.ts'
import type { Observer } from './virtual-user.ts'

/** Tells the observer of attempts, and records them where the observer wants the whole record. */
export class AttemptLog implements EventLog {
  /** Whether the current step failed by an inner step that was reported already. */
  isTold = false
  readonly #view: AttemptView
  readonly #plan: Plan
  readonly #observer: Observer
  readonly #recording: Recording | undefined
  readonly #failure: Failure
  readonly #client: Client

  constructor(view: AttemptView, { plan, observer, record, client }: LaneTools) {
    this.#view = view
    this.#client = client
    this.#plan = plan
    this.#observer = observer
    this.#recording = observer.onStep ? new Recording(view, record) : undefined
    this.#failure = new Failure(view)
  }

  get isRecording(): boolean {
    return this.#recording !== undefined
  }

  begin(): void {
    this.#recording?.begin(this.#view.clock.now())
  }

  /** See Recording. */
  beginAt(place: RecordedRuns | undefined): void {
    if (place) this.#recording?.beginAt(place)
  }

  /** See Recording; undefined without recording. */
  leave(places: number): RecordedRuns[] | undefined {
    return this.#recording?.leave(places)
  }

  /** All that was recorded, with every secret that has become known by now masked. */
  get runs(): StepRun[] {
    return this.#recording?.masked() ?? []
  }

  /** A step is about to be performed. */
  performs(frame: Frame, plan: StepPlan): void {
    this.isTold = false
    this.#recording?.attempt(frame, plan)
    if (plan.number >= 0) this.#observer.onWork?.(plan.number, true)
  }

  /** A step is about to be judged. */
  judges({ number }: StepPlan): void {
    if (number >= 0) this.#observer.onWork?.(number)
  }

  /**
   * The attempt was judged, and what follows it is chosen. Returns what of its time the observer's own thread may have
   * added.
   */
  judged(frame: Frame, plan: StepPlan, hasPassed: boolean, isRetried: boolean): Milliseconds {
    if (plan.number < 0) {
      if (!hasPassed && !this.isTold) this.callFailed(frame, plan)
      return 0
    }
    const seen = this.#failure.of(plan, isRetried)
    const { judge, scope } = this.#view
    const { sent, ended } = judge.times
    const { status } = scope.received
    if (judge.cause === 'timeout') this.#client.isCut = true
    const isPoll = isRetried && isPolling(plan, this.#view)
    const failure = hasPassed || isPoll ? undefined : seen
    const own = this.#observer.onAttempt(plan.number, sent, ended, failure, seen, status) ?? 0
    if (isPoll) this.#observer.onRetried?.(plan.number, sent, status!)
    return own
  }

  event({ number }: StepPlan, at: Milliseconds, sent: Milliseconds | undefined): void {
    this.#observer.onEvent?.(number, at, sent)
  }

  noEvent({ number }: StepPlan, { sent, ended }: ExchangeTimes, isAborted: boolean): void {
    this.#observer.onNoEvent?.(number, sent, ended, isAborted)
  }

  /** A step failed by itself that has no request of its own. */
  callFailed(frame: Frame, plan: StepPlan): void {
    const key = stepKey(this.#plan.workflow, frame.plan.workflow, plan.step.stepId)
    this.#observer.onCallFailed?.(key, this.#view.clock.now(), this.#failure.of(plan))
  }

  /** A request without a response must not be missing from the figures: it may be the slowest of all. */
  withoutResponse(frame: Frame, plan: StepPlan): void {
    const { judge, scope } = this.#view
    const { cause, times } = judge
    const failure = this.#failure.of(plan)
    this.#client.isCut = true
    this.#observer.onAttempt(plan.number, times.sent, times.ended, failure, failure, scope.received.status)
    if (!this.#recording || cause === 'aborted') return // who aborts a run knows what it waited for
    this.#observer.onStep?.(this.#recording.add(frame, plan, false, { go: 'end' }))
  }

  /** A run is given up at a step that was not performed. */
  gaveUp(frame: Frame, plan: StepPlan, because: string): void {
    this.#recording?.giveUp(frame, plan, because)
    const now = this.#view.clock.now()
    if (plan.number < 0) this.callFailed(frame, plan)
    else this.#observer.onAttempt(plan.number, now, now, this.#failure.of(plan), this.#failure)
  }

  explain(plan: StepPlan): string {
    return `step "${plan.step.stepId}" failed: ${this.#failure.of(plan).message}`
  }

  record(...[frame, plan, hasPassed, ...follows]: Parameters<typeof describeNext>): void {
    const next = describeNext(frame, plan, hasPassed, ...follows)
    this.#observer.onStep?.(this.#recording!.add(frame, plan, hasPassed, next))
  }
}
