import { causeOfMiss, type LoadProfile } from '../src/cause/busiest.ts'
import { LONGEST, type LoadTimes, type Look, type LookOptions, lookAtTime } from '../src/cause/look.ts'
import { profileFiles } from '../src/cause/profile-files.ts'
import type { Launch } from '../src/compare/pair.ts'
import { textOf } from '../src/budget/cause.ts'
import type { Milliseconds } from '../src/ground/units.ts'
import { excerptOf } from '../src/load/plan/excerpt.ts'
import type { LoadTest } from '../src/load/plan/load-test.ts'
import type { Budget, Cause, LoadReport, Verdict } from '../src/measure/report.ts'
import { causeWords } from '../src/report/cause.ts'
import type { ProfileFile } from '../src/report/files.ts'
import { causeSettings, inProject } from './cause.ts'
import type { CompareSettings } from './compare/settings.ts'
import type { ProvidedApp } from './server/servers.ts'

type Metric = Budget['metric']

const OF_TIME: readonly Metric[] = [
  ...(['percentile', 'mean', 'max', 'rps', 'iterationRate', 'capacity'] as const),
  ...(['cpu', 'cpuPerRequest', 'eventLoopDelay'] as const),
]

interface Judged {
  application: CompareSettings
  signal: AbortSignal
  /** Reads the load test again, for an application. */
  read(running: readonly ProvidedApp[]): Promise<LoadTest>
}

interface Found {
  report: LoadReport
  /** Files to write next to its result. */
  files: ProfileFile[]
}

/**
 * The report of a load, with the cause of each absolute budget that was missed: one more launch has the same load, with
 * profilers. The verdicts stay as they are.
 */
export async function withCauseOfLoad(report: LoadReport, judged: Judged): Promise<Found> {
  const { when, maxDuration } = judged.application.cause ?? causeSettings({})
  const isWanted = ({ verdict }: Verdict, { metric, target, of }: Budget) =>
    (when === true || verdict === 'fail') && OF_TIME.includes(metric) && target === undefined && of !== 'generator'
  const wanted = report.verdicts.filter(verdict => isWanted(verdict, budgetOf(report, verdict)))
  if (when === false || report.state === 'not run' || judged.signal.aborted || wanted.length === 0)
    return { report, files: [] }
  const { causeOf, files } = await looked(report, judged, Math.min(LONGEST, maxDuration))
  const verdicts = report.verdicts.map(one => (wanted.includes(one) ? withWords(one, causeOf(one)) : one))
  return { report: { ...report, verdicts }, files }
}

const budgetOf = ({ budgets }: LoadReport, { budget }: Pick<Verdict, 'budget'>) =>
  budgets.find(({ key }) => key === budget)!

/** A verdict that is missed tells its cause among its reasons. */
function withWords(verdict: Verdict, cause: Cause): Verdict {
  if (verdict.verdict === 'pass') return { ...verdict, cause }
  const reasons = [...verdict.reasons, { kind: 'cause' as const, text: `Cause: ${causeWords(cause)}` }]
  return { ...verdict, cause, reasons, because: textOf([{ kind: 'other', text: verdict.because }, reasons.at(-1)!]) }
}

/** Looks at the application once for all budgets. Never rejects: what goes wrong is the reason of `not found`. */
async function looked(
  report: LoadReport,
  judged: Judged,
  maxDuration: Milliseconds,
): Promise<{ causeOf(verdict: Verdict): Cause; files: ProfileFile[] }> {
  const { application, signal } = judged
  try {
    const { openApplication } = await import('./compare/sides.ts')
    const { side, checkout, close } = await openApplication(application, signal)
    try {
      const look = await lookAtTime({ ...lookOptions(report, judged), launch: on => side.launch(on, true), maxDuration })
      const causeOf = (verdict: Verdict) => inProject(causeIn(look, budgetOf(report, verdict), verdict, checkout), checkout)
      return { causeOf, files: profileFiles('app', look.profiles) }
    } finally {
      await close()
    }
  } catch (error) {
    const reason = signal.aborted ? 'the run was ended' : ((error as Error).message.split('\n')[0] ?? '')
    return { causeOf: () => ({ kind: 'not found', reason: reason.replace(/\.$/, '') }), files: [] }
  }
}

function lookOptions({ rps }: LoadReport, { read, signal }: Judged): Pick<LookOptions, 'load' | 'signal'> {
  const load = async ({ origin = '', pid }: Launch, { warmUp, most }: LoadTimes, limit: AbortSignal) => {
    const { runLoadTest } = await import('../src/load/run/run.ts')
    const { metrics: _, ...test } = await read([{ origin, url: origin, isReused: false, ...(pid && { pid, own: pid }) }])
    const budgets = test.budgets.map(({ abort: _, ...budget }) => budget)
    return runLoadTest({ ...test, budgets, load: excerptOf(test.load, { warmUp, most, rate: rps }) }, { signal: limit })
  }
  return { load, signal }
}

function causeIn({ report, threads }: Look, budget: Budget, missed: Verdict, checkout: string): Cause {
  const now = report.verdicts.find(({ budget: key }) => key === budget.key)
  if (missed.verdict === 'fail' && now?.verdict === 'pass')
    return { kind: 'not found', reason: `in one more launch with a profiler it was met (${now.value})` }
  const { measured: window, requests: all, steps, target } = report
  const own = (budget.step === undefined ? undefined : steps[budget.step]?.requests) ?? all
  const cost = target?.missing?.cpu === undefined ? target?.cpuPerRequest : undefined
  const profile: LoadProfile = { threads, window, requests: { all, own: Math.max(1, own) }, cost, checkout }
  return causeOfMiss(profile, budget, missed.judged?.value ?? 0)
}
