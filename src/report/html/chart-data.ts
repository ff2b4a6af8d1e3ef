import { isAtMost } from '../../budget/budget-kinds.ts'
import { isLatency, unitOf } from '../../budget/metrics/index.ts'
import { formatCount, formatMs } from '../../ground/units.ts'
import { percentileOf } from '../../measure/histogram.ts'
import { addCounts, readCounts, startOf } from '../../measure/latency-counts.ts'
import type { Budget, Interval, LatencySummary, LoadReport, TargetInterval } from '../../measure/report.ts'
import type { Bound, ChartData, Column, DistributionData, HeatData, TimeChart } from '../client/chart-data.ts'
import { drawnSeries, type Stretch, spreadOf, stretchesOf } from '../drawn.ts'
import { stepsByShare } from '../step-shares.ts'
import { html, type Markup } from './markup.ts'

/** The figures of a run's charts: one column a line, one row a point, on one axis of time. */
export function chartDataOf(report: LoadReport): ChartData {
  const series = drawnSeries(report.series).flatMap(partsOf)
  const stretches = stretchesOf(series)
  const column = columnsOf(stretches)
  return {
    // A point stands in the middle of its time.
    time: stretches.map(stretch => {
      const last = stretch.at(-1)!
      return rounded((stretch[0].start + last.start + last.length) / 2000) ?? 0
    }),
    span: Math.max(1, ...stretches.map(({ length }) => length)),
    phases: phasesOf(series),
    marks: marksOf(report),
    charts: [
      ...rateCharts(report, column),
      latencyChart(report, column),
      ...heatChart(report, stretches, column),
      ...stepChart(report, series, column),
      ...errorCharts(report, series, column),
      concurrencyChart(series, column),
      ...targetCharts(report, series, column),
    ],
  }
}

/** The parts of a second, if it has some. What is not known of a part is that of the second. */
function partsOf({ parts, ...second }: Interval): Interval[] {
  if (parts === undefined) return [second]
  return parts.map(part => {
    const share = part.length / second.length
    const kinds = Object.entries(second.errorKinds ?? {}).map(([kind, count]) => [kind, count * share])
    return { ...second, errorKinds: Object.fromEntries(kinds), ...part, start: second.start + part.start }
  })
}

type Counted = 'requests' | 'due' | 'errors' | 'failed' | 'dropped'

/** A count of each second as a rate. */
function perSecond(of: Counted | Value): Value {
  const count = typeof of === 'string' ? (interval: Interval) => interval[of] : of
  return interval => (interval.length > 0 ? ((count(interval) ?? 0) / interval.length) * 1000 : undefined)
}

const finished = ({ passed, failed }: Interval) => passed + failed
const ifAny =
  (value: Value): Value =>
  interval =>
    finished(interval) > 0 ? value(interval) : undefined
const ofIterations = ({ of, everyWindow }: Budget) => of === 'iterations' && everyWindow === undefined

/** Times by which the rate of requests is higher than that of iterations for them to have charts of their own. */
const FAR_APART = 10

function rateCharts({ model, budgets, rps, iterationRate }: LoadReport, column: MakeColumn): TimeChart[] {
  const requests = [column('requests', perSecond('requests'))]
  const iterations = [
    column('iterations', perSecond(finished)),
    ...(model === 'open' ? [column('due', perSecond('due'), { dashed: true })] : []),
  ]
  const chart = (title: string, columns: Column[], metrics: readonly Budget['metric'][]): TimeChart => ({
    ...{ title, unit: '/s', columns },
    ...boundsOf(
      budgets,
      budget => ofIterations(budget) && metrics.includes(budget.metric),
      ({ metric }) => metrics.indexOf(metric),
    ),
  })
  if (rps < FAR_APART * iterationRate) return [chart('Rate', [...requests, ...iterations], ['rps', 'iterationRate'])]
  return [chart('Requests', requests, ['rps']), chart('Iterations', iterations, ['iterationRate'])]
}

const FIGURES = ['p50', 'p95', 'p99', 'mean'] as const

/** Latencies whose bounds lie in the chart of latency: the highest of all need not be drawn, and its bound is. */
const isOfLatency = (budget: Budget) => budget.of === 'iterations' && isLatency(budget)

function latencyChart(report: LoadReport, column: MakeColumn): TimeChart {
  const { model, responseTime, serviceTime, budgets } = report
  const summary = model === 'open' ? responseTime : serviceTime
  return {
    title: model === 'open' ? 'Response time of iterations' : 'Time of iterations',
    unit: 'ms',
    columns: FIGURES.map(figure =>
      column(
        figure,
        ifAny(interval => interval[figure]),
        { ...(summary.count > 0 && { rest: rounded(summary[figure])! }), ...(figure === 'mean' && { dashed: true }) },
      ),
    ),
    ...boundsOf(budgets, isOfLatency, ({ key, metric }) =>
      metric === 'mean' ? 3 : (FIGURES as readonly string[]).indexOf(key),
    ),
  }
}

function heatChart(report: LoadReport, stretches: readonly Stretch[], column: MakeColumn): TimeChart[] {
  const heat = heatOf(stretches)
  if (heat === undefined) return []
  const { title, columns, bounds } = latencyChart(report, column)
  const lines = [0, 2]
  return [
    {
      title: `${title}: how many took how long`,
      unit: 'ms',
      heat,
      // The band of a line would cover what lies below it, and the first colour is that of the cells.
      columns: lines.map(i => {
        const { low: _, high: __, ...line } = columns[i]!
        return { ...line, color: i === 0 ? 1 : i }
      }),
      ...(bounds && { bounds: bounds.map(bound => withColumn(bound, lines)) }),
    },
  ]
}

function withColumn({ column, ...bound }: Bound, lines: readonly number[]) {
  const place = column === undefined ? -1 : lines.indexOf(column)
  return place < 0 ? bound : { ...bound, column: place }
}

function stepChart(report: LoadReport, series: readonly Interval[], column: MakeColumn): TimeChart[] {
  if (!series.some(({ stepTimes }) => stepTimes !== undefined)) return []
  const columns = stepsByShare(report).map(({ key }) =>
    column(key, meanOfStep(key), { step: key, rest: rounded(report.steps[key]?.serviceTime.mean) ?? 0 }),
  )
  if (columns.length === 0) return []
  const bounds = boundsOf(
    report.budgets,
    budget => budget.of === 'step' && isLatency(budget) && budget.latency === undefined,
    ({ step }) => columns.findIndex(column => column.step === step),
  )
  return [{ title: 'Service time by step, mean', unit: 'ms', columns, ...bounds }]
}

/** Charts of failures. Without failures there is no chart, unless a budget is about them. */
function errorCharts(report: LoadReport, series: readonly Interval[], column: MakeColumn): TimeChart[] {
  const kinds = [...new Set(series.flatMap(({ errorKinds = {} }) => Object.keys(errorKinds)))]
  const charts: TimeChart[] = []
  if (series.some(({ errors, failed, dropped }) => errors + failed + dropped > 0)) {
    const columns = [
      column('failed attempts', perSecond('errors'), { tone: 'bad' }),
      column('failed iterations', perSecond('failed')),
      column('dropped', perSecond('dropped'), { dashed: true }),
    ]
    charts.push({ title: 'Errors', unit: '/s', columns })
  }
  const isOfErrors = (budget: Budget) => ofIterations(budget) && budget.metric === 'errorRate'
  const { bounds } = boundsOf(report.budgets, isOfErrors, () => 0)
  if (bounds !== undefined) {
    const rest = rounded(report.errorRate * 100) ?? 0
    const failed = column('failed', ifAny(shareOfFailed), { tone: 'bad', rest })
    charts.push({ title: 'Failed iterations', unit: '%', columns: [failed], bounds })
  }
  if (kinds.length > 0) {
    const rateOf = (kind: string) => perSecond(({ errorKinds }) => errorKinds?.[kind])
    const columns = kinds.map(kind => column(kind, rateOf(kind)))
    charts.push({ title: 'Failed attempts by kind', unit: '/s', columns })
  }
  return charts
}

const shareOfFailed: Value = interval => (interval.failed / finished(interval)) * 100

function concurrencyChart(series: readonly Interval[], column: MakeColumn): TimeChart {
  const isMean = series.some(({ concurrency }) => concurrency !== undefined)
  const limit = series.some(({ limit }) => limit !== undefined)
    ? [column('limit', ({ limit }) => limit, { dashed: true, stepped: true })]
    : []
  return {
    title: 'Concurrency',
    unit: '',
    columns: [
      isMean
        ? column('iterations in flight, mean', ({ concurrency }) => concurrency)
        : column('iterations in flight', ({ inFlight }) => inFlight),
      ...limit,
    ],
  }
}

/** CPU and memory, a line a target; then each series of its own kind. */
function targetCharts({ budgets }: LoadReport, series: readonly Interval[], column: MakeColumn): TimeChart[] {
  const names = [...new Set(series.flatMap(({ targets = {} }) => Object.keys(targets)))]
  const lines: Line[] = [
    ...(series.some(({ target }) => target) ? [{ label: 'application', of: ofApplication }] : []),
    ...names.map((name): Line => ({ label: name, name, of: ({ targets }) => targets?.[name] })),
  ]
  if (lines.length === 0) return []
  const alone = lines.length === 1
  const labelled = (label: string, what: string) => (alone ? what : `${label} ${what}`)
  const whose = alone && names.length === 0 ? "Application's " : ''
  const title = (what: string) => (whose === '' ? what : whose + what.replace(/^M/, 'm'))
  const withHeap = lines.filter(({ of }) => series.some(interval => of(interval)?.heap !== undefined))
  const bounds = (metrics: readonly Budget['metric'][], among: readonly Line[] = lines, after = 0) =>
    boundsOf(
      budgets,
      ({ of, metric, everyWindow }) => of === 'target' && everyWindow === undefined && metrics.includes(metric),
      ({ target }) => after + among.findIndex(({ name }) => name === target),
    ).bounds ?? []
  const withBounds = (found: Bound[]) => (found.length > 0 ? { bounds: found } : {})
  return [
    {
      title: title('CPU'),
      unit: '% of a core',
      columns: lines.map(({ label, of }) => column(labelled(label, 'CPU'), interval => percent(of(interval)?.cpu))),
      ...withBounds(bounds(['cpu'])),
    },
    {
      title: title('Memory'),
      unit: 'MB',
      columns: [
        ...lines.map(({ label, of }) => column(labelled(label, 'memory'), interval => megabytes(of(interval)?.memory))),
        ...withHeap.map(({ label, of }) => column(labelled(label, 'heap'), interval => megabytes(of(interval)?.heap))),
      ],
      ...withBounds([...bounds(['memory']), ...bounds(['heap'], withHeap, lines.length)]),
    },
    ...lines.flatMap(({ label, name, of }) => {
      const own = new Set(series.flatMap(interval => Object.keys(of(interval)?.series ?? {})))
      return [...own].map(key => ({
        title: labelled(label, key),
        unit: '',
        columns: [column(key, interval => of(interval)?.series?.[key])],
        ...boundsOf(
          budgets,
          budget => budget.metric === 'series' && budget.series === key && budget.target === name,
          () => 0,
        ),
      }))
    }),
  ]
}

interface Line {
  label: string
  /** Absent of the application itself. */
  name?: string
  of: (interval: Interval) => TargetInterval | undefined
}

const ofApplication: Line['of'] = ({ target }) => target
const percent = (share: number | undefined) => share && share * 100
const megabytes = (bytes: number | undefined) => bytes && bytes / 1e6

/** Stretches of one phase, in seconds. */
function phasesOf(series: readonly Interval[]): ChartData['phases'] {
  const phases: ChartData['phases'] = []
  for (const { phase, start, length } of series) {
    const last = phases.at(-1)
    if (last?.name === phase) last.to = (start + length) / 1000
    else phases.push({ name: phase, from: start / 1000, to: (start + length) / 1000 })
  }
  return phases
}

/** Latencies of each point of time by size; undefined if no iteration ended. */
function heatOf(stretches: readonly Stretch[]): HeatData | undefined {
  const points = stretches.map(stretch =>
    stretch.reduce(
      (counts, { latencyCounts }) =>
        latencyCounts === undefined ? counts : addCounts(counts, readCounts(latencyCounts)),
      new Map<number, number>(),
    ),
  )
  const buckets = points.flatMap(counts => [...counts.keys()])
  if (buckets.length === 0) return undefined
  const [least, most] = buckets.reduce(([a, b], bucket) => [Math.min(a, bucket), Math.max(b, bucket)], [
    Number.POSITIVE_INFINITY,
    0,
  ] as [number, number])
  return {
    edges: Array.from({ length: most - least + 2 }, (_, i) => Number(startOf(least + i).toPrecision(4))),
    cells: points.map(counts => cellsOf(counts, least)),
  }
}

function cellsOf(counts: ReadonlyMap<number, number>, least: number): number[] {
  if (counts.size === 0) return []
  const [first, last] = [Math.min(...counts.keys()), Math.max(...counts.keys())]
  return [first - least, ...Array.from({ length: last - first + 1 }, (_, i) => counts.get(first + i) ?? 0)]
}

/** Bounds of budgets for a chart: in its unit, next to their column. */
function boundsOf(
  budgets: readonly Budget[],
  isOf: (budget: Budget) => boolean,
  columnOf: (budget: Budget) => number,
): Pick<TimeChart, 'bounds'> {
  const bounds = budgets.filter(isOf).map((budget): Bound => boundOf(budget, columnOf(budget)))
  return bounds.length > 0 ? { bounds } : {}
}

function boundOf(budget: Budget, column = -1): Bound {
  const [, factor] = unitOf(budget).drawn
  return {
    label: budget.title,
    value: Number((budget.bound * factor).toPrecision(6)),
    isAtMost: isAtMost(budget),
    ...(column >= 0 && { column }),
  }
}

/** Points per tenfold of rarity: between 90 % and 99 %, between 99 % and 99.9 %, and so on. */
const POINTS = 12
/** Nines of the last share that a histogram of a run can tell: one in a hundred thousand. */
const NINES = 5

const shares = Array.from({ length: POINTS * NINES + 1 }, (_, i) => 1 - 10 ** (-i / POINTS))

/**
 * Latency by percentile, of the iterations, of all requests and of each step. A line ends where one sample in all would
 * be rarer.
 */
export function distributionOf(report: LoadReport): DistributionData {
  const iterations = report.model === 'open' ? report.responseTime : report.serviceTime
  const steps = stepsByShare(report)
  const lines: { label: string; step?: string; summary: LatencySummary }[] = [
    { label: 'iterations', summary: iterations },
    // With a single step, both lines are equal.
    ...(steps.length > 1 ? [{ label: 'requests', summary: report.allRequests.serviceTime }] : []),
    ...steps.map(({ key, step }) => ({ label: key, step: key, summary: step.serviceTime })),
  ]
  const percentiles = report.budgets.filter(
    ({ metric, of, everyWindow }) => metric === 'percentile' && everyWindow === undefined && of === 'iterations',
  )
  return {
    shares: shares.map(share => Number(share.toPrecision(8))),
    lines: lines
      .filter(({ summary }) => summary.count > 0 && summary.histogram !== '')
      .map(({ summary, ...line }) => ({ ...line, latency: shares.map(share => latencyAt(summary, share)) })),
    bounds: percentiles.map(budget => boundOf(budget)),
  }
}

function latencyAt(summary: LatencySummary, share: number): number | null {
  if ((1 - share) * summary.count < 1) return null
  return Number(percentileOf(summary, share).toPrecision(4))
}

type Value = (interval: Interval) => number | undefined
type MakeColumn = (label: string, value: Value, extra?: Partial<Column>) => Column

/**
 * Makes columns of a chart: a value per second; for longer stretches the median, lowest and highest. Without a selected
 * moment, the mean of the measured seconds is shown. Numbers have four digits, so that long runs stay small.
 */
function columnsOf(stretches: readonly Stretch[]): MakeColumn {
  const isBanded = stretches.some(stretch => stretch.length > 1)
  const measured = stretches.flat().filter(({ phase }) => phase === 'measured')
  return (label, value, extra = {}) => {
    const spreads = stretches.map(stretch => spreadOf(stretch.map(value)))
    const of = (end: 'low' | 'middle' | 'high') => spreads.map(spread => rounded(spread?.[end]))
    const rest = rounded(meanOf(measured, value))
    return {
      label,
      values: of('middle'),
      ...(isBanded && { low: of('low'), high: of('high') }),
      ...(rest !== null && { rest }),
      ...extra,
    }
  }
}

/** Mean service time of a step in milliseconds; undefined where it had no response. */
export const meanOfStep =
  (key: string): Value =>
  ({ stepTimes, stepRequests }) =>
    stepTimes?.[key] === undefined ? undefined : stepTimes[key] / (stepRequests?.[key] ?? 1)

function rounded(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(4))
}

/** Over time: a second counts with its length. */
function meanOf(series: readonly Interval[], value: Value): number | undefined {
  let [sum, time] = [0, 0]
  for (const interval of series) {
    const one = value(interval)
    if (one === undefined || !Number.isFinite(one)) continue
    sum += one * interval.length
    time += interval.length
  }
  return time > 0 ? sum / time : undefined
}

type Mark = ChartData['marks'][number]

/** If there are more changes of the limit, they are drawn but not listed. */
const MOST_TOLD = 200

/**
 * Events at a moment of a run: changes of the limit, and doubts with a moment. Other doubts are about the whole window.
 */
export function marksOf(report: LoadReport): Mark[] {
  const changes = (report.limitChanges ?? []).map(
    ({ at, from, to, because }): Mark => ({
      at: inSeconds(at),
      kind: 'limit',
      text: `limit ${formatCount(from)} → ${formatCount(to)}: ${because}`,
    }),
  )
  return [...changes, ...dropped(report), ...cutShort(report), ...warmUp(report)].sort((a, b) => a.at - b.at)
}

/** Each stretch in which arrivals were dropped. */
function dropped({ series, doubts }: LoadReport): Mark[] {
  if (!doubts.some(({ kind }) => kind === 'dropped arrivals')) return []
  const stretches: { at: number; until: number; count: number }[] = []
  for (const { phase, start, length, dropped } of series) {
    if (phase !== 'measured' || dropped === 0) continue
    const last = stretches.at(-1)
    if (last?.until === start) Object.assign(last, { until: start + length, count: last.count + dropped })
    else stretches.push({ at: start, until: start + length, count: dropped })
  }
  return stretches.map(({ at, until, count }) => ({
    at: inSeconds(at),
    kind: 'doubt',
    text: `${formatCount(count)} arrivals dropped in ${formatMs(until - at)}`,
  }))
}

function cutShort({ state, cause, series, warmUp, endedBy }: LoadReport): Mark[] {
  const last = series.at(-1)
  if (state !== 'cut short' || last === undefined) return []
  const at = endedBy ? warmUp + endedBy.at : last.start + last.length
  return [{ at: inSeconds(at), kind: 'doubt', text: `cut short${cause === undefined ? '' : `: ${cause}`}` }]
}

/** Time of the cut, if it was searched. */
function warmUp({ warmUpCut, doubts }: LoadReport): Mark[] {
  if (warmUpCut === undefined) return []
  const isDoubted = doubts.some(({ kind }) => kind === 'warm-up never steady')
  const text = `end of the warm-up: ${warmUpCut.because}`
  return [{ at: inSeconds(warmUpCut.at), kind: isDoubted ? 'doubt' : 'warm-up', text }]
}

/** Names of marks, singular and plural. */
const MARKED: Record<Mark['kind'], readonly [one: string, several: string]> = {
  'warm-up': ['end of the warm-up', 'ends of warm-ups'],
  limit: ['change of the limit', 'changes of the limit'],
  doubt: ['doubt', 'doubts'],
}

/** The marks in words, for those who do not see the charts, and for the reasons, which have no place on them. */
export function markList(marks: readonly Mark[]): Markup | undefined {
  if (marks.length === 0) return undefined
  const told = marks.slice(0, MOST_TOLD)
  const heads = Object.entries(MARKED).flatMap(([of, [one, many]]) => {
    const count = marks.filter(({ kind }) => kind === of).length
    return count > 0 ? [`${formatCount(count)} ${count === 1 ? one : many}`] : []
  })
  return html`<details class="marks"><summary>Marked on the charts: ${heads.join(', ')}</summary>
<ol>${told.map(({ at, kind, text }) => html`<li class="${kind}"><strong>${at} s</strong> ${text}</li>`)}</ol>
${marks.length > told.length && html`<p>and ${formatCount(marks.length - told.length)} more</p>`}
</details>`
}

const inSeconds = (ms: number): number => Number((ms / 1000).toFixed(2))
