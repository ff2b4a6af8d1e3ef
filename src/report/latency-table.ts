import { plain } from '../ground/plain.ts'
import { formatCount, formatMs, formatRate } from '../ground/units.ts'
import type { EventStatistics, LatencySummary, LoadReport } from '../measure/report.ts'
import type { Colors } from './color.ts'
import { alignColumns, type Row } from './text.ts'

/** Row of a latency table: the iterations, all requests, or a step. */
export interface LatencyRow {
  name: string
  of: 'iterations' | 'service time' | 'requests' | 'step' | 'events'
  /** Step of the events; absent for all steps. */
  step?: string
  /** How many, and how many a second; empty where the row above says it. */
  counts: readonly [count: string, rate: string]
  /** Absent of all requests together where those of the steps cannot be added up. */
  latency?: LatencySummary
  errors?: number
}

/**
 * Counts, rates, latencies and failures of the measured window: first of the iterations that were due in it, then of
 * the requests that were sent in it, in all and of each step; the row of all requests is the sum of the steps. In an
 * open model iterations have two rows: response time, which budgets judge, and service time below it. Events stand
 * behind the requests that they are of, with the time to the first of each stream. Attempts at steps are what failed of
 * requests: an iteration may have several of them and pass.
 */
export function latencyRows(report: LoadReport): LatencyRow[] {
  const { measured, responseTime, serviceTime } = report
  const { due, failed } = report.measuredArrivals
  const steps = Object.entries(report.steps)
  const all = report.allRequests
  const perSecond = (count: number) => formatRate(measured > 0 ? (count / measured) * 1000 : 0)
  const counted = (count: number) => [formatCount(count), perSecond(count)] as const
  const sumOf = (what: 'requests' | 'errors') => steps.reduce((sum, [, step]) => sum + step[what], 0)
  const iterations = { of: 'iterations', counts: counted(due), errors: failed } as const
  return [
    ...(report.model === 'open'
      ? ([
          { ...iterations, name: 'iterations (response time)', latency: responseTime },
          { of: 'service time', name: 'iterations (service time)', counts: ['', ''], latency: serviceTime },
        ] as const)
      : [{ ...iterations, name: 'iterations', latency: serviceTime }]),
    {
      of: 'requests',
      name: 'requests',
      counts: counted(sumOf('requests')),
      ...(all && { latency: all.serviceTime }),
      errors: sumOf('errors'),
    },
    ...(steps.length > 1 ? eventsRow(all?.events, perSecond) : []),
    ...steps.flatMap(([name, { requests, errors, serviceTime, events }]): LatencyRow[] => [
      { of: 'step', name, counts: counted(requests), latency: serviceTime, errors },
      ...eventsRow(events, perSecond, name),
    ]),
  ]
}

function eventsRow(
  events: EventStatistics | undefined,
  perSecond: (count: number) => string,
  step?: string,
): LatencyRow[] {
  if (events === undefined) return []
  const { count, firstEvent } = events
  const counts = [formatCount(count), perSecond(count)] as const
  return [{ of: 'events', name: EVENTS, step, counts, latency: firstEvent }]
}

const EVENTS = 'events (time to the first)'

type Figure = 'p50' | 'p90' | 'p95' | 'p99' | 'p999' | 'max' | 'mean'

/** Cells of a row: its counts, these figures, its failures. `none` stands for figures without samples. */
export function latencyCells({ counts, latency, errors }: LatencyRow, shown: readonly Figure[], none = '-'): string[] {
  const cellOf = (figure: Figure) => (latency !== undefined && latency.count > 0 ? formatMs(latency[figure]) : none)
  return [...counts, ...shown.map(cellOf), errors === undefined ? '' : formatCount(errors)]
}

/** Places of columns that a narrow terminal has no room for. */
const SPARE = [1, 5, 2, 3]
const HEADER = ['count', 'rate', 'p50', 'p95', 'p99', 'max', 'failed']

function nameOf({ of, name, step }: LatencyRow): string {
  if (of === 'events') return step === undefined ? `  ${name}` : `    ${name}`
  if (of === 'step') return `  ${plain(name)}`
  return of === 'service time' ? '  service time' : name
}

/** @param isShort without the rows of steps. */
export function latencyTable(report: LoadReport, width: number, colors: Colors, isShort = false): string[] {
  const shown = latencyRows(report).filter(({ of, step }) => (of !== 'step' && step === undefined) || !isShort)
  const rows = shown.map((row): Row => {
    const { errors } = row
    return {
      name: nameOf(row),
      cells: latencyCells(row, ['p50', 'p95', 'p99', 'max']),
      ...(!!errors && { paint: colors.red }),
    }
  })
  return alignColumns([{ name: '', cells: HEADER, paint: colors.dim }, ...rows], width, SPARE)
}
