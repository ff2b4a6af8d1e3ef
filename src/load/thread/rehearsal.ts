import type { Milliseconds } from '../../ground/units.ts'
import { VirtualClock } from '../../measure/clock.ts'
import type { ThreadHealth } from '../../measure/report.ts'
import { StallMeter } from '../../measure/stalls.ts'
import { ThreadWatch } from '../../measure/thread-health.ts'
import { AttemptTimes, type FailedAttempt, type Observer, type VirtualUser } from '../../workflow/virtual-user.ts'
import type { Subject } from '../counts/watched.ts'
import { fixedFeed } from '../feed/feed.ts'
import { hold, type LoadPlan, lengthOf, type PlanTimes } from '../plan/load-plan.ts'
import { type ExecutorOptions, execute } from './executor.ts'
import { Ledger } from './ledger.ts'
import { Recorder } from './recorder.ts'

const USERS = 8
/** Response time of one request. */
const RESPONSE_TIME: Milliseconds = 1.7
/** Fractions everywhere, as a real clock has them. */
const START: Milliseconds = 1_000.3
/** One iteration of so many fails. */
const FAILING = 16

const TIMES: PlanTimes = {
  rampUp: 0,
  warmUp: 1_000,
  duration: 1_500,
  rampDown: 500,
  gracefulStop: 100,
  threads: 1,
  maxVus: USERS,
  seed: 1,
}

/**
 * Runs a whole load in virtual time before the real one, on the same thread: warm-up, window, end, and a few failures.
 * The compiler then knows everything that the loop does. Otherwise it would compile only the code of the warm-up and
 * discard it at the beginning of the measured window, whose slowest responses would be its own. Takes about 90 ms.
 *
 * V8 forgets its knowledge of a kind of objects when the last one is collected. So the objects of the rehearsal are in
 * `cast`, to be kept until others exist.
 *
 * @param steps keys of the plan's steps.
 */
export async function rehearse(
  { model }: LoadPlan,
  steps: readonly string[],
  subjects: readonly Subject[],
  onWindow: ExecutorOptions['onWindow'] = () => {},
) {
  const curve = (amount: number) => [hold(amount, lengthOf(TIMES))]
  const rate = (1_000 * USERS) / (RESPONSE_TIME * Math.max(1, steps.length)) / 2
  const plan: LoadPlan =
    model === 'open'
      ? { ...TIMES, model, kind: 'rate', rate, curve: curve(rate) }
      : { ...TIMES, model: 'closed', kind: 'vus', vus: USERS, curve: curve(USERS) }
  const clock = new VirtualClock(START)
  const ledger = new Ledger()
  const stalls = new StallMeter(clock.turn)
  const recorder = new Recorder({ plan, stepKeys: steps, ledger, origin: START, onInterval() {}, subjects, stalls })
  // Users know their slots, and those the run.
  const users: StandIn[] = []
  const ending = execute({
    plan,
    clock,
    recorder,
    turn: clock.turn,
    share: { index: 0, count: 1 },
    start: START,
    feed: fixedFeed({}),
    requestsPerRun: steps.length,
    makeUser() {
      const user = new StandIn(clock, recorder, steps.length)
      users.push(user)
      return user
    },
    stopped: () => false,
    onWindow,
  })
  clock.run()
  const ended = await ending
  stalls.close()
  return { ledger, ended, recorded: recorder.close(ended.at), cast: [recorder, ...users] }
}

/** A virtual user who always gets a response after the same time. */
class StandIn implements VirtualUser {
  busy = false
  state: VirtualUser['state'] = 'passed'
  requests = 0
  readonly thought = 0
  late: Milliseconds = 0
  endedAt: Milliseconds = 0
  readonly isThinking = false
  readonly isCut = false
  readonly attempts = new AttemptTimes()
  readonly #clock: VirtualClock
  readonly #observer: Observer
  readonly #steps: number
  #iterations = 0
  #sent: Milliseconds = 0
  #done: (user: VirtualUser) => void = () => {}

  constructor(clock: VirtualClock, observer: Observer, steps: number) {
    this.#clock = clock
    this.#observer = observer
    this.#steps = steps
  }

  start(_inputs: Record<string, unknown>, done: (user: VirtualUser) => void): void {
    this.busy = true
    this.requests = 0
    this.late = 0
    this.#iterations++
    this.#done = done
    this.#send()
  }

  abort(): void {
    this.#end('aborted')
  }

  expire(): void {
    this.#end('failed')
  }

  report(): never {
    throw new TypeError('Failed to report a rehearsal: it has no steps.')
  }

  #send(): void {
    if (this.requests > 0) this.#observer.onWork?.(this.requests, true)
    this.#sent = this.#clock.now()
    this.#clock.after(RESPONSE_TIME, this.#responded)
  }

  readonly #responded = () => {
    if (!this.busy) return
    if (this.#steps === 0) return this.#end('passed')
    const step = this.requests++
    const failure = step === 0 && this.#iterations % FAILING === 0 ? failed : undefined
    const status = failure ? 500 : 200
    const own = this.#observer.onAttempt(step, this.#sent, this.#clock.now(), failure, seen, status)
    if (own !== undefined) this.late += own
    if (failure) this.#end('failed')
    else if (this.requests === this.#steps) this.#end('passed')
    else this.#send()
  }

  #end(state: VirtualUser['state']): void {
    if (!this.busy) return
    this.busy = false
    this.state = state
    this.endedAt = this.#clock.now()
    this.#done(this)
  }
}

const exemplar = () => ({ method: 'GET', url: '/', headers: {} })
const seen = { line: () => ({ request: 'GET /', status: 200 }), exemplar, size: 100 }
const failed: FailedAttempt = { kind: 'criterion', message: '', at: { file: '', line: 1, column: 1 }, exemplar }

/** Watches the thread over its measured window. */
export class WindowWatch {
  /** Once the window has ended. */
  health: ThreadHealth | undefined
  #watch: ThreadWatch | undefined

  start(): void {
    this.#watch = new ThreadWatch()
  }

  /**
   * One for the rehearsal and the load: calls of another function would have to be compiled anew as the window begins.
   */
  readonly onWindow = (event: 'begins' | 'ends'): void => {
    if (event === 'begins') this.#watch?.mark()
    else this.health = this.#watch?.stop()
  }

  stop(): void {
    this.#watch?.stop()
  }
}
