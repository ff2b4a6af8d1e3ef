import type { Step } from '../../document/model.ts'
import { expressionsIn } from '../../expression/index.ts'
import type { ReceivedResponse } from '../response.ts'
import { type Fault, isError, noFaults } from './fault.ts'
import type { CheckMode, OperationChecks } from './operation-checks.ts'
import { Sample } from './sample.ts'

/**
 * The checks of one step against its operation.
 *
 * An undocumented status is only a warning where the step's successCriteria speak of `$statusCode`: met, they expect this status
 * in so many words, and what lacks is a line in the description; not met, they have said so already. Elsewhere it is an
 * error.
 */
export class StepChecks {
  readonly #checks: OperationChecks
  readonly #mode: CheckMode
  readonly #namesStatus: boolean
  readonly #sample = new Sample()

  constructor(step: Step, checks: OperationChecks, mode: CheckMode) {
    this.#checks = checks
    this.#mode = mode
    this.#namesStatus = step.successCriteria.some(({ test }) =>
      expressionsIn(test).some(({ expression }) => expression.kind === 'statusCode'),
    )
  }

  /** Everything that is wrong with an answer. `isMet` tells whether the step's criteria are. */
  of(answer: ReceivedResponse, isMet: boolean): readonly Fault[] {
    const faults = this.#checks.faults(answer)
    if (faults.length === 0) return noFaults
    return faults.map(fault => (this.#isError(fault, isMet) ? fault : { ...fault, severity: 'warning' }))
  }

  /** Under load: whether the answer in hand is one of those to be looked at. Warnings are of no use there. */
  isDue(): boolean {
    return this.#mode === 'error' && this.#sample.isDue()
  }

  #isError(fault: Fault, isMet: boolean): boolean {
    if (this.#mode !== 'error') return false
    return isError(fault) && !(fault.isOfStatus && (this.#namesStatus || !isMet))
  }
}
