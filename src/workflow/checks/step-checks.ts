import type { Criterion } from '../../document/model.ts'
import { type Evaluate, isStatusAmong, type Scope, statusesNamedBy } from '../../expression/index.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { PassedBody } from '../../http/reads.ts'
import type { ReceivedResponse } from '../response.ts'
import { type CheckCost, StepCost } from './check-cost.ts'
import type { CheckRule } from './check-rule.ts'
import { isError, noFaults, type ResponseFault } from './fault.ts'
import type { OperationChecks } from './operation-checks.ts'
import { Sample } from './sample.ts'

/**
 * The checks of one step against its operation.
 *
 * An undocumented status is only a warning where the step's criteria, or those of an action on success, name exactly
 * this status: they expect it in so many words, and what lacks is a line in the description. `$statusCode < 500` names
 * none. It is a warning, too, where the criteria are not met: they have said already that the step failed.
 */
export class StepChecks {
  /** Whether nothing reads the body, which has to be what its headers say all the same. */
  isUnread = false
  /** Whether anything is documented that a response can break. */
  readonly describesAnything: boolean
  /** Whether a response that is not as documented fails the step. */
  readonly isStrict: boolean
  readonly #checks: OperationChecks
  readonly #named: readonly Evaluate[]
  readonly #sample: Sample
  readonly #cost: CheckCost
  readonly #own = new StepCost()
  /** Status of the last response whose status is documented: most are like it. */
  #documented = 0

  /**
   * @param criteria all that speak of a step that passes: its own, and those of actions on success.
   * @param cost of all steps of a thread.
   */
  constructor(criteria: readonly Criterion[], checks: OperationChecks, { mode, all }: CheckRule, cost: CheckCost) {
    this.#checks = checks
    this.describesAnything = !checks.isEmpty
    this.isStrict = mode === 'error'
    this.#cost = cost
    this.#sample = new Sample(cost, all)
    this.#named = criteria.flatMap(({ test }) => statusesNamedBy(test))
  }

  /** Everything that is wrong with a response. `isMet` tells whether the step's criteria are. */
  of(received: ReceivedResponse, isMet: boolean, scope: Scope): readonly ResponseFault[] {
    const documented = this.#checks.faults(received)
    const faults = documented.length === 0 && this.isUnread ? this.#checks.unreadable(received) : documented
    if (faults.length === 0) return noFaults
    return faults.map(fault => (this.#isError(fault, isMet, scope) ? fault : { ...fault, severity: 'warning' }))
  }

  /**
   * Under load, of strict ones: whether this response is checked. All are whose status is not documented, and all of
   * a step of which no body is looked into.
   *
   * @param isMissed whether its body is needed, and was not held.
   * @param at when it came.
   */
  isDue(status: number, isMissed: boolean, at: Milliseconds): boolean {
    if (!this.#looksIntoBodies) return true
    const isDue = this.#sample.isDue(!isMissed) || !this.#isDocumented(status)
    this.#cost.came(at, this.#own.mean)
    return isDue
  }

  /** Under load: whether the next response that is looked at is one of those whose cost is measured. */
  get isMeasured(): boolean {
    return this.#looksIntoBodies && this.#own.isMeasured
  }

  /** Under load: a response was looked at. @param cost undefined for one that was not measured. */
  looked(cost: Milliseconds | undefined): void {
    if (this.#looksIntoBodies) this.#own.add(cost)
  }

  get #looksIntoBodies(): boolean {
    return this.#checks.haveSchemas || this.isUnread
  }

  /** Whether the checks have not seen the body that they need. @param passed a body that was not held. */
  misses(passed: PassedBody): boolean {
    return this.#checks.haveSchemas || (this.isUnread && passed.isEncoded)
  }

  /** Under load: whether the body in hand, if it was held, may be validated. */
  get mayCheckBody(): boolean {
    return this.isStrict && this.#checks.haveSchemas && this.#sample.isNextDue
  }

  /** Under load: a response that met all criteria had a fault. What a server always does is to count each time. */
  distrust(): void {
    this.#sample.takeAll()
  }

  /**
   * Under load: whether the body of the response to a request is to be held, however long it is. `letGo` has to follow.
   */
  hold(): boolean {
    return this.isStrict && this.#checks.haveSchemas && this.#sample.hold()
  }

  /** The response is there, or will not come. */
  letGo(): void {
    this.#sample.letGo()
  }

  /** What is documented where the status is not: `200 and 4XX`. */
  documentedBeside(status: number): string | undefined {
    return this.#checks.documents(status) ? undefined : this.#checks.documented
  }

  #isDocumented(status: number): boolean {
    if (status === this.#documented) return true
    if (!this.#checks.documents(status)) return false
    this.#documented = status
    return true
  }

  #isError(fault: ResponseFault, isMet: boolean, scope: Scope): boolean {
    if (!this.isStrict || !isError(fault)) return false
    return !fault.isOfStatus || (isMet && !isStatusAmong(this.#named, scope.statusCode ?? 0, scope))
  }
}
