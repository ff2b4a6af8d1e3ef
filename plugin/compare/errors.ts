import type { SideName } from '../../src/compare/pair.ts'
import { REPAIRS } from '../../src/compare/words.ts'
import { asUserError, failed, isUserError } from '../../src/ground/fault.ts'
import { stackOf } from '../../src/ground/stack.ts'
import type { Secrets } from '../../src/workflow/secrets.ts'
import { quotedLines } from '../server/output-tail.ts'

/** Error for a comparison that could not be made. */
export function notCompared(found: string, advice: string): Error {
  return plainError(failed('compare', 'base with head', found, advice))
}

/** Error for a failed setup command, with its last output. */
export function setupFailed(side: SideName, setup: string, found: string, advice: string, output: string): Error {
  const message = failed(`set up ${side}`, `with "${setup}"`, found, advice)
  const lines = quotedLines(output)
  const rest = lines.length === 0 ? ['It wrote nothing.'] : ['', 'Last output of the setup:', ...lines]
  return plainError([message, ...rest, ...(side === 'base' ? ['', REPAIRS] : [])].join('\n'))
}

/** An error of ours without its secrets and its stack; others stay as they are. */
export const maskedError = (error: unknown, secrets: Secrets): unknown =>
  isUserError(error) ? plainError(secrets.mask(error.message)) : error

/** Error whose message says everything. A stack of this package would not help the reader. */
export function plainError(message: string): Error {
  const error = asUserError(new Error(message))
  error.stack = stackOf(error.name, message)
  return error
}
