// Hot file. Allocated per attempt: nothing, unless the step sends a message.

import { type Fault, type Reason, reasonOf } from '../ground/fault.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { RawHeaders } from '../http/headers.ts'
import type { ExchangeTimes, FailureCause, PassedBody, ResponseListener, ResponseReads } from '../http/transport.ts'
import { Attempt } from './attempt.ts'
import type { Branch } from './branch.ts'
import type { ChannelPlan } from './channel/plan.ts'
import { MessageTask } from './channel/task.ts'
import { isError, noFaults, type ResponseFault } from './checks/check-rule.ts'
import type { StepChecks } from './checks/step-checks.ts'
import { EventWatch } from './events/watch.ts'
import { Failure } from './failure.ts'
import { stepKey } from './find.ts'
import type { Frame } from './frame.ts'
import type { Next } from './outcome.ts'
import type { ActionPlan, CriterionPlan, StepPlan } from './plan.ts'
import { Recording } from './recording.ts'
import { refusalOf } from './refusal.ts'
import type { RunScope } from './run-scope.ts'
import type { User } from './user.ts'
import type { Contract } from './virtual-user.ts'

/** Why the wait for a response was cut. */
export type CutCause = FailureCause | 'no response'

export const ABORTED: Reason = { found: 'the run ended before the response came' }

const noReason: Reason = { found: '' }
const NEW_IS_REFUSED = 'its token was refused and fetched anew, and the new one is refused too'
const noTimes: ExchangeTimes = { queued: 0, sent: 0, ended: 0 }

/**
 * The current step of a branch. Sends its request or message, judges the result by its criteria, its OpenAPI
 * description and its outputs, and reports it to the observer.
 */
export class CurrentStep implements ResponseListener {
  readonly user: User
  readonly scope: RunScope
  /** Record of attempts, if the observer wants the whole record. */
  readonly recording: Recording | undefined
  times: ExchangeTimes = noTimes
  /** Why the attempt got no response or was not sent, or its outputs not taken. */
  cause: FailureCause | 'no response' | 'channel' | 'events' | 'request' | 'output' | 'runaway' | undefined
  /** Reason of a failure. */
  reason: Reason = noReason
  /** The criterion that was not met, first of them. */
  unmet: CriterionPlan | undefined
  /** Mismatches of the response with its OpenAPI description, as far as it was checked. */
  faults: readonly ResponseFault[] = noFaults
  /** Under load: whether the response, which met all criteria, was checked against its description, and kept to it. */
  contract: Contract | undefined
  /** Whether it failed by an inner step that was reported already. */
  isTold = false
  readonly #branch: Branch
  #attempt: Attempt
  readonly #events: EventWatch
  readonly #failure: Failure
  /** Checks for which the current body is stored as a whole, from time to time under load. */
  #holding: StepChecks | undefined
  /** Time it took to read its body ahead of the checks. */
  #reading: Milliseconds = 0
  /** Why the criterion that was tested last could not be evaluated. */
  #misread: Fault | undefined

  constructor(branch: Branch) {
    const { user, scope } = branch
    this.#branch = branch
    this.user = user
    this.scope = scope
    this.recording = user.observer.onStep ? new Recording(this, user.record) : undefined
    this.#attempt = this.#newAttempt()
    this.#events = new EventWatch(this)
    this.#failure = new Failure(this)
  }

  /** Under load a redirect must not lead to a stranger. */
  #newAttempt(): Attempt {
    const { plan } = this.user
    return new Attempt(this, this.user, plan.followRedirects, this.recording ? undefined : plan.origins)
  }

  /* ---- sending it ---- */

  /** Another attempt begins. */
  begin(frame: Frame, plan: StepPlan): void {
    this.isTold = false
    this.recording?.attempt(frame, plan)
    if (plan.number >= 0) this.user.observer.onWork?.(plan.number, true)
    this.times = noTimes
    this.cause = undefined
    this.unmet = undefined
    this.faults = noFaults
    this.contract = undefined
  }

  send(frame: Frame, plan: StepPlan): void {
    const { scope } = this
    scope.message = undefined
    if (plan.channel) return this.#sendMessage(frame, plan, plan.channel)
    try {
      scope.received.clear()
      // A functional run reads the whole response, for its record.
      const reads = this.recording ? undefined : this.#readsOf(plan)
      const isPlain = !plan.auth && this.#attempt.addsNothing
      scope.built.make(plan.request!, scope, reads, isPlain)
      this.#events.prepare(plan, scope.built.out)
    } catch (error) {
      return this.refuse(frame, plan, refusalOf(error, plan))
    }
    // Credentials may have to be waited for before the transport gets it.
    if (plan.auth) scope.built.out.queued = this.user.clock.now()
    this.#attempt.send(scope.built.out, plan.auth, plan.request!.body ? 0 : this.#branch.newsAt)
  }

  #sendMessage(frame: Frame, plan: StepPlan, channel: ChannelPlan): void {
    const { scope } = this
    scope.received.clear()
    try {
      scope.message = new MessageTask(channel, frame.plan.workflow.workflowId, plan.step.stepId, scope)
    } catch (error) {
      return this.refuse(frame, plan, refusalOf(error, plan))
    }
    scope.message.perform(this, this.user)
  }

  #readsOf({ reads, checkedReads, checks }: StepPlan): ResponseReads | undefined {
    this.#release()
    if (checks === undefined || !checks.hold()) return reads
    this.#holding = checks
    return checkedReads
  }

  /** The body that was to be held whole is there, or will not come. */
  #release(): void {
    if (this.#holding === undefined) return
    this.#holding.letGo()
    this.#holding = undefined
  }

  /** It is not performed, and has failed. */
  refuse(frame: Frame, plan: StepPlan, reason: Reason): void {
    this.scope.received.clear()
    const now = this.user.clock.now()
    this.fail('request', reason, { queued: now, sent: now, ended: now })
    this.#branch.settle(frame, plan)
  }

  /* ---- news of it ---- */

  onResponse(status: number, headers: RawHeaders, body: Uint8Array, times: ExchangeTimes, passed?: PassedBody): void {
    const { received, built } = this.scope
    this.#release()
    if (!this.#events.hasRead) received.set(status, headers, body, built.out.reads, passed)
    if (this.user.plan.keepsBodies) received.keep()
    this.times = times
    this.#events.judge(times)
    this.#branch.onAttemptEnded(this.times.ended)
  }

  onFailure(cause: FailureCause, error: Error, times: ExchangeTimes): void {
    this.#release()
    this.#events.fail(cause, reasonOf(error), times)
    this.#branch.onAttemptEnded(this.times.ended)
  }

  onMessage(times: ExchangeTimes): void {
    this.times = times
    this.#branch.onAttemptEnded(times.ended)
  }

  onMessageFailure(cause: 'timeout' | 'channel', reason: Reason, times: ExchangeTimes): void {
    this.fail(cause, reason, times)
    this.#branch.onAttemptEnded(times.ended)
  }

  /** The request could not be sent: there are no credentials for it. */
  onRefused(fault: Fault): void {
    const { frame } = this.scope
    this.refuse(frame, frame.current!, fault)
    this.user.drive(this.#branch)
  }

  /** Forgets the request and the response still to come. Returns whether there was a request without a response. */
  letGo(asked: CutCause, why: Reason): boolean {
    this.#release()
    const { frame, message } = this.scope
    if (!this.#attempt.isWaiting && !message?.isWaiting) return false
    const hasResponded = asked === 'no response' && this.#events.hasBegun
    const [cause, reason] = hasResponded ? (['aborted', ABORTED] as const) : [asked, why]
    const plan = frame.current!
    const ended = this.user.clock.now()
    const sent = (message?.isWaiting ? message.begun : this.#attempt.queued) ?? ended
    const times = { queued: sent, sent, ended }
    this.fail(cause, this.#events.reasonOf(cause, reason, times), times)
    this.#withoutResponse(frame, plan)
    if (this.#attempt.isWaiting) {
      this.#attempt.forget()
      this.#attempt = this.#newAttempt()
    }
    this.#events.letGo()
    message?.letGo()
    return !hasResponded
  }

  /** A branch that a burst has made may be idle from now on: it holds no response. */
  rest(): void {
    this.scope.received.clear()
    this.scope.message = undefined
    this.#events.letGo()
  }

  /* ---- judging it ---- */

  fail(cause: NonNullable<CurrentStep['cause']>, reason: Reason, times?: ExchangeTimes): void {
    this.cause = cause
    this.reason = reason
    if (times) this.times = times
  }

  /** Whether the attempt has passed; its outputs are the frame's then. */
  judge(frame: Frame, plan: StepPlan): boolean {
    if (plan.number >= 0) this.user.observer.onWork?.(plan.number)
    this.scope.judged = plan
    this.scope.judgedIn = frame
    if (plan.operation !== undefined) this.scope.received.operation = plan.operation
    if (plan.checks && !this.recording) this.#readAhead(plan.checks)
    this.unmet = this.cause === undefined ? this.firstUnmet(plan.criteria) : undefined
    const isMet = this.cause === undefined && this.unmet === undefined && !this.isRejectedByStatus(plan)
    this.faults = plan.checks ? this.#faultsOf(plan, plan.checks, isMet) : noFaults
    const isFaulty = this.faults !== noFaults && this.faults.some(isError)
    return isMet && !isFaulty && !this.#isUndecided(frame, plan) && this.#takeOutputs(frame, plan)
  }

  firstUnmet(criteria: readonly CriterionPlan[]): CriterionPlan | undefined {
    for (const criterion of criteria) if (!this.isMet(criterion)) return criterion
    return undefined
  }

  /** A body that will be validated is parsed once, also for criteria and outputs. */
  #readAhead(checks: StepChecks): void {
    this.#reading = 0
    if (this.cause !== undefined || !checks.mayCheckBody) return
    const from = checks.isMeasured ? this.user.clock.now() : 0
    this.scope.received.readAhead()
    if (from > 0) this.#reading = this.user.clock.now() - from
  }

  /** A test that needs a value in a body that is not the declared JSON cannot be evaluated, and is not met. */
  isMet({ test }: CriterionPlan): boolean {
    const { received } = this.scope
    received.takeMisread()
    const isTrue = test(this.scope)
    this.#misread = received.takeMisread()
    return isTrue && this.#misread === undefined
  }

  /** Without criteria of its own an operation passes unless the server reports an error. */
  isRejectedByStatus(plan: StepPlan): boolean {
    return plan.criteria.length === 0 && plan.number >= 0 && (this.scope.received.status ?? 0) >= 400
  }

  /** Why a 401 is not the fault of an old token: that is fetched anew, and a response counts only after it. */
  get refusal(): string | undefined {
    return this.scope.received.status === 401 && this.#attempt.hasToken ? NEW_IS_REFUSED : undefined
  }

  /** Mismatches of the response with the description of its operation. */
  lookForFaults({ checks }: StepPlan, isMet: boolean): readonly ResponseFault[] {
    // The target of a redirect is another resource than the described one.
    if (!checks || this.cause !== undefined || this.#attempt.redirectedBy !== undefined) return noFaults
    return checks.of(this.scope.received, isMet, this.scope)
  }

  /** Under load a response is checked as often as is due, and a failure only when it is described. */
  #faultsOf(plan: StepPlan, checks: StepChecks, isMet: boolean): readonly ResponseFault[] {
    if (this.recording) return this.lookForFaults(plan, isMet)
    if (!isMet || !checks.isStrict) return noFaults
    const { redirectedBy } = this.#attempt
    if (redirectedBy !== undefined) return this.#ofRedirect(checks, redirectedBy)
    if (checks.describesAnything) this.contract = 'unchecked'
    const { received } = this.scope
    const isMissed = received.passed !== undefined && checks.misses(received.passed)
    if (!checks.isDue(received.status ?? 0, isMissed, this.times.ended)) return noFaults
    const from = checks.isMeasured ? this.user.clock.now() : 0
    const faults = checks.of(received, isMet, this.scope)
    checks.looked(from > 0 ? this.user.clock.now() - from + this.#reading : undefined)
    if (faults === noFaults) {
      if (checks.describesAnything && !isMissed) this.contract = 'kept'
      return noFaults
    }
    const isBroken = faults.some(isError)
    if (isBroken) checks.distrust()
    if (isBroken && checks.describesAnything) this.contract = 'broken'
    return faults
  }

  /** The target of a redirect has no description. */
  #ofRedirect(checks: StepChecks, status: number): typeof noFaults {
    if (checks.describesAnything && checks.documentedBeside(status) !== undefined) this.contract = 'unchecked'
    return noFaults
  }

  /** A step has failed when what follows its success depends on a body that is not the JSON it says it is. */
  #isUndecided(frame: Frame, plan: StepPlan): boolean {
    if (plan.chosenBy === undefined || frame.detour) return false
    const { received } = this.scope
    received.takeMisread()
    received.at(plan.chosenBy)
    // In a body that does not say that it is JSON there is nothing, and the action is not chosen.
    if (received.takeMisread() === undefined || received.isNotJson) return false
    for (const { criteria } of plan.onSuccess) {
      const unmet = this.firstUnmet(criteria)
      if (!unmet) return false
      if (!this.#misread) continue
      this.fail('output', this.#misread)
      return true
    }
    return false
  }

  /** A step whose outputs cannot be evaluated has failed. */
  #takeOutputs(frame: Frame, plan: StepPlan): boolean {
    const outputs = this.scope.evaluateEach(plan.outputs)
    const fault = this.scope.takeFault()
    if (fault === undefined) {
      frame.stepOutputs[plan.position] = outputs
      return true
    }
    this.fail('output', fault)
    return false
  }

  /* ---- telling of it ---- */

  /**
   * The attempt was judged, and what follows it is chosen. Returns what of its time the observer's own thread may have
   * added.
   */
  report(frame: Frame, plan: StepPlan, hasPassed: boolean, isRetried: boolean): Milliseconds {
    if (plan.number < 0) {
      if (!hasPassed && !this.isTold) this.callFailed(frame, plan)
      return 0
    }
    const seen = this.#failure.of(plan, isRetried)
    if (this.cause === 'timeout') this.user.isCut = true
    const isPoll = isRetried && isPolling(plan, this)
    const own = this.#tell(plan, hasPassed || isPoll ? undefined : seen)
    if (isPoll) this.user.observer.onRetried?.(plan.number, this.times.sent, this.scope.received.status!)
    return own
  }

  record(...[frame, plan, hasPassed, ...follows]: Parameters<typeof describeNext>): void {
    const next = describeNext(frame, plan, hasPassed, ...follows)
    this.user.observer.onStep?.(this.recording!.add(frame, plan, hasPassed, next))
  }

  explain(plan: StepPlan): string {
    return `step "${plan.step.stepId}" failed: ${this.#failure.of(plan).message}`
  }

  /** Send time of the first request of the current chain. */
  sentFirst(sent: Milliseconds): Milliseconds {
    return this.#attempt.sentFirst(sent)
  }

  /** A step failed by itself that has no request of its own. */
  callFailed(frame: Frame, plan: StepPlan): void {
    const { observer, plan: all, clock } = this.user
    const key = stepKey(all.workflow, frame.plan.workflow, plan.step.stepId)
    observer.onCallFailed?.(key, clock.now(), this.#failure.of(plan))
  }

  /** A request without a response must not be missing from the figures: it may be the slowest of all. */
  #withoutResponse(frame: Frame, plan: StepPlan): void {
    this.user.isCut = true
    this.#tell(plan, this.#failure.of(plan))
    if (!this.recording || this.cause === 'aborted') return // who aborts a run knows what it waited for
    this.user.observer.onStep?.(this.recording.add(frame, plan, false, { go: 'end' }))
  }

  /** The attempt belongs to the figures. */
  #tell({ number }: StepPlan, failure: Failure | undefined): Milliseconds {
    const { sent, ended } = this.times
    const { status } = this.scope.received
    this.user.attempts.add(number, sent, ended, status)
    return this.user.observer.onAttempt(number, sent, ended, failure, this.#failure, status) ?? 0
  }

  /** A run is given up at a step that was not performed. */
  gaveUp(frame: Frame, plan: StepPlan, because: string): void {
    this.recording?.giveUp(frame, plan, because)
    const now = this.user.clock.now()
    if (plan.number < 0) this.callFailed(frame, plan)
    else this.user.observer.onAttempt(plan.number, now, now, this.#failure.of(plan), this.#failure)
  }
}

const SERVER_ERROR = 500

/**
 * Whether an attempt that is to be retried is one that polls: a response came that could be read, its status is one
 * that the description lists for the operation (`202`, `2XX`; `default` lists none), and it is not a server's error.
 */
function isPolling(plan: StepPlan, step: CurrentStep): boolean {
  const { operation } = plan
  const { cause, unmet, scope } = step
  const { status = SERVER_ERROR } = scope.received
  if (operation === undefined || cause !== undefined || status >= SERVER_ERROR) return false
  const { responses } = operation
  if (!(status in responses || `${Math.floor(status / 100)}XX` in responses)) return false
  // A response that meets all criteria, and is not as described, is no wait.
  if (unmet === undefined) return step.isRejectedByStatus(plan)
  scope.received.takeMisread()
  return unmet.explain(scope).error === undefined && scope.received.takeMisread() === undefined
}

/** Says in a report what follows a step. @param wait before a retry, or why it is not made. */
function describeNext(
  frame: Frame,
  plan: StepPlan,
  hasPassed: boolean,
  chosen: ActionPlan | undefined,
  wait: Milliseconds | string,
): Next {
  if (frame.detour) return { go: 'step', stepId: frame.detour.back.step.stepId }
  const isLast = plan.position === frame.plan.steps.length - 1
  if (typeof wait === 'string') return { go: 'end', notRetried: wait }
  if (!chosen) return hasPassed && !isLast ? { go: 'on' } : { go: 'end' }
  const { action } = chosen
  if (action.type === 'end') return { action: action.name, go: 'end' }
  if (action.type === 'retry') {
    const left = action.retryLimit - (frame.retries?.get(chosen) ?? 0)
    return { action: action.name, go: 'retry', after: wait, left }
  }
  return action.to.kind === 'step'
    ? { action: action.name, go: 'step', stepId: action.to.stepId }
    : { action: action.name, go: 'workflow', workflowId: action.to.workflow.workflowId }
}
