import { setImmediate } from 'node:timers'
import { asText } from '../ground/json.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { CookieKeep } from '../http/cookies.ts'
import type { Transport } from '../http/transport.ts'
import type { Clock } from '../measure/clock.ts'
import type { Channels } from './channel/connect.ts'
import { Lane, type LaneOwner } from './lane.ts'
import type { WorkflowReport } from './outcome.ts'
import type { Plan } from './plan.ts'
import { SecretInputs } from './secret-inputs.ts'
import { Secrets } from './secrets.ts'
import type { Observer, UserState, VirtualUser } from './virtual-user.ts'

type Values = Record<string, unknown>

/**
 * One virtual user: when a run of it begins, how it ends, and what is told of it. Its steps are performed by a lane.
 *
 * Hot. Allocated for a run: a frame with the list of its steps' outputs.
 */
export class Machine implements VirtualUser, LaneOwner {
  readonly plan: Plan
  readonly secrets = new Secrets()
  state: UserState = 'passed'
  busy = false
  endedAt: Milliseconds = 0
  isHeld = false
  readonly #lane: Lane
  readonly #secretInputs: SecretInputs
  #isStepwise = false
  #visits = 0
  #done: ((user: VirtualUser) => void) | undefined
  #isStarting = false
  readonly known = () => this.#lane.flow.known(this.state !== 'aborted')

  /** @param think see createVirtualUser. */
  constructor(
    plan: Plan,
    transport: Transport,
    clock: Clock,
    observer: Observer,
    think?: () => Milliseconds,
    channels?: Channels,
    keep?: CookieKeep,
  ) {
    this.plan = plan
    const { secrets } = this
    this.#lane = new Lane(this, { plan, transport, clock, observer, secrets, think, channels, keep })
    this.#secretInputs = new SecretInputs(secrets, plan)
  }

  get requests(): number {
    return this.#lane.requests
  }

  get isThinking(): boolean {
    return this.#lane.pauses.isThinking
  }

  get thought(): Milliseconds {
    return this.#lane.pauses.thought
  }

  get late(): Milliseconds {
    return this.#lane.late
  }

  /** Does as VirtualUser.start; a stepwise run waits for `resume` after each step. */
  start(inputs: Values, done: (user: VirtualUser) => void, at: Milliseconds = 0, stepwise = false): void {
    this.busy = true
    this.#isStarting = true
    this.#done = done
    this.#isStepwise = stepwise
    this.isHeld = stepwise
    this.#visits = 0
    this.#secretInputs.note(inputs)
    this.plan.files.note(inputs)
    this.#lane.begin(inputs, at)
    this.#lane.drive()
    this.#isStarting = false
  }

  /** Lets a stepwise run perform its next step. */
  resume(): void {
    this.isHeld = false
    this.#lane.drive()
  }

  /** @param endRequests ends what is in flight: it is recorded then, with what had come of its response. */
  abort(endRequests: () => void = () => {}): void {
    const wasBusy = this.busy && this.#done !== undefined
    endRequests()
    if (!wasBusy) return
    this.#lane.flow.because = 'the run was aborted'
    if (this.#done) this.#lane.abort()
  }

  report(): WorkflowReport {
    const { flow, log } = this.#lane
    return {
      state: this.state === 'passed' ? 'passed' : 'failed',
      ...(this.state === 'passed' ? {} : { because: this.secrets.mask(flow.because ?? 'a step failed') }),
      outputs: asText(flow.outputs),
      steps: log.runs,
    }
  }

  visits(): boolean {
    return ++this.#visits <= this.plan.maxVisits
  }

  onRecorded(): void {
    this.isHeld = this.#isStepwise
  }

  onLaneEnded(state: UserState): void {
    this.state = state
    const done = this.#done
    const hasSent = !this.#isStarting && this.requests > 0
    this.endedAt = hasSent ? this.#lane.newsAt : 0
    this.#done = undefined
    // A run without a request ends at once: calling back now would let its owner start the next one, and so on for
    // ever.
    if (hasSent) this.#tell(done)
    else setImmediate(() => this.#tell(done))
  }

  #tell(done: ((user: VirtualUser) => void) | undefined): void {
    this.busy = false
    this.#lane.rest()
    done?.(this)
  }
}
