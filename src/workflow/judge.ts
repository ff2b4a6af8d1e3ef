// Hot file. Allocated per attempt: nothing.

import type { Fault, Reason } from '../ground/fault.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { ExchangeTimes, FailureCause } from '../http/transport.ts'
import type { Clock } from '../measure/clock.ts'
import { isError, noFaults, type ResponseFault } from './checks/check-rule.ts'
import type { StepChecks } from './checks/step-checks.ts'
import type { Courier } from './courier.ts'
import type { Frame } from './frame.ts'
import type { CriterionPlan, StepPlan } from './plan.ts'
import type { RunScope } from './run-scope.ts'
import type { Contract } from './virtual-user.ts'

const noReason: Reason = { found: '' }
const NEW_IS_REFUSED = 'its token was refused and fetched anew, and the new one is refused too'
const noTimes: ExchangeTimes = { queued: 0, sent: 0, ended: 0 }

/** Judges the current attempt: by its criteria, its OpenAPI description, and its outputs. */
export class Judge {
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
  /** Time it took to read its body ahead for that. */
  #reading: Milliseconds = 0
  /** Why the criterion that was tested last could not be evaluated. */
  #misread: Fault | undefined
  readonly #scope: RunScope
  readonly #courier: Courier
  readonly #isThorough: boolean
  readonly #clock: Clock

  /** @param isThorough whether every response is validated, as in functional runs; otherwise a sample. */
  constructor(scope: RunScope, courier: Courier, clock: Clock, isThorough: boolean) {
    this.#clock = clock
    this.#scope = scope
    this.#courier = courier
    this.#isThorough = isThorough
  }

  /** Another attempt begins. */
  begin(): void {
    this.times = noTimes
    this.cause = undefined
    this.unmet = undefined
    this.faults = noFaults
    this.contract = undefined
  }

  fail(cause: NonNullable<Judge['cause']>, reason: Reason, times?: ExchangeTimes): void {
    this.cause = cause
    this.reason = reason
    if (times) this.times = times
  }

  /** Whether the attempt has passed; its outputs are the frame's then. */
  judge(frame: Frame, plan: StepPlan): boolean {
    this.#scope.judged = plan
    this.#scope.judgedIn = frame
    if (plan.operation !== undefined) this.#scope.received.operation = plan.operation
    if (plan.checks && !this.#isThorough) this.#readAhead(plan.checks)
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
    const from = checks.isMeasured ? this.#clock.now() : 0
    this.#scope.received.readAhead()
    if (from > 0) this.#reading = this.#clock.now() - from
  }

  /** A test that needs a value in a body that is not the declared JSON cannot be evaluated, and is not met. */
  isMet({ test }: CriterionPlan): boolean {
    const { received } = this.#scope
    received.takeMisread()
    const isTrue = test(this.#scope)
    this.#misread = received.takeMisread()
    return isTrue && this.#misread === undefined
  }

  /** Without criteria of its own an operation passes unless the server reports an error. */
  isRejectedByStatus(plan: StepPlan): boolean {
    return plan.criteria.length === 0 && plan.number >= 0 && (this.#scope.received.status ?? 0) >= 400
  }

  /** Why a 401 is not the fault of an old token: that is fetched anew, and a response counts only after it. */
  get refusal(): string | undefined {
    return this.#scope.received.status === 401 && this.#courier.hasToken ? NEW_IS_REFUSED : undefined
  }

  /** Mismatches of the response with the description of its operation. */
  lookForFaults({ checks }: StepPlan, isMet: boolean): readonly ResponseFault[] {
    // The target of a redirect is another resource than the described one.
    if (!checks || this.cause !== undefined || this.#courier.redirectedBy !== undefined) return noFaults
    return checks.of(this.#scope.received, isMet, this.#scope)
  }

  /** Under load a failure is only looked at when it is described. */
  #faultsOf(plan: StepPlan, checks: StepChecks, isMet: boolean): readonly ResponseFault[] {
    if (this.#isThorough) return this.lookForFaults(plan, isMet)
    if (!isMet || !checks.isStrict) return noFaults
    const { redirectedBy } = this.#courier
    if (redirectedBy !== undefined) return this.#ofRedirect(checks, redirectedBy)
    if (checks.describesAnything) this.contract = 'unchecked'
    const { received } = this.#scope
    const isMissed = received.passed !== undefined && checks.misses(received.passed)
    if (!checks.isDue(received.status ?? 0, isMissed, this.times.ended)) return noFaults
    const from = checks.isMeasured ? this.#clock.now() : 0
    const faults = checks.of(received, isMet, this.#scope)
    checks.looked(from > 0 ? this.#clock.now() - from + this.#reading : undefined)
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
    const { received } = this.#scope
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
    const outputs = this.#scope.evaluateEach(plan.outputs)
    const fault = this.#scope.takeFault()
    if (fault === undefined) {
      frame.stepOutputs[plan.position] = outputs
      return true
    }
    this.fail('output', fault)
    return false
  }
}
