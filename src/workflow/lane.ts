import { type Fault, type Reason, reasonOf, wordsOf } from '../ground/fault.ts'
import { given } from '../ground/given.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { CookieKeep } from '../http/cookies.ts'
import type { RawHeaders } from '../http/headers.ts'
import type { PassedBody } from '../http/reads.ts'
import type { ExchangeTimes, FailureCause, Transport } from '../http/transport.ts'
import type { Clock } from '../measure/clock.ts'
import { AttemptLog } from './attempt-log.ts'
import type { AttemptView } from './attempt-view.ts'
import type { Channels } from './channel/connect.ts'
import { type Errand, errandOf, type MessageOwner, Messenger } from './channel/messenger.ts'
import type { ChannelPlan } from './channel/plan.ts'
import type { ChannelMessage } from './channel/transport.ts'
import { MessageView } from './channel/view.ts'
import { Courier, type CourierOwner, type CourierRules } from './courier.ts'
import { EventWatch } from './events/watch.ts'
import { Flow, type FlowOwner } from './flow.ts'
import type { Frame } from './frame.ts'
import { HeldBody } from './held-body.ts'
import { withDefaults } from './inputs.ts'
import { Judge } from './judge.ts'
import { Pauses } from './pauses.ts'
import type { Plan, StepPlan, WorkflowPlan } from './plan.ts'
import { misfitOf, refusalOf, runaway, unmetDependency } from './refusal.ts'
import type { RequestPlan } from './request/request.ts'
import { waitBefore } from './retry-after.ts'
import { RunScope } from './run-scope.ts'
import type { Secrets } from './secrets.ts'
import { Authorizer } from './security/authorizer.ts'
import type { Observer, UserState } from './virtual-user.ts'

/** What a lane works with. */
export interface LaneTools {
  readonly plan: Plan
  readonly transport: Transport
  readonly clock: Clock
  readonly observer: Observer
  readonly secrets: Secrets
  /** Draws the time to think. */
  readonly think: (() => Milliseconds) | undefined
  readonly channels: Channels | undefined
  readonly keep: CookieKeep | undefined
}

/** The virtual user whose steps a lane performs. */
export interface LaneOwner {
  /** Whether no step is to begin before the user is told to go on. */
  readonly isHeld: boolean
  /** A step is come to. Returns whether it may be performed, or the run is given up. */
  visits(): boolean
  /** An attempt was recorded: a stepwise run waits after each. */
  onRecorded(): void
  onLaneEnded(state: UserState): void
}

/**
 * Performs steps one after the other: one step in hand, and the stack of workflows that it is in. Whoever brings news
 * (the transport, a timer, the start) settles that step, which names the step to be performed next, and `drive`
 * performs steps until one has to wait. Nothing recurses, however often a workflow goes back or calls another.
 *
 * | in hand                 | news                   | then                                               |
 * | ----------------------- | ---------------------- | -------------------------------------------------- |
 * | operation sent          | response, no response  | criteria, outputs, action -> step, retry, end, ... |
 * | operation not buildable | at once                | as a failed step                                   |
 * | message sent, awaited   | it is sent, it came    | criteria, outputs, action -> step, retry, end, ... |
 * | workflow called         | its frame ends         | criteria, outputs, action of the calling step      |
 * | retry waits             | its reference, timer   | the same step again                                |
 * | user thinks             | timer                  | the step it had come to                            |
 *
 * Hot. Allocated for a request: the list of its outputs and the values in it. Everything else is the lane's and is used
 * again: scope, request, response, courier.
 */
export class Lane implements CourierOwner, MessageOwner, FlowOwner, AttemptView {
  readonly scope = new RunScope()
  readonly secrets: Secrets
  readonly clock: Clock
  readonly judge: Judge
  readonly flow: Flow
  readonly log: AttemptLog
  readonly pauses: Pauses
  late: Milliseconds = 0
  /** When what is being seen to has come; 0 where only the clock knows. */
  newsAt: Milliseconds = 0
  readonly #owner: LaneOwner
  readonly #plan: Plan
  readonly #courier: Courier
  readonly #messenger: Messenger
  readonly #heldBody = new HeldBody()
  readonly #events: EventWatch
  #isDriving = false
  /** When the message in hand was handed over. */
  #sentAt: Milliseconds = 0

  constructor(owner: LaneOwner, { plan, transport, clock, observer, secrets, think, channels, keep }: LaneTools) {
    this.#owner = owner
    this.#plan = plan
    this.clock = clock
    this.secrets = secrets
    this.pauses = new Pauses(clock, think)
    this.log = new AttemptLog(this, plan, observer)
    // Under load a redirect must not lead to a stranger.
    const origins = this.log.isRecording ? undefined : plan.origins
    const rules = given<CourierRules>({ followRedirects: plan.followRedirects, origins, keep })
    this.#courier = new Courier(this, transport, rules, new Authorizer(transport, clock, secrets))
    this.#messenger = new Messenger(this, channels, clock)
    this.#events = new EventWatch(this, this.log, this.#courier.sentFirst)
    this.judge = new Judge(this.scope, this.#courier, this.log.isRecording)
    this.flow = new Flow(this, this.scope, this.judge, clock)
  }

  get requests(): number {
    return this.#courier.sent + this.#messenger.count
  }

  /** Begins a run, to be driven. @param at a clock reading that was just made. */
  begin(inputs: Record<string, unknown>, at: Milliseconds): void {
    this.newsAt = at
    this.#courier.begin()
    this.scope.built.begin()
    this.#messenger.begin()
    this.late = 0
    this.pauses.begin()
    this.log.begin()
    this.flow.begin(this.#plan.root, inputs)
  }

  drive(): void {
    if (this.#isDriving) return
    this.#isDriving = true
    const { flow } = this
    while (flow.ending || (flow.pending && !this.#owner.isHeld)) {
      if (flow.ending) flow.leave()
      else if (flow.pending) {
        const step = flow.pending
        flow.pending = undefined
        const pause = this.#pauseBefore(step)
        if (pause > 0) this.pauses.think(pause, () => this.#goOn(step))
        else this.#perform(step)
      }
    }
    this.#isDriving = false
    this.newsAt = 0
  }

  /** Users think before each request but the first, and not before they try again. */
  #pauseBefore({ number }: StepPlan): Milliseconds {
    if (number < 0) return 0 // a workflow, whose steps come next
    const isNew = this.flow.isNewStep
    this.flow.isNewStep = false
    return isNew ? this.pauses.before(this.requests) : 0
  }

  #goOn(step: StepPlan): void {
    this.flow.pending = step
    this.drive()
  }

  /** Ends it in the middle: what is in hand is recorded as aborted. */
  abort(): void {
    this.#letGo('aborted', { found: 'the run ended before the response came' })
    this.flow.pending = undefined
    this.#end('aborted')
  }

  wait(step: StepPlan, delay: Milliseconds): void {
    this.pauses.wait(delay, () => this.#goOn(step))
  }

  onEnded(hasPassed: boolean): void {
    this.#end(hasPassed ? 'passed' : 'failed')
  }

  onStepEnded(caller: Frame, hasPassed: boolean): void {
    this.log.isTold = !hasPassed
    this.#settle(caller, caller.current!)
  }

  onBroken(frame: Frame): void {
    this.log.callFailed(frame, frame.current!)
  }

  #end(state: UserState): void {
    for (let frame: Frame | undefined = this.scope.frame; frame; frame = frame.caller) frame.cancelTimeout?.()
    this.#owner.onLaneEnded(state)
  }

  /** One that a burst has made may be idle from now on: it holds no response. */
  rest(): void {
    this.scope.received.clear()
    this.scope.message = undefined
    this.#events.letGo()
  }

  /** Forgets the request, the wait and the response still to come. Returns whether there was a request. */
  #letGo(cause: FailureCause, reason: Reason): boolean {
    this.#heldBody.release()
    this.pauses.cancel()
    if (!this.#courier.isWaiting && !this.#messenger.isWaiting) return false
    const plan = this.scope.frame.current!
    const ended = this.clock.now()
    const sent = (plan.channel ? this.#sentAt : this.#courier.queued) ?? ended
    const times = { queued: sent, sent, ended }
    this.judge.fail(cause, reason, times)
    this.judge.reason = this.#events.reasonOf(cause, reason, times)
    this.log.withoutResponse(this.scope.frame, plan)
    this.#courier.letGo()
    this.#events.letGo()
    this.#messenger.letGo()
    return true
  }

  /* ---- steps ---- */

  #perform(plan: StepPlan): void {
    const frame = this.scope.frame
    frame.current = plan
    frame.childOutputs = undefined
    this.log.performs(frame, plan)
    this.judge.begin()
    if (!this.#owner.visits()) return this.#giveUp(frame, plan)
    const unmet = plan.step.dependsOn.length === 0 ? undefined : unmetDependency(plan, frame)
    if (unmet !== undefined) return this.#refuse(frame, plan, unmet)
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
    this.#courier.send(this.scope.built.out, plan.auth, plan.request!.body ? 0 : this.newsAt)
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
    // A functional run reads the whole response, for its record.
    const reads = this.log.isRecording ? undefined : this.#heldBody.readsOf(plan)
    const isPlain = !plan.auth && this.#courier.addsNothing
    this.scope.built.make(request, this.scope, reads, isPlain)
    this.#events.prepare(plan, this.scope.built.out)
  }

  #performWorkflow(frame: Frame, plan: StepPlan, workflow: WorkflowPlan): void {
    frame.stepStarted = this.clock.now()
    const passed = this.scope.evaluateAll(plan.inputs)
    const fault = this.scope.takeFault()
    if (fault !== undefined) return this.#refuse(frame, plan, fault)
    const inputs = withDefaults(workflow.workflow.inputs, given(passed))
    const misfit = misfitOf(plan, workflow, inputs)
    if (misfit !== undefined) return this.#refuse(frame, plan, misfit)
    const child = this.flow.call(frame, workflow, inputs, 'step')
    const { timeout } = plan.step
    if (timeout) child.cancelTimeout = this.clock.after(timeout, () => this.#expire(frame, plan, timeout))
  }

  /** A step that runs a workflow has taken too long: whatever is in hand below it is let go. */
  #expire(frame: Frame, plan: StepPlan, timeout: Milliseconds): void {
    for (let child = this.scope.frame; child !== frame; child = child.caller!) child.cancelTimeout?.()
    const reason = { found: `workflow step "${plan.step.stepId}" took longer than its timeout of ${timeout} ms` }
    this.log.isTold = this.#letGo('timeout', reason)
    this.pauses.wakeUp()
    this.flow.pending = undefined
    this.scope.frame = frame
    this.scope.received.clear()
    this.judge.fail('timeout', reason)
    this.#settle(frame, plan)
    this.drive()
  }

  #refuse(frame: Frame, plan: StepPlan, reason: Reason): void {
    this.scope.received.clear()
    const now = this.clock.now()
    this.judge.fail('request', reason, { queued: now, sent: now, ended: now })
    this.#settle(frame, plan)
  }

  #giveUp(frame: Frame, plan: StepPlan): void {
    const reason = runaway(plan, this.#plan.maxVisits)
    this.flow.because = wordsOf(reason)
    this.judge.fail('runaway', reason)
    this.log.gaveUp(frame, plan, this.flow.because)
    this.flow.outputs = {}
    this.#end('failed')
  }

  onResponse(status: number, headers: RawHeaders, body: Uint8Array, times: ExchangeTimes, passed?: PassedBody): void {
    this.#heldBody.release()
    if (!this.#events.hasRead) this.scope.received.set(status, headers, body, this.scope.built.out.reads, passed)
    if (this.#plan.keepsBodies) this.scope.received.keep()
    this.judge.times = times
    this.#events.judge(times)
    this.#ended()
  }

  onFailure(cause: FailureCause, error: Error, times: ExchangeTimes): void {
    this.#heldBody.release()
    this.#events.fail(cause, reasonOf(error), times)
    this.#ended()
  }

  onMessage(message: ChannelMessage | undefined, times: ExchangeTimes): void {
    if (message) this.scope.message!.message = message
    this.judge.times = times
    this.#ended()
  }

  onMessageFailure(cause: 'timeout' | 'channel', reason: Reason, times: ExchangeTimes): void {
    this.judge.fail(cause, reason, times)
    this.#ended()
  }

  onRefused(fault: Fault): void {
    this.#refuse(this.scope.frame, this.scope.frame.current!, fault)
    this.drive()
  }

  #ended(): void {
    const frame = this.scope.frame
    this.newsAt = this.judge.times.ended
    this.#settle(frame, frame.current!)
    this.drive()
  }

  /** Judges the attempt in hand and decides what follows. */
  #settle(frame: Frame, plan: StepPlan): void {
    this.log.judges(plan)
    const hasPassed = this.judge.judge(frame, plan)
    this.late += this.log.judged(frame, plan, hasPassed)
    const { flow } = this
    const chosen = frame.detour ? undefined : flow.choose(frame, hasPassed ? plan.onSuccess : plan.onFailure)
    const wait = chosen?.action.type === 'retry' ? waitBefore(chosen.action, plan, this.scope.received, this.#plan) : 0
    const isTooLong = typeof wait === 'string'
    const [action, delay] = isTooLong ? [undefined, 0] : [chosen, wait]
    flow.take(action)
    if (this.log.isRecording) {
      this.log.record(frame, plan, hasPassed, action, delay)
      this.#owner.onRecorded()
    }
    this.scope.judged = undefined
    if (this.judge.cause === 'aborted' && plan.number >= 0) return this.#end('aborted')
    if (frame.detour) return flow.comeBack(frame)
    if (!hasPassed) flow.because = this.log.explain(plan)
    flow.follow(frame, plan, hasPassed, action, delay)
    if (isTooLong) flow.because = `${this.log.explain(plan)}; it is not tried again, ${wait}`
  }
}
