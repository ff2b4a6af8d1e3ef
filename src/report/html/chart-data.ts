import type { Interval, LoadReport, TargetInterval } from '../../measure/report.ts'
import type { ChartData, Column } from '../client/chart-data.ts'
import { marksOf } from './marks.ts'

type Value = (interval: Interval) => number | undefined

/**
 * The figures of a run's charts: one column a line, one row a second, on one axis of time. Numbers have four digits, so
 * that long runs stay small.
 */
export function chartDataOf(report: LoadReport): ChartData {
  const { series } = report
  const column = (label: string, value: Value, extra: Partial<Column> = {}): Column => ({
    label,
    values: series.map(interval => rounded(value(interval))),
    ...extra,
  })
  return {
    // A point stands in the middle of its second.
    time: series.map(({ start, length }) => rounded((start + length / 2) / 1000) ?? 0),
    phases: phasesOf(series),
    marks: marksOf(report),
    charts: [...runCharts(report, column), ...targetCharts(series, column)],
  }
}

type MakeColumn = (label: string, value: Value, extra?: Partial<Column>) => Column

/** Rates, latencies, errors and users of the run itself. */
function runCharts({ model, series }: LoadReport, column: MakeColumn): ChartData['charts'] {
  const isOpen = model === 'open'
  const rate = (label: string, count: (interval: Interval) => number, extra?: Partial<Column>) =>
    column(label, interval => (interval.length > 0 ? (count(interval) / interval.length) * 1000 : undefined), extra)
  const time = (label: 'p50' | 'p95' | 'p99' | 'mean', extra?: Partial<Column>) =>
    column(label, interval => (interval.passed + interval.failed > 0 ? interval[label] : undefined), extra)
  return [
    {
      title: 'Rate',
      unit: '/s',
      columns: [
        rate('requests', ({ requests }) => requests),
        rate('iterations', ({ passed, failed }) => passed + failed),
        ...(isOpen ? [rate('due', ({ due }) => due, { dashed: true })] : []),
      ],
    },
    {
      title: isOpen ? 'Response time of iterations' : 'Time of iterations',
      unit: 'ms',
      columns: [time('p50'), time('p95'), time('p99'), time('mean', { dashed: true })],
    },
    {
      title: 'Errors',
      unit: '/s',
      columns: [
        rate('failed attempts', ({ errors }) => errors, { tone: 'bad' }),
        rate('failed iterations', ({ failed }) => failed),
        rate('dropped', ({ dropped }) => dropped, { dashed: true }),
      ],
    },
    {
      title: 'Concurrency',
      unit: '',
      columns: [
        column('iterations in flight', ({ inFlight }) => inFlight),
        ...(series.some(({ limit }) => limit !== undefined)
          ? [column('limit', ({ limit }) => limit, { dashed: true, stepped: true })]
          : []),
      ],
    },
  ]
}

/** CPU and memory, a line a target; then each series of its own kind. */
function targetCharts(series: readonly Interval[], column: MakeColumn): ChartData['charts'] {
  const names = [...new Set(series.flatMap(({ targets = {} }) => Object.keys(targets)))]
  const lines: Line[] = [
    ...(series.some(({ target }) => target) ? [{ label: 'application', of: ofApplication }] : []),
    ...names.map((name): Line => ({ label: name, of: ({ targets }) => targets?.[name] })),
  ]
  if (lines.length === 0) return []
  const alone = lines.length === 1
  const labelled = (label: string, what: string) => (alone ? what : `${label} ${what}`)
  const whose = alone && names.length === 0 ? "Application's " : ''
  const title = (what: string) => (whose === '' ? what : whose + what.replace(/^M/, 'm'))
  const withHeap = lines.filter(({ of }) => series.some(interval => of(interval)?.heap !== undefined))
  return [
    {
      title: title('CPU'),
      unit: '% of a core',
      columns: lines.map(({ label, of }) => column(labelled(label, 'CPU'), interval => percent(of(interval)?.cpu))),
    },
    {
      title: title('Memory'),
      unit: 'MB',
      columns: [
        ...lines.map(({ label, of }) => column(labelled(label, 'memory'), interval => megabytes(of(interval)?.memory))),
        ...withHeap.map(({ label, of }) => column(labelled(label, 'heap'), interval => megabytes(of(interval)?.heap))),
      ],
    },
    ...lines.flatMap(({ label, of }) => {
      const own = new Set(series.flatMap(interval => Object.keys(of(interval)?.series ?? {})))
      return [...own].map(name => ({
        title: labelled(label, name),
        unit: '',
        columns: [column(name, interval => of(interval)?.series?.[name])],
      }))
    }),
  ]
}

interface Line {
  label: string
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

function rounded(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(4))
}
