import { inject, type TestContext } from 'vitest'
import { isOnDefaultBranch } from '../../src/compare/base/choose.ts'
import { Git } from '../../src/compare/base/git.ts'
import { plainLines } from '../../src/ground/plain.ts'
import type { LoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import type { ProvidedComparison } from '../compare/provide.ts'
import { inconclusiveError } from '../failure/load-error.ts'
import { type Frame, positionedError } from '../failure/positioned-error.ts'
import { isCi } from '../server/options.ts'
import { UNDECIDED } from './notes.ts'
import { type Settings, settings } from './settings.ts'

/** Without the plugin in Vitest's configuration there is no base. */
export const providedComparison = (): ProvidedComparison => inject('vitest-arazzo:comparison') ?? {}

type Policy = NonNullable<LoadOptions['onInconclusive']>

/** Policy of a comparison, if there is one. What is undecided after a rerun is settled as by default. */
const policyOf = (told: ProvidedComparison['onInconclusive']) => (told === 'rerun' ? undefined : told)

/** Policy for an undecided comparison: that of the options, else of the place it runs in. */
export function comparedPolicy(onInconclusive: LoadOptions['onInconclusive']): Policy {
  const { isProposal, sides } = providedComparison()
  return policyOf(sides?.[0].onInconclusive) ?? onInconclusive ?? (isProposal ? 'skip' : 'fail')
}

/** Policy for a load test without a base of which nothing else is judged: it was not measured, and never passes. */
export function withoutBasePolicy(onInconclusive: LoadOptions['onInconclusive']): Policy {
  const policy = comparedPolicy(onInconclusive ?? (isCi() ? undefined : 'skip'))
  return policy === 'warn' ? 'skip' : policy
}

/**
 * Settles a test whose run decided nothing: it fails with its own error name, passes with a warning, or is skipped. The
 * environment's policy wins.
 */
export async function settleInconclusive(
  policy: LoadOptions['onInconclusive'],
  because: string,
  context: TestContext,
  site: readonly Frame[],
): Promise<void> {
  const wanted = policyOf(providedComparison().onInconclusive) ?? policy
  if (wanted === 'skip') context.skip(`${UNDECIDED}${because}`)
  if (wanted !== 'warn') throw inconclusiveError(because, site)
  await annotate(context, site, `inconclusive: ${because}`, 'warning')
}

/** Runs that are kept on the default branch, where each comparison is with the commit before. */
const KEPT = 20

/** Options of files: on the default branch the last comparisons are kept with their runs, unless `keep` is given. */
export async function keptReports({ relative }: LoadTest, signal: AbortSignal): Promise<Settings['reports']> {
  const { reports } = settings() ?? {}
  const { sides, calibration } = providedComparison()
  if (reports?.keep !== undefined || sides === undefined || calibration !== undefined || relative.length === 0)
    return reports
  const [, { root, environment }] = sides
  const isHistory = await isOnDefaultBranch(new Git(root, environment, signal), environment).catch(() => false)
  return reports && isHistory ? { ...reports, keep: KEPT } : reports
}

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
