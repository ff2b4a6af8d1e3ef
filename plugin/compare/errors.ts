import { asUserError, failed } from '../../src/ground/fault.ts'
import { stackOf } from '../../src/ground/stack.ts'

/** Error for a comparison that could not be made. */
export function notCompared(found: string, advice: string): Error {
  return plainError(failed('compare', 'base with head', found, advice))
}

/** Error whose message says everything. A stack of this package would not help the reader. */
export function plainError(message: string): Error {
  const error = asUserError(new Error(message))
  error.stack = stackOf(error.name, message)
  return error
}
