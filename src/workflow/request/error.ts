import type { Location } from '../../ground/errors.ts'
import { asUserError, type Fault, sentenceOf } from '../../ground/fault.ts'

/** A request that could not be built from what the run holds. Does not cover requests that were sent. */
export class RequestError extends Error {
  override name = 'RequestError'
  readonly at: Location

  constructor(fault: Fault, at: Location) {
    super(sentenceOf(fault))
    this.at = at
    asUserError(this, fault)
  }
}
