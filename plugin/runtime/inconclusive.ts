import { inject, type TestContext } from 'vitest'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import type { ProvidedComparison } from '../compare/provide.ts'
import { inconclusiveError } from '../failure/load-error.ts'
import type { Frame } from '../failure/positioned-error.ts'
import { isCi } from '../server/options.ts'
import { annotate } from './annotate.ts'
import { UNDECIDED } from './notes.ts'

/** Without the plugin in Vitest's configuration there is no base. */
export const providedComparison = (): ProvidedComparison => inject('vitest-arazzo:comparison') ?? { isRequired: isCi() }

type Policy = NonNullable<LoadOptions['onInconclusive']>

const POLICIES = { fail: 'fail', pass: 'skip', rerun: undefined } as const

/** Policy for an undecided comparison: that of the environment, else of the options, else of the place it runs in. */
export function comparedPolicy(onInconclusive: LoadOptions['onInconclusive']): Policy {
  const { onUndecided, isProposal, sides } = providedComparison()
  const told = onUndecided ?? sides?.[0].onUndecided
  return (told && POLICIES[told]) ?? onInconclusive ?? (isProposal ? 'skip' : 'fail')
}

/** Policy for a load test without a base of which nothing else is judged: it was not measured, and never passes. */
export function withoutBasePolicy(onInconclusive: LoadOptions['onInconclusive']): Policy {
  const policy = comparedPolicy(onInconclusive ?? (isCi() ? undefined : 'skip'))
  return policy === 'warn' ? 'skip' : policy
}

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
  const { onUndecided } = providedComparison()
  const wanted = (onUndecided && POLICIES[onUndecided]) ?? policy
  if (wanted === 'skip') context.skip(`${UNDECIDED}${because}`)
  if (wanted !== 'warn') throw inconclusiveError(because, site)
  await annotate(context, site, `inconclusive: ${because}`, 'warning')
}
