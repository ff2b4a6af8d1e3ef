import type { ResponseReads } from '../http/transport.ts'
import type { StepChecks } from './checks/step-checks.ts'
import type { StepPlan } from './plan.ts'

/** Reading of a response under load. From time to time a whole body of any length is stored for validation. */
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
