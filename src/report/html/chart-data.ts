import { isLatency } from '../../budget/metrics/index.ts'
import type { Budget, Interval, LoadReport, TargetInterval } from '../../measure/report.ts'
import type { ChartData, TimeChart } from '../client/chart-data.ts'
import { drawnSeries, type Stretch, stretchesOf } from '../drawn.ts'
import { stepsByShare } from '../step-shares.ts'
import { boundsOf } from './bounds.ts'
import { columnsOf, type MakeColumn, meanOfStep, rounded, type Value } from './columns.ts'
import { heatOf } from './heat.ts'
import { marksOf } from './marks.ts'

/** The figures of a run's charts: one column a line, one row a point, on one axis of time. */
export function chartDataOf(report: LoadReport): ChartData {
  const series = drawnSeries(report.series)
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
      rateChart(report, column),
      latencyChart(report, column),
      ...heatChart(report, stretches, column),
      ...stepChart(report, series, column),
      ...errorCharts(report, series, column),
      concurrencyChart(series, column),
      ...targetCharts(report, series, column),
    ],
  }
}

const perSecond =
  (count: Value): Value =>
  interval =>
    interval.length > 0 ? ((count(interval) ?? 0) / interval.length) * 1000 : undefined

const finished = ({ passed, failed }: Interval) => passed + failed
const ifAny =
  (value: Value): Value =>
  interval =>
    finished(interval) > 0 ? value(interval) : undefined
const ofIterations = ({ of, everyWindow }: Budget) => of === 'iterations' && everyWindow === undefined

/** Rates that have a column in the chart of rates. */
const RATES: readonly Budget['metric'][] = ['rps', 'iterationRate']

function rateChart({ model, budgets }: LoadReport, column: MakeColumn): TimeChart {
  return {
    title: 'Rate',
    unit: '/s',
    columns: [
      column(
        'requests',
        perSecond(({ requests }) => requests),
      ),
      column('iterations', perSecond(finished)),
      ...(model === 'open'
        ? [
            column(
              'due',
              perSecond(({ due }) => due),
              { dashed: true },
            ),
          ]
        : []),
    ],
    ...boundsOf(
      budgets,
      budget => ofIterations(budget) && RATES.includes(budget.metric),
      ({ metric }) => RATES.indexOf(metric),
    ),
  }
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

function withColumn({ column, ...bound }: NonNullable<TimeChart['bounds']>[number], lines: readonly number[]) {
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
      column('failed attempts', perSecond(errorsOf), { tone: 'bad' }),
      column('failed iterations', perSecond(failedOf)),
      column('dropped', perSecond(droppedOf), { dashed: true }),
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
    const columns = kinds.map(kind =>
      column(
        kind,
        perSecond(({ errorKinds }) => errorKinds?.[kind] ?? 0),
      ),
    )
    charts.push({ title: 'Failed attempts by kind', unit: '/s', columns })
  }
  return charts
}

const errorsOf: Value = ({ errors }) => errors
const failedOf: Value = ({ failed }) => failed
const droppedOf: Value = ({ dropped }) => dropped
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
  const withBounds = (found: readonly NonNullable<TimeChart['bounds']>[number][]) =>
    found.length > 0 ? { bounds: [...found] } : {}
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
      ...withBounds([...bounds(['memory', 'memoryMean']), ...bounds(['heap'], withHeap, lines.length)]),
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
