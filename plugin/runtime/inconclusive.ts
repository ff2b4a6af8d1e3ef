import type { TestContext } from 'vitest'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { inconclusiveError } from '../failure/load-error.ts'
import type { Frame } from '../failure/positioned-error.ts'
import { annotate } from './annotate.ts'

/**
 * What becomes of a test whose run decided nothing: it fails under a name of its own, passes with a warning, or is
 * skipped.
 */
export async function settleInconclusive(
  policy: LoadOptions['onInconclusive'],
  because: string,
  context: TestContext,
  site: readonly Frame[],
): Promise<void> {
  if (policy === 'skip') context.skip(`inconclusive: ${because}`)
  if (policy !== 'warn') throw inconclusiveError(because, site)
  await annotate(context, site, `inconclusive: ${because}`, 'warning')
}
