import { relative, resolve } from 'node:path'
import { unitOf } from '../../src/budget/metrics/index.ts'
import { changeAlone, shortSubject } from '../../src/compare/words.ts'
import { formatBytes, formatMs, formatRate, formatShare } from '../../src/ground/units.ts'
import { type RunRow, renderRunPage } from '../../src/report/html/run-page.ts'
import { verdictBlockOf } from '../../src/report/verdict-block.ts'
import { type LoadRun, type RunState, type RunTest, STATES } from './run-tests.ts'

const TONES = { failed: 'fail', undecided: 'unsure', passed: 'pass' } as const satisfies Record<
  RunState,
  RunRow['tone']
>

/**
 * The page of a whole run: each load test with its verdict, its figures and a link to its own page.
 *
 * @param folder of the page: links are relative to it.
 */
export function runPage(run: LoadRun, folder: string, at: string): string {
  const tests = STATES.flatMap(state => run.tests.filter(test => test.state === state))
  const counts = STATES.map(state => [tests.filter(test => test.state === state).length, state] as const)
  const told = counts.filter(([count]) => count > 0).map(([count, state]) => `${count} ${state}`)
  return renderRunPage({
    title: `Load tests: ${told.join(', ') || 'none ran'}`,
    ...{ tone: TONES[run.state], at, problems: run.problems },
    rows: tests.map(test => rowOf(test, folder)),
  })
}

function rowOf(test: RunTest, folder: string): RunRow {
  const { name, state, report, page } = test
  return {
    ...{ name, tone: TONES[state], word: state, budgets: [...ownBudgets(test), ...comparedBudgets(test)] },
    ...(page !== undefined && { link: relative(folder, resolve(page)).replaceAll('\\', '/') }),
    // An interval in which nothing ended has no latency.
    spark: report?.series.flatMap(({ p95, passed, failed }) => (passed + failed > 0 ? [p95] : [])) ?? [],
    cells: report === undefined ? [] : cellsOf(report),
    says: test.errors.slice(0, 3),
  }
}

function cellsOf(report: NonNullable<RunTest['report']>): string[] {
  const { model, responseTime, serviceTime, rps, errorRate, target } = report
  const { p50, p95 } = model === 'open' ? responseTime : serviceTime
  const isRead = target !== undefined && target.samples > 0 && target.missing?.memory === undefined
  const memory = isRead ? formatBytes(target.memoryPeak) : ''
  return [formatRate(rps), formatMs(p50), formatMs(p95), formatShare(errorRate), memory]
}

/** Absolute budgets, with their values in the run before. */
function ownBudgets({ report, history }: RunTest): RunRow['budgets'] {
  if (report === undefined) return []
  const { missed, undecided, kept } = verdictBlockOf(report)
  return [...missed, ...undecided, ...kept].map(({ key, name, value, bound, verdict }) => {
    const figure = history?.here.figures.find(({ budget }) => budget.key === key)
    const before = figure?.points.at(-2)?.value
    const last = before === undefined ? '' : unitOf(figure!.budget).write(before, 3, before)
    return { name, value, bound, last, tone: verdict === 'inconclusive' ? 'unsure' : verdict }
  })
}

/** Budgets against the base. */
function comparedBudgets({ comparison }: RunTest): RunRow['budgets'] {
  return (comparison?.budgets ?? []).map(({ budget, change, verdict }) => ({
    name: `${shortSubject(budget)} against base`,
    value: change === undefined ? 'no data' : changeAlone(budget, change.mean),
    bound: budget.title.slice(budget.title.search(/[<>]/)),
    ...{ last: '', tone: verdict === 'inconclusive' ? ('unsure' as const) : verdict },
  }))
}
