import type { TestContext } from 'vitest'
import { plainLines } from '../../src/ground/plain.ts'
import { type Frame, positionedError } from '../failure/positioned-error.ts'

type Annotation = Parameters<TestContext['annotate']>

/**
 * Annotates a test, at a place in its test file. Vitest takes the place from the stack of the call, in which there is
 * no line of that file: it is called by ours. GitHub's reporter leaves out annotations without a place, so the stack is
 * made to have one.
 */
export function annotate(
  { annotate }: TestContext,
  site: readonly Frame[],
  ...[message, ...rest]: [message: string, ...rest: unknown[]]
): Promise<unknown> {
  const { stack = '' } = positionedError('Error', '', site)
  const original = Error.prepareStackTrace
  // Vitest makes its stack before it first waits for anything.
  Error.prepareStackTrace = () => stack
  try {
    return annotate(...([plainLines(message), ...rest] as Annotation))
  } finally {
    Error.prepareStackTrace = original
  }
}
