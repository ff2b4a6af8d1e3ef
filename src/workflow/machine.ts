import { setImmediate } from 'node:timers'
import type { Action, Step } from '../document/model.ts'
import { failed } from '../errors.ts'
import { ExpressionError, isTooDeep } from '../expression/index.ts'
import type { RawHeaders } from '../http/headers.ts'
import type { PassedBody, ResponseReads } from '../http/reads.ts'
import type { ExchangeTimes, FailureCause, Transport } from '../http/transport.ts'
import { asText } from '../json.ts'
import type { Clock } from '../measure/clock.ts'
import { formatMs, type Milliseconds } from '../units.ts'
import type { Channels } from './channel/connect.ts'
import { type Errand, errandOf, type MessageOwner, Messenger } from './channel/messenger.ts'
import type { ChannelPlan } from './channel/plan.ts'
import type { ChannelMessage } from './channel/transport.ts'
import { MessageView } from './channel/view.ts'
import type { StepChecks } from './checks/step-checks.ts'
import { Courier, type CourierOwner } from './courier.ts'
import { EndedWorkflows } from './ended.ts'
import { Failure, innermost } from './failure.ts'
import { stepKey } from './find.ts'
import { Frame, type Role } from './frame.ts'
import { misfitsOf, withDefaults } from './inputs.ts'
import { Judge } from './judge.ts'
import { describeNext } from './next.ts'
import type { WorkflowReport } from './outcome.ts'
import type { ActionPlan, Plan, StepPlan, WorkflowPlan } from './plan.ts'
import { Recording } from './recording.ts'
import { RequestError } from './request/error.ts'
import type { RequestPlan } from './request/request.ts'
import { askedWait, LONGEST_TIMER } from './retry-after.ts'
import { RunScope } from './run-scope.ts'
import { Secrets } from './secrets.ts'
import { Authorizer } from './security/authorizer.ts'
import type { Observer, VirtualUser } from './virtual-user.ts'

type Values = Record<string, unknown>

const nothing: Values = Object.freeze({})
const TOO_LONG = 'since it is to wait for more than 24.8 days (Retry-After of the response, or retryAfter)'

/**
 * One virtual user. A run is a stack of frames (one a workflow) and one step in hand; whoever brings news (the
 * transport, a timer, the start) settles that step, which names the step to be performed next, and `#drive` performs
 * steps until one has to wait. Nothing recurses, however often a workflow goes back or calls another.
 *
 * | in hand                 | news                   | then                                               |
 * | ----------------------- | ---------------------- | -------------------------------------------------- |
 * | operation sent          | response, no answer    | criteria, outputs, action -> step, retry, end, ... |
 * | operation not buildable | at once                | as a failed step                                   |
 * | message sent, awaited   | it is sent, it came    | criteria, outputs, action -> step, retry, end, ... |
 * | workflow called         | its frame ends         | criteria, outputs, action of the calling step      |
 * | retry waits             | its reference, timer   | the same step again                                |
 * | user thinks             | timer                  | the step it had come to                            |
 *
 * Hot. Allocated for a request: the list of its outputs and the values in it. For a run: a frame with the list of its steps' outputs.
 * Everything else is the user's and is used again: scope, request, response, courier.
 */
export class Machine implements VirtualUser, CourierOwner, MessageOwner {
  readonly plan: Plan
  readonly scope = new RunScope()
  readonly secrets = new Secrets()
  state: 'passed' | 'failed' | 'aborted' = 'passed'
  busy = false
  thought: Milliseconds = 0
  late: Milliseconds = 0
  endedAt: Milliseconds = 0
  readonly clock: Clock
  readonly judge: Judge
  readonly #observer: Observer
  readonly #recording: Recording | undefined
  readonly #courier: Courier
  readonly #messenger: Messenger
  #pending: StepPlan | undefined
  /** A workflow that has come to its end, and how. */
  #ending: Frame | undefined
  #isEndingWell = false
  #isDriving = false
  #isHeld = false
  #isStepwise = false
  #visits = 0
  #done: ((user: VirtualUser) => void) | undefined
  #isStarting = false
  #cancelWait: (() => void) | undefined
  readonly #think: (() => Milliseconds) | undefined
  /** Whether the step that is pending is come to by going on, and not by a retry. */
  #isNewStep = false
  /** Since when the user thinks. */
  #thinksSince: Milliseconds | undefined
  /** Whose secrets are known. */
  #hidden: Values | undefined
  #because: string | undefined
  #outputs: Values = {}
  /** What the action that was chosen passes to its workflow. */
  #given: Values = nothing
  /** When the message in hand was handed over. */
  #sentAt: Milliseconds = 0
  /** Whether the failure of the step in hand is that of a step below it, which has been told of. */
  #isTold = false
  /** When what is being seen to has come; 0 where only the clock knows. */
  #newsAt: Milliseconds = 0
  /** Whose answer is to be held whole, to be looked at. */
  #held: StepChecks | undefined
  readonly #failure = new Failure(this)

  /** @param think see createVirtualUser. */
  constructor(
    plan: Plan,
    transport: Transport,
    clock: Clock,
    observer: Observer,
    think?: () => Milliseconds,
    channels?: Channels,
  ) {
    this.plan = plan
    this.#think = think
    this.clock = clock
    this.#observer = observer
    this.#recording = observer.onStep ? new Recording(this) : undefined
    // Under load a redirect must not lead to a stranger.
    const origins = this.#recording ? undefined : plan.origins
    const rules = { followRedirects: plan.followRedirects, origins }
    this.#courier = new Courier(this, transport, rules, new Authorizer(transport, clock, this.secrets))
    this.#messenger = new Messenger(this, channels, clock)
    this.judge = new Judge(this.scope, this.#courier, this.#recording !== undefined)
    for (const secret of plan.secrets) this.secrets.add(secret)
  }

  /** Inputs that change with every run must not be remembered for ever. */
  #hide(inputs: Values): void {
    const { secrets, secretInputs } = this.plan
    if (secretInputs.size === 0 || inputs === this.#hidden) return
    if (this.#hidden) this.secrets.clear()
    this.#hidden = inputs
    for (const secret of secrets) this.secrets.add(secret)
    for (const name of secretInputs) this.secrets.add(inputs[name])
  }

  get requests(): number {
    return this.#courier.sent + this.#messenger.count
  }

  get isThinking(): boolean {
    return this.#thinksSince !== undefined
  }

  /* ---- the run ---- */

  /** As VirtualUser.start; a stepwise run waits for `resume` after each step. */
  start(inputs: Values, done: (user: VirtualUser) => void, at: Milliseconds = 0, stepwise = false): void {
    this.busy = true
    this.#isStarting = true
    this.#done = done
    this.#isStepwise = stepwise
    this.#isHeld = stepwise
    this.#newsAt = at
    this.#courier.begin()
    this.#messenger.begin()
    this.#visits = 0
    this.thought = 0
    this.late = 0
    this.#thinksSince = undefined
    this.scope.ended = undefined
    this.#because = undefined
    this.scope.received.clear()
    this.scope.message = undefined
    this.#hide(inputs)
    this.plan.files.note(inputs)
    this.#recording?.start(this.clock.now())
    this.#enter(new Frame(this.plan.root, inputs, 'root', undefined))
    this.#drive()
    this.#isStarting = false
  }

  /** Lets a stepwise run perform its next step. */
  resume(): void {
    this.#isHeld = false
    this.#drive()
  }

  abort(): void {
    if (!this.busy || !this.#done) return
    this.#letGo('aborted', 'the run ended before the answer came')
    this.#pending = undefined
    this.#because = 'the run was aborted'
    this.#finish('aborted')
  }

  report(): WorkflowReport {
    return {
      state: this.state === 'passed' ? 'passed' : 'failed',
      ...(this.state === 'passed' ? {} : { because: this.secrets.mask(this.#because ?? 'a step failed') }),
      outputs: asText(this.#outputs),
      steps: this.#recording?.masked() ?? [],
    }
  }

  #drive(): void {
    if (this.#isDriving) return
    this.#isDriving = true
    while (this.#ending || (this.#pending && !this.#isHeld)) {
      if (this.#ending) {
        const frame = this.#ending
        this.#ending = undefined
        this.#leave(frame, this.#isEndingWell)
      } else if (this.#pending) {
        const step = this.#pending
        this.#pending = undefined
        const pause = this.#pauseBefore(step)
        if (pause > 0) this.#pause(step, pause)
        else this.#perform(step)
      }
    }
    this.#isDriving = false
    this.#newsAt = 0
  }

  /** Users think before each request but the first, and not before they try again. */
  #pauseBefore(step: StepPlan): Milliseconds {
    if (step.number < 0) return 0 // a workflow, whose steps come next
    const isNew = this.#isNewStep
    this.#isNewStep = false
    return this.#think && isNew && this.requests > 0 ? this.#think() : 0
  }

  #pause(step: StepPlan, length: Milliseconds): void {
    this.#thinksSince = this.clock.now()
    this.#cancelWait = this.clock.after(length, () => {
      this.#cancelWait = undefined
      this.#wakeUp()
      this.#pending = step
      this.#drive()
    })
  }

  #wakeUp(): void {
    if (this.#thinksSince === undefined) return
    this.thought += this.clock.now() - this.#thinksSince
    this.#thinksSince = undefined
  }

  #finish(state: 'passed' | 'failed' | 'aborted'): void {
    this.state = state
    for (let frame: Frame | undefined = this.scope.frame; frame; frame = frame.caller) frame.cancelTimeout?.()
    const done = this.#done
    const isAnswered = !this.#isStarting && this.requests > 0
    this.endedAt = isAnswered ? this.#newsAt : 0
    this.#done = undefined
    // A run without a request ends at once: calling back now would let its owner start the next one, and so on for ever.
    if (isAnswered) this.#tell(done)
    else this.#tellLater(done)
  }

  #tellLater(done: ((user: VirtualUser) => void) | undefined): void {
    setImmediate(() => this.#tell(done))
  }

  #tell(done: ((user: VirtualUser) => void) | undefined): void {
    this.busy = false
    done?.(this)
  }

  /** Forgets the request, the wait and the answer still to come. Answers whether there was a request. */
  #letGo(cause: FailureCause, text: string): boolean {
    this.#releaseBody()
    this.#cancelWait?.()
    this.#cancelWait = undefined
    if (!this.#courier.isWaiting && !this.#messenger.isWaiting) return false
    this.#reportUnanswered(cause, text)
    this.#courier.letGo()
    this.#messenger.letGo()
    return true
  }

  /** A request without an answer must not be missing from the figures: it may be the slowest of all. */
  #reportUnanswered(cause: FailureCause, text: string): void {
    const { frame } = this.scope
    const plan = frame.current!
    const ended = this.clock.now()
    const sent = (plan.channel ? this.#sentAt : this.#courier.queued) ?? ended
    this.judge.fail(cause, text, { queued: sent, sent, ended })
    const failure = this.#failure.of(plan)
    this.#observer.onAttempt(plan.number, sent, ended, failure, failure)
    if (!this.#recording || cause === 'aborted') return // who aborts a run knows what it waited for
    this.#observer.onStep?.(this.#recording.add(frame, plan, false, { go: 'end' }))
  }

  /* ---- workflows ---- */

  /** Prerequisites first, then the first step. */
  #enter(frame: Frame): void {
    this.scope.frame = frame
    const { dependencies } = frame.plan
    while (frame.dependency < dependencies.length) {
      const next = dependencies[frame.dependency++]!
      if (this.scope.ended?.isCompleted(next)) continue
      return this.#enter(
        new Frame(next, withDefaults(next.workflow.inputs, frame.inputs), 'dependency', frame),
      )
    }
    this.#visit(frame, frame.plan.steps[0])
  }

  #visit(frame: Frame, step: StepPlan | undefined): void {
    if (!step) return this.#end(frame, true)
    frame.retries?.clear()
    this.#pending = step
    this.#isNewStep = true
  }

  /** Left in `#drive`: of workflows that call one another many end at once. */
  #end(frame: Frame, hasPassed: boolean): void {
    this.#ending = frame
    this.#isEndingWell = hasPassed
  }

  #leave(frame: Frame, isPassing: boolean): void {
    frame.cancelTimeout?.()
    frame.childOutputs = undefined
    this.scope.frame = frame
    const own = this.scope.evaluateAll(frame.plan.outputs)
    const hasPassed = this.#hasNoFault(frame, isPassing)
    const outputs = frame.carried ? { ...frame.carried, ...defined(own) } : own
    const { workflowId } = frame.plan.workflow
    const { caller, role } = frame
    if (!caller) {
      this.#outputs = outputs
      return this.#finish(hasPassed ? 'passed' : 'failed')
    }
    this.scope.ended ??= new EndedWorkflows()
    this.scope.ended.add(frame.plan, frame.inputs, outputs, hasPassed)
    this.scope.frame = caller
    if (role === 'dependency') {
      if (hasPassed) return this.#enter(caller)
      this.#because = `prerequisite "${workflowId}" failed: ${this.#because ?? 'a step failed'}`
      return this.#end(caller, false)
    }
    if (role === 'retry') return this.#comeBack(caller)
    caller.childOutputs = outputs
    this.#isTold = !hasPassed
    if (hasPassed) this.judge.cause = undefined
    else
      this.judge.fail(
        'request',
        `workflow "${workflowId}" failed: ${innermost(this.#because ?? 'a step failed')}`,
      )
    this.#settle(caller, caller.current!)
  }

  /** Control passes to another workflow for good; it answers to the same caller, in the time that is left. */
  #transfer(frame: Frame, { workflow }: ActionPlan): void {
    const outputs = { ...frame.carried, ...defined(this.scope.evaluateAll(frame.plan.outputs)) }
    const given = { ...frame.inputs, ...defined(this.#given) }
    if (!this.#hasNoFault(frame)) return this.#end(frame, false)
    const inputs = withDefaults(workflow!.workflow.inputs, given)
    if (!this.#fits(frame, workflow!, inputs)) return this.#end(frame, false)
    this.scope.ended ??= new EndedWorkflows()
    this.scope.ended.add(frame.plan, frame.inputs, outputs, true)
    const next = new Frame(workflow!, inputs, frame.role, frame.caller)
    next.carried = outputs
    next.cancelTimeout = frame.cancelTimeout
    this.#enter(next)
  }

  /** Whether outputs or inputs of a workflow could be evaluated; why not is why it fails, unless it has failed before. */
  #hasNoFault(frame: Frame, isPassing = true): boolean {
    const fault = this.scope.takeFault()
    if (fault === undefined || !isPassing) return isPassing
    return this.#break(frame, fault)
  }

  /** Whether a workflow that an action leads to can take these inputs. */
  #fits(frame: Frame, { workflow }: WorkflowPlan, inputs: Values): boolean {
    const misfits = misfitsOf(workflow, inputs)
    if (misfits.length === 0) return true
    return this.#break(
      frame,
      `Failed to go to workflow "${workflow.workflowId}": ${misfits.join('; ')}. Correct the action's parameters.`,
    )
  }

  #break(frame: Frame, fault: string): false {
    this.#because = fault
    this.judge.fail('output', fault)
    if (frame.current)
      this.#observer.onCallFailed?.(
        this.#keyOf(frame, frame.current),
        this.clock.now(),
        this.#failure.of(frame.current),
      )
    return false
  }

  #call(frame: Frame, workflow: WorkflowPlan, inputs: Values, role: Role): Frame {
    const child = new Frame(workflow, inputs, role, frame)
    this.#enter(child)
    return child
  }

  /* ---- steps ---- */

  #perform(plan: StepPlan): void {
    const frame = this.scope.frame
    const { step } = plan
    frame.current = plan
    frame.childOutputs = undefined
    this.#recording?.attempt(frame, plan)
    if (plan.number >= 0) this.#observer.onWork?.(plan.number, true)
    this.judge.begin()
    this.#isTold = false
    if (++this.#visits > this.plan.maxVisits) return this.#giveUp(frame, plan)
    const missing = step.dependsOn.length === 0 ? undefined : missingOf(step, frame)
    if (missing !== undefined) {
      return this.#refuse(
        frame,
        plan,
        `Failed to run step "${step.stepId}": it depends on step "${missing}", which has not been completed.`,
      )
    }
    if (plan.workflow) return this.#performWorkflow(frame, plan, plan.workflow)
    this.scope.message = undefined
    if (plan.channel) return this.#performChannel(frame, plan, plan.channel)
    try {
      this.scope.received.clear()
      this.#build(plan.request!, plan)
    } catch (error) {
      return this.#refuse(frame, plan, refusalOf(error, plan))
    }
    // Credentials may have to be waited for before the transport gets it.
    if (plan.auth) this.scope.built.out.queued = this.clock.now()
    this.#courier.send(this.scope.built.out, plan.auth, plan.request!.body ? 0 : this.#newsAt)
  }

  #performChannel(frame: Frame, plan: StepPlan, channel: ChannelPlan): void {
    this.scope.received.clear()
    let errand: Errand
    try {
      errand = errandOf(channel, frame.plan.workflow.workflowId, plan.step.stepId, this.scope)
    } catch (error) {
      return this.#refuse(frame, plan, refusalOf(error, plan))
    }
    this.scope.message = new MessageView(errand)
    this.#sentAt = this.clock.now()
    this.#messenger.perform(errand)
  }

  #build(request: RequestPlan, plan: StepPlan): void {
    const { built } = this.scope
    const { out, values } = built
    built.plan = request
    built.scope = this.scope
    out.text = undefined
    // A functional run reads the whole answer, for its record.
    out.reads = this.#recording ? undefined : this.#readsOf(plan)
    if (plan.auth || !this.#courier.addsNothing || !request.layOut(this.scope, out, values))
      request.build(this.scope, out, values)
  }

  #readsOf({ reads, checkedReads, checks }: StepPlan): ResponseReads | undefined {
    this.#releaseBody()
    if (checks === undefined || !checks.hold()) return reads
    this.#held = checks
    return checkedReads
  }

  /** The body that was to be held whole is there, or will not come. */
  #releaseBody(): void {
    if (this.#held === undefined) return
    this.#held.letGo()
    this.#held = undefined
  }

  #performWorkflow(frame: Frame, plan: StepPlan, workflow: WorkflowPlan): void {
    frame.stepStarted = this.clock.now()
    const given = this.scope.evaluateAll(plan.inputs)
    const fault = this.scope.takeFault()
    if (fault !== undefined) return this.#refuse(frame, plan, fault)
    const inputs = withDefaults(workflow.workflow.inputs, defined(given))
    const misfits = misfitsOf(workflow.workflow, inputs)
    if (misfits.length > 0) {
      const found = `for workflow "${workflow.workflow.workflowId}", ${misfits.join('; ')}`
      const advice = 'Correct the parameters, or what their values come from.'
      return this.#refuse(frame, plan, failed('run', `step "${plan.step.stepId}"`, found, advice))
    }
    const child = this.#call(frame, workflow, inputs, 'step')
    const { timeout } = plan.step
    if (timeout) child.cancelTimeout = this.clock.after(timeout, () => this.#expire(frame, plan, timeout))
  }

  /** A step that runs a workflow has taken too long: whatever is in hand below it is let go. */
  #expire(frame: Frame, plan: StepPlan, timeout: Milliseconds): void {
    for (let child = this.scope.frame; child !== frame; child = child.caller!) child.cancelTimeout?.()
    const text = `workflow step "${plan.step.stepId}" took longer than its timeout of ${timeout} ms`
    this.#isTold = this.#letGo('timeout', text)
    this.#wakeUp()
    this.#pending = undefined
    this.scope.frame = frame
    this.scope.received.clear()
    this.judge.fail('timeout', text)
    this.#settle(frame, plan)
    this.#drive()
  }

  #refuse(frame: Frame, plan: StepPlan, message: string): void {
    this.scope.received.clear()
    const now = this.clock.now()
    this.judge.fail('request', message, { queued: now, sent: now, ended: now })
    this.#settle(frame, plan)
  }

  #giveUp(frame: Frame, plan: StepPlan): void {
    const { maxVisits } = this.plan
    this.#because =
      `the run was given up as a runaway after ${maxVisits} step visits, at step "${plan.step.stepId}". ` +
      'Check its goto and retry actions for a loop that never ends, or raise maxVisits.'
    this.judge.fail('runaway', this.#because)
    this.#recording?.giveUp(frame, plan, this.#because)
    const now = this.clock.now()
    if (plan.number < 0) this.#observer.onCallFailed?.(this.#keyOf(frame, plan), now, this.#failure.of(plan))
    else this.#observer.onAttempt(plan.number, now, now, this.#failure.of(plan), this.#failure)
    this.#outputs = {}
    this.#finish('failed')
  }

  onResponse(
    status: number,
    headers: RawHeaders,
    body: Uint8Array,
    times: ExchangeTimes,
    passed?: PassedBody,
  ): void {
    this.#releaseBody()
    this.scope.received.set(status, headers, body, this.scope.built.out.reads, passed)
    if (this.plan.keepsBodies) this.scope.received.keep()
    this.judge.times = times
    this.#answered()
  }

  onFailure(cause: FailureCause, error: Error, times: ExchangeTimes): void {
    this.#releaseBody()
    this.judge.fail(cause, error.message, times)
    this.#answered()
  }

  onMessage(message: ChannelMessage | undefined, times: ExchangeTimes): void {
    if (message) this.scope.message!.message = message
    this.judge.times = times
    this.#answered()
  }

  onMessageFailure(cause: 'timeout' | 'channel', text: string, times: ExchangeTimes): void {
    this.judge.fail(cause, text, times)
    this.#answered()
  }

  onRefused(message: string): void {
    this.#refuse(this.scope.frame, this.scope.frame.current!, message)
    this.#drive()
  }

  #answered(): void {
    const frame = this.scope.frame
    this.#newsAt = this.judge.times.ended
    this.#settle(frame, frame.current!)
    this.#drive()
  }

  /** Judges the attempt in hand and decides what follows. */
  #settle(frame: Frame, plan: StepPlan): void {
    if (plan.number >= 0) this.#observer.onWork?.(plan.number)
    const hasPassed = this.judge.judge(frame, plan)
    if (plan.number >= 0) {
      const seen = this.#failure.of(plan)
      const { sent, ended } = this.judge.times
      const { status } = this.scope.received
      const own = this.#observer.onAttempt(
        plan.number,
        sent,
        ended,
        hasPassed ? undefined : seen,
        seen,
        status,
      )
      if (own !== undefined) this.late += own
    } else if (!hasPassed && !this.#isTold)
      this.#observer.onCallFailed?.(this.#keyOf(frame, plan), this.clock.now(), this.#failure.of(plan))
    const chosen = frame.detour ? undefined : this.#choose(frame, hasPassed ? plan.onSuccess : plan.onFailure)
    const wait = chosen?.action.type === 'retry' ? this.#waitBefore(chosen.action, plan) : 0
    const isTooLong = typeof wait === 'string'
    const [action, delay] = isTooLong ? [undefined, 0] : [chosen, wait]
    this.#given = action?.workflow ? this.scope.evaluateAll(action.inputs) : nothing
    if (this.#recording) this.#record(frame, plan, hasPassed, action, delay)
    this.scope.judged = undefined
    if (this.judge.cause === 'aborted' && plan.number >= 0) return this.#finish('aborted')
    this.#follow(frame, plan, hasPassed, action, delay)
    if (isTooLong) this.#because = `${this.#explain(plan)}; it is not tried again, ${wait}`
  }

  /** How long to wait before a retry, or why that is too long. */
  #waitBefore({ retryAfter }: Extract<Action, { type: 'retry' }>, plan: StepPlan): Milliseconds | string {
    const asked = askedWait(this.scope.received)
    const wait = asked ?? retryAfter
    const { maxRetryAfter, runTime } = this.plan
    const most = maxRetryAfter ?? plan.step.timeout ?? runTime
    if (asked !== undefined && most !== undefined && asked > most && wait <= LONGEST_TIMER)
      return `since the response asks for a wait of ${formatMs(asked)} (Retry-After), longer than the ${formatMs(most)} that are allowed (maxRetryAfter)`
    return wait > LONGEST_TIMER ? TOO_LONG : wait
  }

  /** The first action whose criteria are all met; a retry that is used up gives way to the next. */
  #choose(frame: Frame, actions: readonly ActionPlan[]): ActionPlan | undefined {
    for (const plan of actions) {
      if (this.judge.firstUnmet(plan.criteria)) continue
      if (plan.action.type !== 'retry') return plan
      const made = frame.retries?.get(plan) ?? 0
      if (made >= plan.action.retryLimit) continue
      frame.retries ??= new Map()
      frame.retries.set(plan, made + 1)
      return plan
    }
    return undefined
  }

  #follow(
    frame: Frame,
    plan: StepPlan,
    hasPassed: boolean,
    chosen: ActionPlan | undefined,
    delay: Milliseconds,
  ): void {
    if (frame.detour) return this.#comeBack(frame)
    if (!hasPassed) this.#because = this.#explain(plan)
    const action = chosen?.action
    if (!chosen || !action)
      return hasPassed ? this.#visit(frame, frame.plan.steps[plan.position + 1]) : this.#end(frame, false)
    if (action.type === 'end') return this.#end(frame, hasPassed)
    if (action.type === 'retry') return this.#retry(frame, plan, chosen, delay)
    if (action.to.kind === 'workflow') return this.#transfer(frame, chosen)
    this.#visit(frame, frame.plan.byId.get(action.to.stepId))
  }

  /** The retry's reference runs first, then the step again, no sooner than its delay after the failure. */
  #retry(frame: Frame, plan: StepPlan, chosen: ActionPlan, delay: Milliseconds): void {
    const action = chosen.action as Extract<ActionPlan['action'], { type: 'retry' }>
    frame.detour = { back: plan, at: this.clock.now() + delay }
    if (!action.to) return this.#comeBack(frame)
    if (action.to.kind === 'step') {
      this.#pending = frame.plan.byId.get(action.to.stepId)
      return
    }
    const { workflow } = chosen
    const given = { ...frame.inputs, ...defined(this.#given) }
    if (!this.#hasNoFault(frame)) return this.#end(frame, false)
    const inputs = withDefaults(workflow!.workflow.inputs, given)
    if (!this.#fits(frame, workflow!, inputs)) return this.#end(frame, false)
    this.#call(frame, workflow!, inputs, 'retry')
  }

  #comeBack(frame: Frame): void {
    const { back, at } = frame.detour!
    frame.detour = undefined
    const delay = at - this.clock.now()
    if (delay <= 0) {
      this.#pending = back
      return
    }
    // Timers drop fractions of a millisecond, and would come too early.
    this.#cancelWait = this.clock.after(Math.ceil(delay), () => {
      this.#cancelWait = undefined
      this.#pending = back
      this.#drive()
    })
  }

  #keyOf(frame: Frame, plan: StepPlan): string {
    return stepKey(this.plan.workflow, frame.plan.workflow, plan.step.stepId)
  }

  #explain(plan: StepPlan): string {
    const failure = this.#failure.of(plan)
    return `step "${plan.step.stepId}" failed: ${failure.message}`
  }

  #record(
    frame: Frame,
    plan: StepPlan,
    hasPassed: boolean,
    chosen: ActionPlan | undefined,
    delay: Milliseconds,
  ): void {
    const next = describeNext(frame, plan, hasPassed, chosen, delay)
    const run = this.#recording!.add(frame, plan, hasPassed, next)
    this.#isHeld = this.#isStepwise
    this.#observer.onStep?.(run)
  }
}

/** A step that the step depends on and that has not been completed. */
function missingOf({ dependsOn }: Step, frame: Frame): string | undefined {
  return dependsOn.find(stepId => frame.plan.byId.has(stepId) && frame.outputsOf(stepId) === undefined)
}

function defined(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function refusalOf(error: unknown, { step }: StepPlan): string {
  if (error instanceof RequestError || error instanceof ExpressionError) return error.message
  if (!isTooDeep(error)) throw error
  const advice = 'Send a part of it, or check what it comes from.'
  return failed('build', `what step "${step.stepId}" sends`, 'a value is nested too deeply', advice)
}
