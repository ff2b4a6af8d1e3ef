import type { Interval, LoadReport, TargetInterval } from '../../measure/report.ts'
import type { ChartData, Column } from '../client/chart-data.ts'
import { marksOf } from './marks.ts'

type Value = (interval: Interval) => number | undefined

const perSecond =
  (count: (interval: Interval) => number): Value =>
  interval =>
    interval.length > 0 ? (count(interval) / interval.length) * 1000 : undefined

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
  const finished = ({ passed, failed }: Interval) => passed + failed > 0
  return {
    // A point stands in the middle of its second.
    time: series.map(({ start, length }) => rounded((start + length / 2) / 1000) ?? 0),
    phases: phasesOf(series),
    marks: marksOf(report),
    charts: [
      {
        title: 'Rate',
        unit: '/s',
        columns: [
          column(
            'requests',
            perSecond(({ requests }) => requests),
          ),
          column(
            'iterations',
            perSecond(({ passed, failed }) => passed + failed),
          ),
          ...(report.model === 'open'
            ? [
                column(
                  'due',
                  perSecond(({ due }) => due),
                  { dashed: true },
                ),
              ]
            : []),
        ],
      },
      {
        title: report.model === 'open' ? 'Response time of iterations' : 'Time of iterations',
        unit: 'ms',
        columns: [
          column('p50', interval => (finished(interval) ? interval.p50 : undefined)),
          column('p95', interval => (finished(interval) ? interval.p95 : undefined)),
          column('p99', interval => (finished(interval) ? interval.p99 : undefined)),
          column('mean', interval => (finished(interval) ? interval.mean : undefined), { dashed: true }),
        ],
      },
      {
        title: 'Errors',
        unit: '/s',
        columns: [
          column(
            'failed attempts',
            perSecond(({ errors }) => errors),
            { tone: 'bad' },
          ),
          column(
            'failed iterations',
            perSecond(({ failed }) => failed),
          ),
          column(
            'dropped',
            perSecond(({ dropped }) => dropped),
            { dashed: true },
          ),
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
      ...targetCharts(series, column),
    ],
  }
}

/** CPU and memory, a line a target; then each series of its own kind. */
function targetCharts(
  series: readonly Interval[],
  column: (label: string, value: Value) => Column,
): ChartData['charts'] {
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
