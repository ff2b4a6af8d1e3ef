// Hot file. Allocated per iteration: two numbers for the times in its slot. Slots with their callbacks are used again;
// at most one `setImmediate` serves all iterations that end in a turn.

import { Deferred } from '../../ground/deferred.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { Transport } from '../../http/transport.ts'
import { type Alarm, alarmOf, type Clock } from '../../measure/clock.ts'
import type { VirtualUser } from '../../workflow/virtual-user.ts'
import { capacityModel, type SharedSearch } from '../capacity/model.ts'
import type { Feed, Readiness } from '../feed/feed.ts'
import { adaptiveModel, type SharedLimit } from '../limit/shared-limit.ts'
import type { ThreadShare } from '../pace/arrivals.ts'
import { ClosedModel } from '../pace/closed-model.ts'
import { type Model, type ModelHost, Slot, type TurnTaker, thinkTimeOf } from '../pace/model.ts'
import { OpenModel } from '../pace/open-model.ts'
import { isLevel, type LoadPlan, lengthOf, windowOf } from '../plan/load-plan.ts'
import type { Recorder } from './recorder.ts'

/** How often, at least, the run looks whether it is to stop. */
const HEARTBEAT: Milliseconds = 100
/** Time for iterations in progress when a run is cancelled. */
const STOP_GRACE: Milliseconds = 500
/** An iteration that has waited for less may yet have its response, however fast the others were. */
const LEAST_WAIT: Milliseconds = 250
/** So many times as long as the longest is overdue. */
const OVERDUE = 2
/** How long a virtual user may take to say that its iteration was aborted. */
const ABORT_GRACE: Milliseconds = 1000

/**
 * Runs one thread's share of a plan. One timer wakes it for the next event. Endings that may start something wake it
 * through `turn`, so an iteration never begins inside another one's ending. So the stack does not grow and timers do
 * not starve, even with fast responses.
 *
 * running  -> draining   the plan's end, everything begun, or the stop flag draining -> aborting   iterations still in
 * flight after the graceful stop any      -> ended      nothing in flight
 */
export function execute(options: ExecutorOptions): Promise<Ended> {
  const { plan, share, recorder } = options
  if (plan.model === 'open' && 'rate' in plan && isLevel(plan)) {
    const requests = plan.kind === 'rps' ? Math.max(1, options.requestsPerRun) : 1
    recorder.stalls?.expects((share.count * requests * 1_000) / plan.rate)
  }
  return new Run(options).ended
}

/** Executes as `execute`, in turns: it waits for the first of them. */
export function executeInTurns(options: ExecutorOptions): TurnTaker & { ended: Promise<Ended> } {
  return new Run(options, true)
}

class Run implements ModelHost, TurnTaker {
  plan: LoadPlan
  readonly share: ThreadShare
  readonly recorder: Recorder
  readonly isFedByUser: boolean
  readonly #options: ExecutorOptions
  readonly #clock: Clock
  #start: Milliseconds
  readonly #feed: Feed
  readonly #model: Model
  readonly #cleanUp: ExecutorOptions['cleanUp']
  readonly #slots: Slot[] = []
  readonly #end = new Deferred<Ended>()
  readonly ended = this.#end.promise
  #state: 'running' | 'draining' | 'aborting' | 'ended' = 'running'
  #reason: Ended['reason'] = 'completed'
  #isUsedUp = false
  readonly #withoutRow = new Set<number>()
  inFlight = 0
  /** Time until when the state may last. */
  #until: Milliseconds
  /** Beginning and end of the measured window, as far as they lie ahead. */
  #marks: Milliseconds[]
  #wakeAt = Number.POSITIVE_INFINITY
  readonly #alarm: Alarm
  #turning = false
  /** Clock reading at which its turn ended; undefined while it has it. */
  #heldAt: Milliseconds | undefined
  #onRest: (() => void) | undefined

  constructor(options: ExecutorOptions, isHeld = false) {
    const { plan } = options
    this.#options = options
    this.#clock = options.clock
    this.#alarm = alarmOf(options.clock, this.#onTimer)
    this.#start = options.start
    this.#feed = options.feed
    this.#cleanUp = options.cleanUp
    this.plan = plan
    this.share = options.share
    this.recorder = options.recorder
    this.isFedByUser = options.feed.per === 'vu'
    this.#until = lengthOf(plan)
    this.#marks = [windowOf(plan).from, windowOf(plan).to]
    this.#model = modelOf(this, options)
    if (isHeld) this.#heldAt = this.#start
    options.feed.listen?.(() => this.#nextTurn())
    this.#wake()
  }

  /* ---- what models do ---- */

  newSlot(): Slot {
    const { thinkTime: pause, seed } = this.plan
    const thinkTime = pause && thinkTimeOf(pause, seed)
    const number = this.share.index + this.#slots.length * this.share.count
    const slot = new Slot(number, this.#options.makeUser(thinkTime?.draw, number), thinkTime, this.#onDone)
    this.#slots.push(slot)
    return slot
  }

  claim(slot: Slot, number?: number): Readiness {
    if (slot.inputs !== undefined) return 'ready'
    const claim = this.#feed.claim(slot.number, number)
    if (claim === 'over' && this.isFedByUser) this.#withoutRow.add(slot.number)
    if (claim === 'ready' && this.isFedByUser) slot.inputs = this.#feed.take(slot.number, slot.number)
    return claim
  }

  begin(slot: Slot, number: number, due?: Milliseconds, lateFrom?: Milliseconds): void {
    const at = this.#clock.now()
    const now = at - this.#start
    slot.started = now
    slot.due = due ?? now
    if (due === undefined) this.recorder.due(now)
    slot.late = lateFrom === undefined ? 0 : Math.max(0, now - slot.due)
    this.recorder.started(slot, lateFrom === undefined ? undefined : Math.max(0, now - lateFrom))
    this.inFlight++
    slot.busy = true
    slot.thinkTime?.begin(number)
    slot.user.start(slot.inputs ?? this.#feed.take(number, slot.number), slot.done, at)
  }

  /* ---- turns ---- */

  resume({ from, to }: { from: Milliseconds; to: Milliseconds }): void {
    if (this.#heldAt === undefined || this.#state !== 'running') return
    const stood = this.#clock.now() - this.#heldAt
    this.#start += stood
    this.#heldAt = undefined
    this.#onRest = undefined
    const now = this.#now()
    this.recorder.turn(stood, { from: now + from, to: now + to })
    this.#wakeAt = Number.POSITIVE_INFINITY // it is awake now
    this.#wake()
  }

  hold(onRest: () => void): void {
    if (this.#state !== 'running') return onRest()
    this.#heldAt = this.#clock.now()
    this.#model.rest?.()
    this.#onRest = onRest
    this.#nextTurn()
  }

  #rest(): void {
    if (this.inFlight > 0) return
    const onRest = this.#onRest
    this.#onRest = undefined
    onRest?.()
  }

  /* ---- what happens ---- */

  readonly #onDone = (slot: Slot) => {
    if (this.#state === 'ended') return
    try {
      this.inFlight--
      slot.busy = false
      const at = slot.user.endedAt
      const now = at > 0 ? at - this.#start : this.#now()
      this.recorder.ended(slot, slot.user, now)
      if (this.#cleanUp === undefined) this.#free(slot, now)
      else this.#freeOnceClean(this.#cleanUp, slot, now)
    } catch (error) {
      this.#fail(error)
    }
  }

  #free(slot: Slot, now: Milliseconds): void {
    const mayBegin = this.#model.freed(slot, now)
    if (mayBegin || this.#awaitsLast) this.#nextTurn()
  }

  /** Stands in a method of its own: a closure in `#onDone` would cost every iteration. */
  #freeOnceClean(cleanUp: NonNullable<ExecutorOptions['cleanUp']>, slot: Slot, now: Milliseconds): void {
    cleanUp(slot.number, slot.user)
      .then(() => this.#free(slot, now))
      .catch(error => this.#fail(error))
  }

  /** Whether it ends, or its turn does, with the last iteration in flight. */
  get #awaitsLast(): boolean {
    return this.#state !== 'running' || this.#heldAt !== undefined
  }

  readonly #onTurn = () => {
    this.#turning = false
    this.#wake()
  }

  readonly #onTimer = () => {
    this.#wakeAt = Number.POSITIVE_INFINITY
    this.recorder.stalls?.look(this.#clock.now())
    this.recorder.noteWaiting(this.#slots, this.#now() - HEARTBEAT)
    this.#wake()
  }

  #wake(): void {
    if (this.#state === 'ended') return
    try {
      const now = this.#now()
      this.recorder.roll(now)
      this.#follow()
      this.#passMarks(now)
      const next = this.#state === 'running' ? this.#run(now) : undefined
      if (this.#state !== 'running' && this.#drained(now)) this.#finish(now)
      else
        this.#wakeBy(
          Math.min(
            now + HEARTBEAT,
            this.#until,
            this.#marks[0] ?? this.#until,
            this.recorder.window.isOpen ? this.recorder.window.from : this.#until,
            next ?? this.#until,
          ),
        )
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Returns when there is more to begin. */
  #run(now: Milliseconds): Milliseconds | undefined {
    if (this.#options.stopped()) {
      this.#drain(now, 'cut short', Math.min(this.plan.gracefulStop, STOP_GRACE))
      return undefined
    }
    if (this.#heldAt !== undefined) {
      this.#rest()
      return undefined
    }
    const next = this.#work(now)
    if (this.#feed.isOver) {
      this.#isUsedUp = true
      this.#drain(now, 'completed', this.plan.gracefulStop)
      this.#endWindow(now)
      return undefined
    }
    const { exhausted } = this.#model
    if (now >= this.#until) {
      // A search that has not come to its measured window by then was not to take so long.
      const all = exhausted || (this.plan.kind !== 'iterations' && !this.#isSearching)
      this.#drain(now, all ? 'completed' : 'cut short', this.plan.gracefulStop)
    } else if (exhausted && (this.inFlight === 0 || this.plan.kind === 'capacity'))
      this.#drain(now, 'completed', this.plan.gracefulStop)
    return next
  }

  #work(now: Milliseconds): Milliseconds | undefined {
    this.#options.transport?.cork?.()
    try {
      return this.#model.work(now)
    } finally {
      this.#options.transport?.uncork?.()
    }
  }

  get #isSearching(): boolean {
    return this.plan.kind === 'capacity' && this.recorder.window.isOpen
  }

  #drain(now: Milliseconds, reason: Ended['reason'], grace: Milliseconds): void {
    this.#state = 'draining'
    this.#reason = reason
    this.#until = now + grace
    this.#model.close()
    this.recorder.stop(reason === 'cut short')
    // A number of iterations is measured until the last one, what is cut short until it was cut.
    if (reason === 'cut short' || this.plan.kind === 'iterations') this.#endWindow(now)
  }

  /** Whether nothing is in progress any more. Aborts iterations that take too long. */
  #drained(now: Milliseconds): boolean {
    if (this.inFlight === 0) return true
    if (this.#state === 'draining' && this.#reason === 'completed' && this.#options.stopped()) {
      this.#reason = 'cut short'
      this.#until = Math.min(this.#until, now + STOP_GRACE)
      this.recorder.stop(true)
    }
    if (now < this.#until) return false
    if (this.#state === 'aborting') {
      throw new Error(
        `Failed to end the run: ${this.inFlight} iterations did not end ${ABORT_GRACE} ms after they were aborted. ` +
          'This is a fault of the load engine: please report it.',
      )
    }
    this.#state = 'aborting'
    this.#until = now + ABORT_GRACE
    for (const slot of this.#slots) {
      if (!slot.busy) continue
      if (this.#isOverdue(slot, now)) slot.user.expire()
      else slot.user.abort()
    }
    return this.inFlight === 0
  }

  /**
   * Whether an iteration has failed that has no response after the graceful stop. Not in a run that the package itself
   * ends; nor if the graceful stop is shorter than others took, and it has not yet waited for longer than they did.
   */
  #isOverdue({ started, user }: Slot, now: Milliseconds): boolean {
    if (this.#reason !== 'completed') return false
    const usual = Math.max(LEAST_WAIT, this.recorder.longest)
    return this.plan.gracefulStop >= usual || now - started - user.thought > OVERDUE * usual
  }

  /** The measured window may have been moved to an earlier time. */
  #follow(): void {
    const { plan } = this.recorder.window
    if (plan === this.plan) return
    this.plan = plan
    this.#model.replan(plan)
    if (this.#state === 'running') this.#until = lengthOf(plan)
    if (this.#marks.length === 2) this.#marks = [windowOf(plan).from, windowOf(plan).to]
  }

  #passMarks(now: Milliseconds): void {
    while (this.#marks.length > 0 && now >= this.#marks[0]!) {
      this.#marks.shift()
      this.#options.onWindow?.(this.#marks.length === 1 ? 'begins' : 'ends')
    }
  }

  #endWindow(now: Milliseconds): void {
    this.recorder.endWindow(now)
    if (this.#marks.length === 1) this.#options.onWindow?.('ends')
    this.#marks = []
  }

  #finish(now: Milliseconds): void {
    this.#state = 'ended'
    this.#alarm.clear()
    this.#onRest?.()
    const [isUsedUp, withoutRow] = [this.#isUsedUp || undefined, this.#withoutRow.size || undefined]
    this.#end.resolve({ reason: this.#reason, at: now, isUsedUp, withoutRow, stalled: this.#feed.stalled })
  }

  #fail(error: unknown): void {
    this.#state = 'ended'
    this.#alarm.clear()
    for (const slot of this.#slots) if (slot.busy) slot.user.abort()
    this.#end.reject(error)
  }

  /* ---- time ---- */

  #now(): Milliseconds {
    return this.#clock.now() - this.#start
  }

  #wakeBy(at: Milliseconds): void {
    if (at >= this.#wakeAt) return
    this.#wakeAt = at
    this.#alarm.set(Math.max(0, at - this.#now()))
  }

  #nextTurn(): void {
    if (this.#turning) return
    this.#turning = true
    this.#options.turn(this.#onTurn)
  }
}

/** Dependencies for the execution of a thread's share of a plan. */
export interface ExecutorOptions {
  plan: LoadPlan
  share: ThreadShare
  clock: Clock
  /** Calls back once, after the current events were handled: `setImmediate`. */
  turn: (callback: () => void) => void
  /** @param think draws the think time before a step; absent without think time. */
  makeUser: (think: (() => Milliseconds) | undefined, number: number) => VirtualUser
  /** Cleans up after an iteration, before its user is free again; never rejects. */
  cleanUp?: (user: number, client: VirtualUser) => Promise<unknown>
  /** Inputs of its iterations. */
  feed: Feed
  /** A first guess of the requests an iteration makes. */
  requestsPerRun: number
  recorder: Recorder
  /** Clock reading at which the plan begins. */
  start: Milliseconds
  /** Whether the run is to end early. */
  stopped: () => boolean
  onWindow?: (event: 'begins' | 'ends') => void
  /** Transport of the users, to write the requests of iterations that begin together in one go. */
  transport?: Pick<Transport, 'cork' | 'uncork'>
  /** Limit of an adaptive plan. */
  limit?: SharedLimit
  /** State of a search for the capacity. */
  search?: SharedSearch
}

/** How a thread's share of a plan ended. */
export interface Ended {
  reason: 'completed' | 'cut short'
  /** Time from the start when the last iteration begun had ended. */
  at: Milliseconds
  /** It ended because there were no more inputs. */
  isUsedUp?: boolean
  /** Virtual users for whom there was no row of inputs, if each keeps one: they did not run. */
  withoutRow?: number
  /** How long iterations had waited for a row that had not come by the end. */
  stalled?: Milliseconds
}

function modelOf(host: ModelHost, { plan, requestsPerRun, limit, search }: ExecutorOptions): Model {
  if (plan.kind === 'capacity') return capacityModel(host, search!, requestsPerRun)
  if (plan.model === 'open') return OpenModel.of(host, plan, requestsPerRun)
  return plan.kind === 'adaptive' ? adaptiveModel(host, limit!) : new ClosedModel(host, plan)
}
