import type { ResponseReads } from '../http/transport.ts'
import type { StepChecks } from './checks/step-checks.ts'
import type { StepPlan } from './plan.ts'

/** What is read of a response under load; now and then its body is held whole, to be checked, however long it is. */
export class HeldBody {
  #checks: StepChecks | undefined

  readsOf({ reads, checkedReads, checks }: StepPlan): ResponseReads | undefined {
    this.release()
    if (checks === undefined || !checks.hold()) return reads
    this.#checks = checks
    return checkedReads
  }

  /** The body that was to be held whole is there, or will not come. */
  release(): void {
    if (this.#checks === undefined) return
    this.#checks.letGo()
    this.#checks = undefined
  }
}
