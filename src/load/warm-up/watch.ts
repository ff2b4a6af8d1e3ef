import { given } from '../../ground/given.ts'
import { formatMs, type Milliseconds } from '../../ground/units.ts'
import type { Clock } from '../../measure/clock.ts'
import type { LoadReport } from '../../measure/report.ts'
import { isLevel, type LoadPlan } from '../plan/load-plan.ts'
import type { SharedWarmUp } from './shared-warm-up.ts'
import { type Course, describeDrift, isShort, Steadiness } from './steadiness.ts'

/** How often it is looked. */
const LOOK: Milliseconds = 100

type Cut = NonNullable<LoadReport['warmUpCut']>

/** The one place where it is decided that the warm-up of a run is over, from what all threads have counted. */
export class WarmUpWatch {
  readonly #plan: LoadPlan
  readonly #shared: SharedWarmUp
  readonly #clock: Clock
  readonly #start: Milliseconds
  readonly #onCut: (cut: Cut) => void
  readonly #lead: Milliseconds
  #steadiness = new Steadiness()
  /** Mean latency at the start of the warm-up. */
  #begin: Milliseconds | undefined
  /** Where the measured window ends, once it has begun. */
  #until: Milliseconds | undefined
  #at: Milliseconds
  #before = { count: 0, sum: 0 }
  #callOff: () => void

  /**
   * @param start clock reading at which the plan begins.
   * @param onCut called once, when it is known where the warm-up ends for all threads: that may be `lead` later.
   * @param lead time in which the word of it comes to all threads. Default 0.
   */
  constructor(
    plan: LoadPlan,
    shared: SharedWarmUp,
    clock: Clock,
    start: Milliseconds,
    onCut: (cut: Cut) => void,
    lead: Milliseconds = 0,
  ) {
    this.#lead = lead
    this.#plan = plan
    this.#shared = shared
    this.#clock = clock
    this.#start = start
    this.#onCut = onCut
    this.#at = plan.rampUp
    this.#callOff = clock.after(start + plan.rampUp - clock.now(), () => {
      this.#at = this.#now()
      this.#before = shared.read()
      this.#lookLater()
    })
  }

  /** Decides no more: the run is being ended. */
  stop(): void {
    this.#callOff()
  }

  /** How the load went on in the measured window; undefined where that is not known, or was to change. */
  get course(): Course | undefined {
    const course = this.#until === undefined || !isLevel(this.#plan) ? undefined : this.#steadiness.course()
    return course && given({ ...course, begin: this.#begin })
  }

  #lookLater(): void {
    this.#callOff = this.#clock.after(LOOK, this.#look)
  }

  readonly #look = () => {
    const now = this.#now()
    if (this.#until === undefined) {
      // Threads on other hosts move a horizon of their own.
      if (now >= this.#shared.ceiling) this.#shared.look(now)
      const end = this.#shared.end
      if (end !== undefined) return this.#goOn(this.#cut(end, false))
    } else if (now > this.#until) return
    this.#read(now)
    const { rampUp, steady } = this.#plan
    const isOver = this.#until === undefined && now >= rampUp + (steady?.atLeast ?? 0)
    if (!isOver || !this.#steadiness.isSteady) return this.#lookLater()
    this.#goOn(this.#cut(this.#shared.settle(now + this.#lead), true))
  }

  /** What comes now tells whether it was steady, and how far from it. */
  #goOn(cut: Cut): void {
    this.#onCut(cut)
    this.#until = cut.at + this.#plan.duration
    this.#begin = this.#steadiness.begin
    this.#steadiness = new Steadiness()
    this.#at = this.#now()
    this.#before = this.#shared.read()
    this.#lookLater()
  }

  #read(now: Milliseconds): void {
    const reading = this.#shared.read()
    const count = reading.count - this.#before.count
    this.#steadiness.add({ from: this.#at, to: now, count, sum: reading.sum - this.#before.sum })
    this.#before = reading
    this.#at = now
  }

  #cut(at: Milliseconds, steady: boolean): Cut {
    const drift = this.#steadiness.drift()
    const waited = formatMs(at - this.#plan.rampUp)
    const found = steady
      ? `steady after ${waited}`
      : isShort(drift)
        ? `too few iterations ended in ${waited} to be sure`
        : `not steady in ${waited}`
    const because = drift === undefined ? found : `${found}: ${describeDrift(drift)}`
    return given({ at, steady, because, drift })
  }

  #now(): Milliseconds {
    return this.#clock.now() - this.#start
  }
}
