import type { Location } from '../../ground/errors.ts'
import { foreseen } from '../../ground/fault.ts'

/** A request that could not be built from what the run holds. Does not cover requests that were sent. */
export class RequestError extends Error {
  override name = 'RequestError'
  readonly at: Location

  constructor(message: string, at: Location) {
    super(message)
    this.at = at
    foreseen(this)
  }
}
