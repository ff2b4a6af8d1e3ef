import type { Criterion } from '../../document/model.ts'
import { type Evaluate, isStatusAmong, type Scope, statusesNamedBy } from '../../expression/index.ts'
import type { ReceivedResponse } from '../response.ts'
import { isError, noFaults, type ResponseFault } from './fault.ts'
import type { CheckMode, OperationChecks } from './operation-checks.ts'
import { Sample } from './sample.ts'

/**
 * The checks of one step against its operation.
 *
 * An undocumented status is only a warning where the step's criteria, or those of an action on success, name exactly
 * this status: they expect it in so many words, and what lacks is a line in the description. `$statusCode < 500` names
 * none. It is a warning, too, where the criteria are not met: they have said already that the step failed.
 */
export class StepChecks {
  readonly #checks: OperationChecks
  readonly #mode: CheckMode
  readonly #named: readonly Evaluate[]
  readonly #sample = new Sample()
  /** Status of the last response whose status is documented: most are like it. */
  #documented = 0

  /** @param criteria all that speak of a step that passes: its own, and those of actions on success. */
  constructor(criteria: readonly Criterion[], checks: OperationChecks, mode: CheckMode) {
    this.#checks = checks
    this.#mode = mode
    this.#named = criteria.flatMap(({ test }) => statusesNamedBy(test))
  }

  /** Everything that is wrong with a response. `isMet` tells whether the step's criteria are. */
  of(received: ReceivedResponse, isMet: boolean, scope: Scope): readonly ResponseFault[] {
    const faults = this.#checks.faults(received)
    if (faults.length === 0) return noFaults
    return faults.map(fault => (this.#isError(fault, isMet, scope) ? fault : { ...fault, severity: 'warning' }))
  }

  /**
   * Under load: whether the response in hand is one of those to be looked at, as all are whose status is not
   * documented. Warnings are of no use there.
   *
   * @param isWhole whether its body was held.
   */
  isDue(status: number, isWhole: boolean): boolean {
    if (this.#mode !== 'error') return false
    return this.#sample.isDue(isWhole || !this.#checks.haveSchemas) || !this.#isDocumented(status)
  }

  /** Under load: whether the body in hand, if it was held, may be validated. */
  get mayCheckBody(): boolean {
    return this.#mode === 'error' && this.#checks.haveSchemas && this.#sample.isNextDue
  }

  /** Under load: a response that met all criteria had a fault. What a server always does is to count each time. */
  distrust(): void {
    this.#sample.takeAll()
  }

  /**
   * Under load: whether the body of the response to a request is to be held, however long it is. `letGo` has to follow.
   */
  hold(): boolean {
    return this.#mode === 'error' && this.#checks.haveSchemas && this.#sample.hold()
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
    if (this.#mode !== 'error' || !isError(fault)) return false
    return !fault.isOfStatus || (isMet && !isStatusAmong(this.#named, scope.statusCode ?? 0, scope))
  }
}
