import { unitOf } from '../../src/budget/metrics/index.ts'
import { uncheckedIn } from '../../src/budget/metrics/share.ts'
import { whyUnasked } from '../../src/budget/nothing.ts'
import type { Comparison } from '../../src/compare/comparison.ts'
import { beyondLines, changeAlone, shortSubject } from '../../src/compare/words.ts'
import { plain } from '../../src/ground/plain.ts'
import { formatBytes, formatCount, formatMs, formatRate, formatShare } from '../../src/ground/units.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import type { Colors } from '../../src/report/color.ts'
import { retriedIn } from '../../src/report/figures.ts'
import { alignColumns, cut, type Row } from '../../src/report/text.ts'
import { budgetCounts, verdictBlockOf } from '../../src/report/verdict-block.ts'
import { type LoadRun, type RunTest, STATES } from './run-tests.ts'

const WIDEST_NOTE = 60
/** Within a note, after `against base`, and before a count of those left out. */
const ROOM_FOR_CHANGES = 40
/** Columns of a row without which it still has its rate, its bounded percentile and its failures: p50, memory. */
const SPARE = [1, 4]

/** Load tests that passed, a line each: name, rate, p50, p95 with its bound, failures, memory, change against base. */
export function passedRows(tests: readonly RunTest[], width: number, { green }: Colors): string[] {
  const paint = (line: string) => `  ${line.replace('✓', green)}`
  const rows = tests.flatMap((test): Row[] => {
    const cells = cellsOf(test)
    return cells === undefined ? [] : [{ name: `✓ ${plain(test.name)}`, cells, paint }]
  })
  return rows.length === 0 ? [] : alignColumns(rows, width - 2, SPARE)
}

/** Cells of a load test that passed; undefined if there is more to say of it than has room in a line. */
export function cellsOf({ state, report, comparison }: RunTest): string[] | undefined {
  if (state !== 'passed' || (report === undefined && comparison === undefined)) return undefined
  if (comparison !== undefined && (beyondLines(comparison).length > 0 || comparison.accepted?.length)) return undefined
  if (report === undefined) return [...headCells(comparison!), againstBase(comparison)]
  const isMore = report.capacity !== undefined || report.bodiesReadInPart || retriedIn(report).length > 0
  if (isMore || whyUnasked(report) !== undefined || report.verdicts.length === 0) return undefined
  const notes = [...uncheckedIn(report.allRequests), againstBase(comparison)].filter(note => note !== '')
  return [...loadCells(report), cut(notes.join('; '), WIDEST_NOTE)]
}

function loadCells(report: LoadReport): string[] {
  const { model, responseTime, serviceTime, rps, errorRate, target, measuredArrivals } = report
  const latency = model === 'open' ? responseTime : serviceTime
  const { kept } = verdictBlockOf(report)
  const find = (isIt: (key: string) => boolean) => kept.find(({ key }) => isIt(key))
  const percentile = (key: 'p50' | 'p95', found = find(own => own === key)) =>
    found === undefined ? `${key} ${formatMs(latency[key])}` : `${found.name} ${found.value} ${found.bound}`
  const high = find(key => key === 'p95') ?? find(key => /^p(?!50$)\d/.test(key))
  const dropped = measuredArrivals.dropped > 0 ? `, ${formatCount(measuredArrivals.dropped)} dropped` : ''
  const isRead = target !== undefined && target.samples > 0 && target.missing?.memory === undefined
  return [
    formatRate(rps),
    percentile('p50'),
    percentile('p95', high),
    `${formatShare(errorRate)} failed${dropped}`,
    isRead ? formatBytes(target.memoryPeak) : '',
  ]
}

/** Figures of head, if the load ran only in a comparison. */
function headCells(comparison: Comparison): string[] {
  const named = ['p50', 'p95'].map(key => [key, headFigure(comparison, key)].filter(Boolean))
  const [p50 = '', p95 = ''] = named.map(words => (words.length > 1 ? words.join(' ') : ''))
  const failed = headFigure(comparison, 'errorRate')
  const [rate = '', memory = ''] = ['rps', 'memory'].map(key => headFigure(comparison, key))
  return [rate, p50, p95, failed === undefined ? '' : `${failed} failed`, memory]
}

/** A figure of head; undefined if it is not known. */
export function headFigure({ budgets, beside }: Comparison, key: string): string | undefined {
  const found = [...budgets, ...beside].find(({ budget, figures }) => budget.key === key && figures !== undefined)
  return found && unitOf(found.budget).write(found.figures!.head, 3, 0)
}

/** `against base p99 -0.4 %, memory +0.1 %`. */
function againstBase(comparison: Comparison | undefined): string {
  const changes = (comparison?.budgets ?? []).flatMap(({ budget, change }) =>
    change === undefined ? [] : [`${shortSubject(budget)} ${changeAlone(budget, change.mean)}`],
  )
  const room = changes.filter((_, i) => changes.slice(0, i + 1).join(', ').length <= ROOM_FOR_CHANGES)
  const more = changes.length > room.length ? [`${changes.length - room.length} more`] : []
  return changes.length === 0 ? '' : `against base ${[...room, ...more].join(', ')}`
}

/** ` Load tests  1 failed | 4 passed (5), 1 budget missed, 14 kept: .vitest-arazzo/index.html`: as Vitest counts. */
export function countLine({ tests }: LoadRun, page: string | undefined, colors: Colors): string {
  const paints = { failed: colors.red, undecided: colors.yellow, passed: colors.green }
  const states = STATES.flatMap(state => {
    const count = tests.filter(test => test.state === state).length
    return count === 0 ? [] : [colors.bold(paints[state](`${count} ${state}`))]
  })
  const all = tests.flatMap(({ report, comparison }) => [...(report?.verdicts ?? []), ...(comparison?.budgets ?? [])])
  const of = (wanted: string) => all.filter(({ verdict }) => verdict === wanted).length
  const budgets = budgetCounts({ missed: of('fail'), undecided: of('inconclusive'), kept: of('pass') })
  const counts = `${states.join(colors.dim(' | '))} ${colors.dim(`(${tests.length})`)}, ${budgets}`
  return `${colors.dim(' Load tests ')} ${counts}${page === undefined ? '' : `: ${page}`}`
}
