import type { Milliseconds, PerSecond } from '../../ground/units.ts'
import type { Interval } from '../../measure/report.ts'
import { iterationsOf, type LoadPlan, lengthOf, meanOf } from '../plan/load-plan.ts'
import type { Progress } from '../plan/options.ts'
import type { Steering } from './steering.ts'

/** Less time without a response is not worth a word. */
const SILENCE: Milliseconds = 2_000

/** Adds intervals up to what a watcher sees. */
export class ProgressCounter {
  #plan: LoadPlan
  readonly #search: Steering['search']
  readonly #lost: () => readonly string[]
  #passed = 0
  #failed = 0
  #requests = 0
  #measured = 0
  /** When a response came last, or nothing was in flight. */
  #respondedAt: Milliseconds = 0

  /**
   * @param search how a search stands.
   * @param lost names of hosts that were lost.
   */
  constructor(plan: LoadPlan, search: Steering['search'] = () => undefined, lost: () => readonly string[] = () => []) {
    this.#plan = plan
    this.#search = search
    this.#lost = lost
  }

  /** It is known by now how long the warm-up is. */
  replan(plan: LoadPlan): void {
    this.#plan = plan
  }

  add(last: Interval): Progress {
    this.#passed += last.passed
    this.#failed += last.failed
    this.#requests += last.requests
    if (last.phase === 'measured') this.#measured += last.passed + last.failed
    const elapsed = last.start + last.length
    if (last.requests > 0 || last.inFlight === 0) this.#respondedAt = elapsed
    const silent = elapsed - this.#respondedAt
    const search = this.#search()
    const isEndless = this.#plan.kind === 'iterations' || search !== undefined
    const total = isEndless ? undefined : lengthOf(this.#plan)
    const { rate, number } = search ?? {}
    const lost = this.#lost()
    const wanted = rate ?? this.#wanted(last)
    return {
      elapsed,
      total,
      done: Math.min(1, search?.done ?? this.#share(elapsed)),
      ...(rate !== undefined && number !== undefined && { probe: { rate, number } }),
      phase: last.phase,
      last,
      lost: lost.length > 0 ? lost : undefined,
      silent: silent >= SILENCE ? silent : undefined,
      wanted,
      passed: this.#passed,
      failed: this.#failed,
      requests: this.#requests,
    }
  }

  /** Requests a second that the plan asks for; of a plan in iterations, by what these have made so far. */
  #wanted({ start, length }: Interval): PerSecond | undefined {
    const plan = this.#plan
    if (plan.kind !== 'rps' && plan.kind !== 'rate') return undefined
    const rate = meanOf(plan.curve, start, start + length)
    if (rate === undefined || plan.kind === 'rps') return rate
    const ended = this.#passed + this.#failed
    return ended > 0 ? (rate * this.#requests) / ended : undefined
  }

  #share(elapsed: number): number {
    const plan = this.#plan
    return plan.kind === 'iterations' ? this.#measured / iterationsOf(plan) : elapsed / lengthOf(plan)
  }
}
