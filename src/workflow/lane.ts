import { type Fault, type Reason, reasonOf, wordsOf } from '../ground/fault.ts'
import { given } from '../ground/given.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { RawHeaders } from '../http/headers.ts'
import type { ExchangeTimes, FailureCause, PassedBody } from '../http/transport.ts'
import type { Clock } from '../measure/clock.ts'
import { AttemptLog } from './attempt-log.ts'
import type { AttemptView } from './attempt-view.ts'
import { type Branch, Branches } from './branches.ts'
import { type MessageOwner, type MessageTask, Messenger, messageTaskOf } from './channel/messenger.ts'
import type { ChannelPlan } from './channel/plan.ts'
import type { ChannelMessage } from './channel/transport.ts'
import { MessageView } from './channel/view.ts'
import { Courier, type CourierOwner, type CourierRules } from './courier.ts'
import { ABORTED, type CutCause, NO_RESPONSE } from './cut.ts'
import { EventWatch } from './events/watch.ts'
import { Flow, type FlowOwner } from './flow.ts'
import type { BranchEnd } from './fork.ts'
import type { Frame } from './frame.ts'
import { HeldBody } from './held-body.ts'
import { withDefaults } from './inputs.ts'
import { Judge } from './judge.ts'
import type { LaneOwner, LaneTools } from './lane-tools.ts'
import { Pauses } from './pauses.ts'
import type { Plan, StepPlan, WorkflowPlan } from './plan.ts'
import { misfitOf, refusalOf, runaway, unmetDependency } from './refusal.ts'
import { waitBefore } from './retry-after.ts'
import { RunScope } from './run-scope.ts'
import type { Secrets } from './secrets.ts'

/**
 * Performs steps one after the other: the current step, and the stack of its workflows. An event (of the transport, a
 * timer, the start) settles that step, which names the next one, and `work` performs steps until one has to wait.
 * Nothing recurses, for any number of jumps and calls of workflows. Steps that run at the same time have a lane each;
 * the lane of their workflow continues when all have ended.
 *
 * | current                 | event                  | then                                               |
 * | ----------------------- | ---------------------- | -------------------------------------------------- |
 * | operation sent          | response, no response  | criteria, outputs, action -> step, retry, end, ... |
 * | operation not buildable | at once                | as a failed step                                   |
 * | message sent, awaited   | it is sent, it came    | criteria, outputs, action -> step, retry, end, ... |
 * | workflow called         | its frame ends         | criteria, outputs, action of the calling step      |
 * | retry waits             | its reference, timer   | the same step again                                |
 * | user thinks             | timer                  | the next step                                      |
 * | steps in other lanes    | one of them ends       | steps that waited for it, or the workflow ends     |
 *
 * Hot. Allocated per request: the list of its outputs and their values. Everything else is reused.
 */
export class Lane implements CourierOwner, MessageOwner, FlowOwner, AttemptView {
  readonly scope: RunScope
  readonly secrets: Secrets
  readonly clock: Clock
  readonly judge: Judge
  readonly flow: Flow
  readonly log: AttemptLog
  /** Steps that run in other lanes. */
  readonly branches: Branches
  /** Time that its user's thread may have added on the path to the current step. */
  late: Milliseconds = 0
  /** When what is being seen to has come; 0 where only the clock knows. */
  newsAt: Milliseconds = 0
  readonly #owner: LaneOwner
  readonly #plan: Plan
  readonly #courier: Courier
  readonly #messenger: Messenger
  readonly #heldBody = new HeldBody()
  readonly #pauses: Pauses
  readonly #events: EventWatch
  #branch: Branch | undefined
  /** Time when the current message was passed on. */
  #sentAt: Milliseconds = 0

  constructor(owner: LaneOwner, tools: LaneTools) {
    const { plan, transport, clock, secrets, client } = tools
    this.#owner = owner
    this.#plan = plan
    this.scope = new RunScope(client, secrets, transport.maxBodyBytes)
    this.clock = clock
    this.secrets = secrets
    this.#pauses = new Pauses(tools)
    this.log = new AttemptLog(this, tools)
    // Under load a redirect must not lead to a stranger.
    const origins = this.log.isRecording ? undefined : plan.origins
    const rules: CourierRules = { followRedirects: plan.followRedirects, origins }
    this.#courier = new Courier(this, transport, rules, tools.authorizer, client)
    this.#messenger = new Messenger(this, tools.channels, clock, client)
    this.#events = new EventWatch(this, this.log, this.#courier.sentFirst)
    this.judge = new Judge(this.scope, this.#courier, clock, this.log.isRecording)
    this.flow = new Flow(this, this.scope, this.judge, clock)
    this.branches = new Branches(this, owner, tools.thought)
  }

  /** Begins a run, to be driven. @param at a clock reading that was just made. */
  begin(inputs: Record<string, unknown>, at: Milliseconds): void {
    this.#fresh(at, 0)
    this.log.begin()
    this.flow.begin(this.#plan.root, inputs)
  }

  #fresh(at: Milliseconds, late: Milliseconds, pause?: Milliseconds): void {
    this.newsAt = at
    this.late = late
    this.#pauses.begin(pause)
    this.branches.begin()
  }

  /** Performs steps until one has to wait. */
  work(): void {
    const { flow, branches } = this
    for (;;) {
      if (flow.ending) flow.leave()
      else if (flow.pending && !this.#owner.isHeld) this.#come(flow.pending)
      else if (flow.forking) this.#split(flow.forking)
      else if (branches.areOver) this.#join()
      else if (branches.hasReady && !this.#owner.isHeld) branches.beginReady(this.#pauses.before())
      else break
    }
    this.newsAt = 0
  }

  /** Users think before each request but the first, and not before they try again. */
  #come(step: StepPlan): void {
    const { flow } = this
    flow.pending = undefined
    let pause = 0
    // A step that runs a workflow is followed by the steps of that.
    if (step.number >= 0) {
      if (flow.isNewStep) pause = this.#pauses.before()
      flow.isNewStep = false
    }
    if (pause > 0) this.#pauses.think(pause, () => this.#goOn(step))
    else this.#perform(step)
  }

  #goOn(step: StepPlan): void {
    this.flow.pending = step
    this.#owner.drive(this)
  }

  /** Ends it in the middle, and records its requests with the cause. An iteration without a response has failed. */
  abort(cause: 'aborted' | 'no response' = 'aborted'): void {
    const isWaiting = this.#letGo(cause, cause === 'aborted' ? ABORTED : NO_RESPONSE)
    this.flow.pending = undefined
    for (const lane of this.branches.all()) lane.#cancelTimeouts()
    this.#end(isWaiting && cause === 'no response' ? 'failed' : 'aborted')
  }

  wait(step: StepPlan, delay: Milliseconds): void {
    this.#pauses.wait(delay, () => this.#goOn(step))
  }

  /* ---- steps at the same time ---- */

  #split(frame: Frame): void {
    this.flow.forking = undefined
    // From here on, the current steps are in other lanes.
    this.rest()
    this.branches.split(frame)
  }

  /** Begins with a step that runs at the same time as others. */
  beginBranch(branch: Branch, at: Milliseconds): void {
    this.#branch = branch
    const { parent, step, place, pause } = branch
    this.#fresh(at, parent.late, pause)
    this.log.beginAt(place)
    this.flow.beginBranch(branch.frame, step, parent.flow.ended)
  }

  /** A lane of a simultaneous step has ended. */
  onBranchEnded(lane: Lane, step: StepPlan, end: BranchEnd): void {
    // Added time of the last step that it waited for also counts in the step's time.
    this.late = lane.late
    this.newsAt = lane.newsAt
    this.branches.ended(lane, step, end)
    this.#owner.drive(this)
  }

  #join(): void {
    const { frame, end, because } = this.branches.join()
    if (end === 'passed' || end === 'failed') return this.flow.join(frame, end === 'passed', because)
    this.flow.because = because
    if (end === 'given up') this.flow.outputs = {}
    this.#end(end)
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

  #end(end: BranchEnd): void {
    this.#cancelTimeouts()
    const branch = this.#branch
    this.#branch = undefined
    if (branch) branch.parent.onBranchEnded(this, branch.step, end)
    else this.#owner.onLaneEnded(end)
  }

  /** @param above the frame up to which they go; of all frames when absent. */
  #cancelTimeouts(above?: Frame): void {
    for (let frame: Frame | undefined = this.scope.frame; frame && frame !== above; frame = frame.caller) {
      if (frame.isBranch) break // frames above it are in another lane
      frame.cancelTimeout?.()
    }
  }

  /** One that a burst has made may be idle from now on: it holds no response. */
  rest(): void {
    this.scope.received.clear()
    this.scope.message = undefined
    this.#events.letGo()
  }

  /** Forgets the current work of this lane and of inner ones. Returns whether there was a request. */
  #letGo(cause: CutCause, reason: Reason): boolean {
    return this.branches.all().filter(lane => lane.#letGoOwn(cause, reason)).length > 0
  }

  /** Forgets the request, the wait and the response still to come. */
  #letGoOwn(asked: CutCause, why: Reason): boolean {
    this.#heldBody.release()
    this.#pauses.cancel()
    if (!this.#courier.isWaiting && !this.#messenger.isWaiting) return false
    const hasResponded = asked === 'no response' && this.#events.hasBegun
    const [cause, reason] = hasResponded ? (['aborted', ABORTED] as const) : [asked, why]
    const plan = this.scope.frame.current!
    const ended = this.clock.now()
    const sent = (plan.channel ? this.#sentAt : this.#courier.queued) ?? ended
    const times = { queued: sent, sent, ended }
    this.judge.fail(cause, this.#events.reasonOf(cause, reason, times), times)
    this.log.withoutResponse(this.scope.frame, plan)
    this.#courier.letGo()
    this.#events.letGo()
    this.#messenger.letGo()
    return !hasResponded
  }

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
      // A functional run reads the whole response, for its record.
      const reads = this.log.isRecording ? undefined : this.#heldBody.readsOf(plan)
      const isPlain = !plan.auth && this.#courier.addsNothing
      this.scope.built.make(plan.request!, this.scope, reads, isPlain)
      this.#events.prepare(plan, this.scope.built.out)
    } catch (error) {
      return this.#refuse(frame, plan, refusalOf(error, plan))
    }
    // Credentials may have to be waited for before the transport gets it.
    if (plan.auth) this.scope.built.out.queued = this.clock.now()
    this.#courier.send(this.scope.built.out, plan.auth, plan.request!.body ? 0 : this.newsAt)
  }

  #performChannel(frame: Frame, plan: StepPlan, channel: ChannelPlan): void {
    this.scope.received.clear()
    let errand: MessageTask
    try {
      errand = messageTaskOf(channel, frame.plan.workflow.workflowId, plan.step.stepId, this.scope)
    } catch (error) {
      return this.#refuse(frame, plan, refusalOf(error, plan))
    }
    this.scope.message = new MessageView(errand)
    this.#sentAt = this.clock.now()
    this.#messenger.perform(errand)
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

  /** A step that runs a workflow has taken too long: all its inner work is abandoned. */
  #expire(frame: Frame, plan: StepPlan, timeout: Milliseconds): void {
    this.#cancelTimeouts(frame)
    const reason = { found: `workflow step "${plan.step.stepId}" took longer than its timeout of ${timeout} ms` }
    this.log.isTold = this.#letGo('timeout', reason)
    this.#pauses.wakeUp()
    this.branches.leave()
    this.flow.pending = undefined
    this.flow.forking = undefined
    this.scope.frame = frame
    this.scope.received.clear()
    this.judge.fail('timeout', reason)
    this.#settle(frame, plan)
    this.#owner.drive(this)
  }

  /** Its user no longer waits for this simultaneous step; its work was abandoned. */
  leaveBranch(): void {
    this.#cancelTimeouts()
    this.#pauses.wakeUp()
    this.flow.pending = undefined
    this.flow.forking = undefined
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
    this.#end('given up')
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
    this.#owner.drive(this)
  }

  #ended(): void {
    this.newsAt = this.judge.times.ended
    this.#settle(this.scope.frame, this.scope.frame.current!)
    this.#owner.drive(this)
  }

  /** Judges the current attempt and decides the next step. */
  #settle(frame: Frame, plan: StepPlan): void {
    this.log.judges(plan)
    const hasPassed = this.judge.judge(frame, plan)
    const chosen = frame.detour ? undefined : this.flow.choose(frame, hasPassed ? plan.onSuccess : plan.onFailure)
    const isRetry = chosen?.action.type === 'retry'
    const wait = isRetry ? waitBefore(chosen.action, plan, this.scope.received, this.#plan) : 0
    this.late += this.log.judged(frame, plan, hasPassed, isRetry && typeof wait === 'number')
    const [action, delay] = typeof wait === 'string' ? [undefined, 0] : [chosen, wait]
    this.flow.take(action)
    if (this.log.isRecording) {
      this.log.record(frame, plan, hasPassed, action, wait)
      this.#owner.onRecorded()
    }
    const because = hasPassed ? undefined : this.log.explain(plan)
    this.scope.judged = undefined
    if (this.judge.cause === 'aborted' && plan.number >= 0) return this.#end('aborted')
    if (frame.detour) return this.flow.comeBack(frame)
    this.flow.because = because ?? this.flow.because
    this.flow.follow(frame, plan, hasPassed, action, delay)
    if (typeof wait === 'string') this.flow.because = `${because}; it is not tried again, ${wait}`
  }
}
