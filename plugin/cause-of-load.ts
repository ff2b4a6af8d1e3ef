import { textOf } from '../src/budget/cause.ts'
import { metricOf } from '../src/budget/metrics/index.ts'
import { workOf } from '../src/budget/metrics/resources.ts'
import { causeOfMiss } from '../src/cause/busiest.ts'
import { type Look, type LookOptions, lookAtTime } from '../src/cause/look.ts'
import { lookAtMemory } from '../src/cause/look-at-memory.ts'
import { causeOfGrowingMemory } from '../src/cause/memory.ts'
import { heapProfileFile, profileFiles } from '../src/cause/profile-files.ts'
import type { Loaded } from '../src/compare/pair.ts'
import type { Milliseconds } from '../src/ground/units.ts'
import { excerptOf } from '../src/load/plan/excerpt.ts'
import type { LoadTest } from '../src/load/plan/load-test.ts'
import type { Budget, Cause, LoadReport, Verdict } from '../src/measure/report.ts'
import { causeWords } from '../src/report/cause.ts'
import type { ProfileFile } from '../src/report/files.ts'
import { inProject, reasonIn } from './cause.ts'
import { type CompareSettings, causeSettings } from './compare/settings.ts'
import { secretsOf } from './compare/shown.ts'
import type { ProvidedApp } from './server/servers.ts'

interface Judged {
  application: CompareSettings
  signal: AbortSignal
  /** Reads the load test again, for an application. */
  read(running: readonly ProvidedApp[]): Promise<LoadTest>
  /** Looks while no other load runs. Rejects if the run is ended before that. */
  alone<T>(look: () => Promise<T>): Promise<T>
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
  const { when, maxLookDuration } = judged.application.cause ?? causeSettings({})
  // A missed budget without a value is missed by failures, and nothing is slow.
  const isWanted = ({ verdict, judged }: Verdict, { metric, target, of }: Budget) =>
    (verdict === 'fail' ? judged !== undefined : when === true) &&
    metricOf({ metric }).cause !== undefined &&
    target === undefined &&
    of !== 'generator'
  const wanted = report.verdicts.filter(verdict => isWanted(verdict, budgetOf(report, verdict)))
  if (when === false || report.state === 'not run' || judged.signal.aborted || wanted.length === 0)
    return { report, files: [] }
  const isOfMemory = (verdict: Verdict) => metricOf(budgetOf(report, verdict)).cause === 'memory'
  const [ofMemory, ofTime] = [wanted.filter(isOfMemory), wanted.filter(one => !isOfMemory(one))]
  const ended: Cause = { kind: 'not found', reason: 'the run was ended' }
  const { causes, files } = await judged
    .alone(() => looked({ ofMemory, ofTime }, report, judged, maxLookDuration))
    .catch((): Awaited<ReturnType<typeof looked>> => ({ causes: new Map(wanted.map(one => [one, ended])), files: [] }))
  const verdicts = report.verdicts.map(one => (causes.has(one) ? withWords(one, causes.get(one)!) : one))
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

/** One launch for budgets of time, and one for those of memory. */
async function looked(
  { ofTime, ofMemory }: Record<'ofTime' | 'ofMemory', readonly Verdict[]>,
  report: LoadReport,
  judged: Judged,
  duration: Milliseconds,
): Promise<{ causes: Map<Verdict, Cause>; files: ProfileFile[] }> {
  const causes = new Map<Verdict, Cause>()
  const files: ProfileFile[] = []
  const maxDuration = ofTime.length > 0 && ofMemory.length > 0 ? duration / 2 : duration
  const options = { load: loadOf(judged.read, report.rps), signal: judged.signal, maxDuration }
  const look = async (
    verdicts: readonly Verdict[],
    loaded: Loaded,
    run: (opened: Opened) => Promise<(verdict: Verdict) => Cause>,
  ) => {
    if (verdicts.length === 0) return
    const found = await causesBy(judged, verdicts, loaded, run)
    for (const [i, verdict] of verdicts.entries()) causes.set(verdict, found[i]!)
  }
  await look(ofTime, 'profilers', async ({ launch, checkout }) => {
    const seen = await lookAtTime({ ...options, launch })
    files.push(...profileFiles('app', seen.profiles))
    return verdict => causeIn(seen, verdict, report, checkout)
  })
  await look(ofMemory, 'heap', async ({ launch, checkout }) => {
    const { checkpoints, requests } = await lookAtMemory({ ...options, launch, checkout })
    files.push(...heapProfileFile('app', checkpoints.at(-1)?.nodes ?? []))
    return () => causeOfGrowingMemory(checkpoints, requests)
  })
  return { causes, files }
}

interface Opened extends Pick<LookOptions, 'launch'> {
  checkout: string
}

/** Opens the application for a look. Never rejects: what goes wrong is the reason of `not found`. */
async function causesBy(
  { application, signal }: Judged,
  verdicts: readonly Verdict[],
  loaded: Loaded,
  run: (opened: Opened) => Promise<(verdict: Verdict) => Cause>,
): Promise<Cause[]> {
  try {
    const { openApplication } = await import('./compare/sides.ts')
    const { side, checkout, close } = await openApplication(application, signal)
    try {
      const causeOf = await run({ launch: on => side.launch(on, loaded), checkout })
      return verdicts.map(verdict => inProject(causeOf(verdict), checkout))
    } finally {
      await close()
    }
  } catch (error) {
    const reason = signal.aborted ? 'the run was ended' : secretsOf(application).mask(reasonIn(error as Error))
    return verdicts.map(() => ({ kind: 'not found', reason }))
  }
}

/**
 * Puts the load of a load test on a launch, for another time.
 *
 * @param rate requests a second, for a search of the capacity.
 */
export function loadOf(read: Judged['read'], rate: number): LookOptions['load'] {
  return async ({ origin = '', pid, probe }, times, signal) => {
    const { runLoadTest } = await import('../src/load/run/run.ts')
    const { metrics: _, ...test } = await read([
      { origin, url: origin, isReused: false, ...(pid && { pid, own: pid }), ...(probe && { probe }) },
    ])
    const budgets = test.budgets.map(({ abort: _, ...budget }) => budget)
    return runLoadTest({ ...test, budgets, load: excerptOf(test.load, { ...times, rate }) }, { signal })
  }
}

/** @param judged the report with the missed verdict: profilers use CPU time, so the cost of a request is from there. */
function causeIn({ report, threads, profiles }: Look, missed: Verdict, judged: LoadReport, checkout: string): Cause {
  const budget = budgetOf(judged, missed)
  const now = report.verdicts.find(({ budget: key }) => key === budget.key)
  if (missed.verdict === 'fail' && now?.verdict === 'pass')
    return { kind: 'not found', reason: `in one more launch with a profiler it was met (${now.value})` }
  const { measured: window, requests: all, steps, target } = report
  const own = (budget.step === undefined ? undefined : steps[budget.step]?.requests) ?? all
  const cost = judged.target && judged.target.missing?.cpu === undefined ? workOf(judged.target) : undefined
  const requests = { all, own: Math.max(1, own) }
  const sum = Object.values(steps).reduce((sum, { requests, serviceTime }) => sum + requests * serviceTime.mean, 0)
  const trips = target?.node?.roundTrips
  const isUntimed = profiles.some(one => one.isUntimed)
  const profile = { threads, window, requests, cost, checkout, trips, isUntimed, serviceTime: sum / Math.max(1, all) }
  return causeOfMiss(profile, budget, missed.judged?.value ?? 0)
}
