import type { Interval, LoadReport } from '../../measure/report.ts'
import type { ChartData, Column } from '../client/chart-data.ts'
import { marksOf } from './marks.ts'

type Value = (interval: Interval) => number | undefined

const perSecond =
  (count: (interval: Interval) => number): Value =>
  interval =>
    interval.length > 0 ? (count(interval) / interval.length) * 1000 : undefined

/** The figures of a run's charts: one column a line, one row a second, on one axis of time. Numbers have four digits, so that long runs stay small. */
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
            'failed requests',
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

function targetCharts(
  series: readonly Interval[],
  column: (label: string, value: Value) => Column,
): ChartData['charts'] {
  if (!series.some(({ target }) => target !== undefined)) return []
  return [
    {
      title: "Application's CPU",
      unit: '% of a core',
      columns: [column('CPU', ({ target }) => target && target.cpu * 100)],
    },
    {
      title: "Application's memory",
      unit: 'MB',
      columns: [column('memory', ({ target }) => target && target.memory / 1e6)],
    },
  ]
}

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
