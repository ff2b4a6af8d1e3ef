import { asText } from '../ground/json.ts'
import { setImmediate } from '../ground/timers.ts'
import type { Milliseconds } from '../ground/units.ts'
import { type CookieKeep, Cookies } from '../http/cookies.ts'
import type { RawHeaders } from '../http/headers.ts'
import type { Transport } from '../http/transport.ts'
import type { Clock } from '../measure/clock.ts'
import { Branch, type BranchEnd } from './branch.ts'
import type { Channels } from './channel/connect.ts'
import type { WorkflowReport } from './outcome.ts'
import type { Plan } from './plan.ts'
import { RunRecord } from './recording.ts'
import { newTrace } from './request/trace.ts'
import { RUNAWAY } from './runaway.ts'
import { Secrets } from './secrets.ts'
import { Authorizer } from './security/authorizer.ts'
import { AttemptTimes, type Observer, type UserState, type VirtualUser } from './virtual-user.ts'

type Values = Record<string, unknown>

/**
 * One virtual user: the begin, end and recording of its runs, and the client that a server sees in all of its
 * branches, with its cookies and one trace per run. Its steps are performed in branches: in one, and in more
 * where steps run at the same time. Branches do not drive one another, since workflows may be nested deeper than calls
 * may: the user drives one after the other.
 *
 * Hot. Allocated for a run: a frame with the list of its steps' outputs. Branches are used again.
 */
export class User implements VirtualUser {
  readonly plan: Plan
  readonly transport: Transport
  readonly clock: Clock
  readonly observer: Observer
  /** Draws the time to think before each request of a run but its first; undefined: none. */
  readonly think: (() => Milliseconds) | undefined
  readonly channels: Channels | undefined
  readonly secrets = new Secrets()
  readonly authorizer: Authorizer
  readonly record = new RunRecord()
  state: UserState = 'passed'
  busy = false
  endedAt: Milliseconds = 0
  requests = 0
  isCut = false
  readonly attempts = new AttemptTimes()
  /** A jar is only made for the first `Set-Cookie`. */
  cookies: Cookies | undefined
  /** How long it has thought: the time in which branches thought, and none did anything else. */
  thought: Milliseconds = 0
  /** Whether no step is to begin before `resume`. */
  isHeld = false
  readonly #keep: CookieKeep | undefined
  #trace: string | undefined
  /** Branches that do something else than think, and those that think. */
  #acting = 0
  #thinking = 0
  #thinkingSince: Milliseconds | undefined
  /** The branch of the workflow that was asked for. */
  readonly #branch: Branch
  /** All others. */
  readonly #others: Branch[] = []
  #free: Branch[] = []
  /** Branches to be driven when the one that is has to wait. */
  readonly #waiting: Branch[] = []
  #isDriving = false
  readonly #secretInputs: SecretInputs
  #isStepwise = false
  #visits = 0
  #done: ((user: VirtualUser) => void) | undefined
  #isStarting = false

  /** @param keep cookies that it has from the beginning of each run. */
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
    this.transport = transport
    this.clock = clock
    this.observer = observer
    this.think = think
    this.channels = channels
    this.#keep = keep
    this.authorizer = new Authorizer(transport, clock, this.secrets)
    this.#branch = new Branch(this)
    this.#secretInputs = new SecretInputs(this.secrets, plan)
  }

  get late(): Milliseconds {
    return this.#branch.late
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
    this.requests = 0
    this.isCut = false
    this.attempts.count = 0
    this.cookies = this.#keep?.cookies
    this.#trace = undefined
    this.thought = 0
    this.#acting = 0
    this.#thinking = 0
    this.#thinkingSince = undefined
    this.#secretInputs.note(inputs)
    this.plan.files.note(inputs)
    this.#branch.begin(inputs, at)
    this.drive(this.#branch)
    this.#isStarting = false
  }

  /** Lets a stepwise run perform its next step. */
  resume(): void {
    this.isHeld = false
    for (const branch of this.#branch.all()) this.drive(branch)
  }

  /** @param endRequests ends current requests: they are then recorded, with the received part of their responses. */
  abort(endRequests: () => void = () => {}): void {
    const wasBusy = this.busy && this.#done !== undefined
    endRequests()
    if (!wasBusy) return
    this.#branch.because = 'the run was aborted'
    if (this.#done) this.#branch.abort()
  }

  expire(): void {
    if (this.busy && this.#done) this.#branch.abort('no response')
  }

  report(): WorkflowReport {
    const { because = 'a step failed', outputs, step } = this.#branch
    return {
      state: this.state === 'passed' ? 'passed' : 'failed',
      ...(this.state === 'passed' ? {} : { because: this.secrets.mask(because) }),
      outputs: asText(outputs),
      steps: step.recording?.masked() ?? [],
    }
  }

  known(): Values {
    const all = this.#branch.all().reverse()
    return Object.assign({}, ...all.map(branch => branch.known(this.state !== 'aborted')))
  }

  /* ---- a client ---- */

  /** Trace of the current run; created with its first request. */
  get trace(): string {
    this.#trace ??= newTrace()
    return this.#trace
  }

  /** Takes the `Set-Cookie` headers of a response. What is kept is not changed after the setup that it is from. */
  takeCookies(headers: RawHeaders, url: string): void {
    const keep = this.#keep
    if (!this.cookies) {
      this.cookies = new Cookies()
      if (keep?.isOpen) keep.cookies = this.cookies
    } else if (this.cookies === keep?.cookies && !keep.isOpen) this.cookies = this.cookies.copy()
    this.cookies.take(headers, url)
  }

  /* ---- the time to think ---- */

  get isThinking(): boolean {
    return this.#thinkingSince !== undefined
  }

  /** A branch has something to do. */
  acts(): void {
    this.#acting++
    if (this.#thinkingSince === undefined) return
    this.thought += this.clock.now() - this.#thinkingSince
    this.#thinkingSince = undefined
  }

  /** A branch has nothing to do any more. */
  rests(): void {
    this.#acting--
    if (this.#acting === 0 && this.#thinking > 0) this.#thinkingSince = this.clock.now()
  }

  thinks(): void {
    this.#thinking++
    this.rests()
  }

  wakes(): void {
    this.#thinking--
    this.acts()
  }

  /* ---- its branches ---- */

  /** The branch has something to do: it is driven now, or as soon as another one that is being driven has to wait. */
  drive(branch: Branch): void {
    if (this.#isDriving) {
      this.#waiting.push(branch)
      return
    }
    this.#isDriving = true
    branch.work()
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) next.work()
    this.#isDriving = false
  }

  /** A branch for a step that runs at the same time as others. */
  takeBranch(): Branch {
    const free = this.#free.pop()
    if (free) return free
    const branch = new Branch(this)
    this.#others.push(branch)
    return branch
  }

  giveBack(branch: Branch): void {
    this.#free.push(branch)
  }

  /** A step begins. Returns whether it may be performed, or the run is given up. */
  mayVisit(): boolean {
    return ++this.#visits <= RUNAWAY.visits
  }

  /** An attempt was recorded: a stepwise run waits after each. */
  onRecorded(): void {
    this.isHeld = this.#isStepwise
  }

  /** The run has ended. */
  onEnded(end: BranchEnd): void {
    this.state = end === 'given up' ? 'failed' : end
    const done = this.#done
    const hasSent = !this.#isStarting && this.requests > 0
    this.endedAt = hasSent ? this.#branch.newsAt : 0
    this.#done = undefined
    // A run without a request ends at once: calling back now would let its owner start the next one, and so on for
    // ever.
    if (hasSent) this.#callBack(done)
    else setImmediate(() => this.#callBack(done))
  }

  #callBack(done: ((user: VirtualUser) => void) | undefined): void {
    this.busy = false
    this.#branch.step.rest()
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
