import { asText } from '../ground/json.ts'
import { setImmediate } from '../ground/timers.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { CookieKeep } from '../http/cookies.ts'
import type { Transport } from '../http/transport.ts'
import type { Clock } from '../measure/clock.ts'
import type { Channels } from './channel/connect.ts'
import { Client } from './client.ts'
import type { BranchEnd } from './fork.ts'
import { Lane } from './lane.ts'
import type { LaneOwner, LaneTools } from './lane-tools.ts'
import type { WorkflowReport } from './outcome.ts'
import type { Plan } from './plan.ts'
import { RunRecord } from './run-record.ts'
import { Secrets } from './secrets.ts'
import { Authorizer } from './security/authorizer.ts'
import { Thought } from './thought.ts'
import type { Observer, UserState, VirtualUser } from './virtual-user.ts'

type Values = Record<string, unknown>

/**
 * One virtual user: the begin, end and recording of its runs. Its steps are performed in lanes: in one, or in several
 * if steps run at the same time. Lanes do not call each other, because workflows may be nested deeper than the call
 * stack: the user runs one after the other.
 *
 * Hot. Allocated per run: a frame with the list of its steps' outputs. Lanes are reused.
 */
export class Machine implements VirtualUser, LaneOwner {
  readonly plan: Plan
  readonly secrets = new Secrets()
  state: UserState = 'passed'
  busy = false
  endedAt: Milliseconds = 0
  isHeld = false
  readonly #tools: LaneTools
  /** The lane of the workflow that was asked for. */
  readonly #lane: Lane
  /** All others. */
  readonly #others: Lane[] = []
  #free: Lane[] = []
  /** Lanes to be driven when the one that is has to wait. */
  readonly #waiting: Lane[] = []
  #isDriving = false
  readonly #client: Client
  readonly #thought: Thought
  readonly #secretInputs: SecretInputs
  #isStepwise = false
  #visits = 0
  #done: ((user: VirtualUser) => void) | undefined
  #isStarting = false
  readonly known = (): Values => {
    const all = this.#lane.branches.all().reverse()
    return Object.assign({}, ...all.map(({ flow }) => flow.known(this.state !== 'aborted')))
  }

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
    this.#client = new Client(keep)
    this.#thought = new Thought(clock)
    const own = { client: this.#client, thought: this.#thought, record: new RunRecord() }
    const authorizer = new Authorizer(transport, clock, secrets)
    this.#tools = { plan, transport, clock, observer, secrets, authorizer, think, channels, ...own }
    this.#lane = new Lane(this, this.#tools)
    this.#secretInputs = new SecretInputs(secrets, plan)
  }

  get requests(): number {
    return this.#client.requests
  }

  get isThinking(): boolean {
    return this.#thought.isThinking
  }

  get isCut(): boolean {
    return this.#client.isCut
  }

  get thought(): Milliseconds {
    return this.#thought.total
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
    if (this.#free.length < this.#others.length) this.#free = [...this.#others]
    this.#client.begin()
    this.#thought.begin()
    this.#secretInputs.note(inputs)
    this.plan.files.note(inputs)
    this.#lane.begin(inputs, at)
    this.drive(this.#lane)
    this.#isStarting = false
  }

  /** Lets a stepwise run perform its next step. */
  resume(): void {
    this.isHeld = false
    for (const lane of this.#lane.branches.all()) this.drive(lane)
  }

  /** @param endRequests ends current requests: they are then recorded, with the received part of their responses. */
  abort(endRequests: () => void = () => {}): void {
    const wasBusy = this.busy && this.#done !== undefined
    endRequests()
    if (!wasBusy) return
    this.#lane.flow.because = 'the run was aborted'
    if (this.#done) this.#lane.abort()
  }

  expire(): void {
    if (this.busy && this.#done) this.#lane.abort('no response')
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

  /* ---- for its lanes ---- */

  drive(lane: Lane): void {
    if (this.#isDriving) {
      this.#waiting.push(lane)
      return
    }
    this.#isDriving = true
    lane.work()
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) next.work()
    this.#isDriving = false
  }

  takeLane(): Lane {
    const free = this.#free.pop()
    if (free) return free
    const lane = new Lane(this, this.#tools)
    this.#others.push(lane)
    return lane
  }

  giveBack(lane: Lane): void {
    this.#free.push(lane)
  }

  visits(): boolean {
    return ++this.#visits <= this.plan.maxVisits
  }

  onRecorded(): void {
    this.isHeld = this.#isStepwise
  }

  onLaneEnded(end: BranchEnd): void {
    this.state = end === 'given up' ? 'failed' : end
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

/**
 * Maximum number of further secrets of runs, such as tokens and headers of failed attempts, before they are forgotten.
 */
const MOST_NOTED = 32

/**
 * Secrets of a plan, and those among the inputs of the current run. Secrets that change with every run must not be kept
 * forever, because a load may last for days.
 */
export class SecretInputs {
  readonly #secrets: Secrets
  readonly #plan: Pick<Plan, 'secrets' | 'secretInputs'>
  /** Inputs whose secrets are known. */
  #known: Record<string, unknown> | undefined
  /** Number of secrets from which on they are reduced to those of the plan and of the inputs. */
  #most = 0

  constructor(secrets: Secrets, plan: Pick<Plan, 'secrets' | 'secretInputs'>) {
    this.#secrets = secrets
    this.#plan = plan
    this.#addOwn({})
  }

  /** A run begins. */
  note(inputs: Record<string, unknown>): void {
    const isNew = this.#plan.secretInputs.size > 0 && inputs !== this.#known
    if (!isNew && this.#secrets.size < this.#most) return
    if (this.#known || !isNew) this.#secrets.clear()
    if (isNew) this.#known = inputs
    this.#addOwn(inputs)
  }

  #addOwn(inputs: Record<string, unknown>): void {
    for (const secret of this.#plan.secrets) this.#secrets.add(secret)
    for (const name of this.#plan.secretInputs) this.#secrets.add(inputs[name])
    this.#most = this.#secrets.size + MOST_NOTED
  }
}
