import { formatBytes, parseBytes, UnitError } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import type { BodyStatistics } from '../../measure/report.ts'
import { isAtMost } from '../budget-kinds.ts'
import { type Figures, ifAny, type Measure, ofStep } from '../figures.ts'
import type { Metric } from './metric.ts'
import { rateFamily, reachUpTo } from './rate.ts'
import { bytesPer } from './units.ts'

const ADVICE = "Write bytes a second as a number, or text such as '5MB/s', '5MiB/s' or '300MB/min'."
const SECONDS: Readonly<Record<string, number>> = { s: 1, sec: 1, m: 60, min: 60, h: 3_600 }

function readBytesRate(input: unknown): number {
  const fail = (found: string) => new UnitError('rate of bytes', input, found, ADVICE)
  const [, amount = input, unit] = typeof input === 'string' ? (/^(.*)\/\s*([a-z]+)$/is.exec(input) ?? []) : []
  if (typeof input === 'string' && unit === undefined) throw fail('it does not say per what')
  const seconds = SECONDS[unit?.toLowerCase() ?? 's']
  if (seconds === undefined) throw fail(`"/${unit}" is not a unit of a rate`)
  try {
    return Number((parseBytes(amount) / seconds).toPrecision(15))
  } catch (error) {
    throw error instanceof UnitError ? fail(error.found) : error
  }
}

/** Bytes of the bodies of responses, as they were received. */
export const bytesRate: Metric = {
  ...rateFamily,
  unit: bytesPer('bytes per second', '/s', readBytesRate, ['bytes_per_second', 1]),
  places: ['iterations', 'step'],
  late: 'the bytes of bodies are counted when the run is over',
  measure: (figures, budget) => {
    const { responses, bytes } = bodiesOf(figures, budget)
    return ifAny(bytes > 0 ? responses : 0, perSecond(bytes, figures))
  },
  noData: (_, budget) => `no response${ofStep(budget)} with a body came in the measured window.`,
  reach: reachUpTo(),
  // Each failure may have had the largest body that was seen.
  reachOfFailures: (report, budget, value, share) => {
    if (isAtMost(budget)) return { less: 0, more: value / (1 - share) - value }
    const ofFailures = stepsOf(report, budget).map(({ bodies, errors }) =>
      bodies === undefined ? 0 : Math.min(bodies.bytes, errors * bodies.most),
    )
    return { less: perSecond(sum(ofFailures), report), more: 0 }
  },
  context: (figures, budget) => {
    const { responses, bytes } = bodiesOf(figures, budget)
    return `${counted(responses, 'response')} with a body of ${formatBytes(bytes / responses)} on average`
  },
  compared: 'Compare rps of a load with virtual users.',
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)

const stepsOf = ({ steps }: Pick<Figures, 'steps'>, { of, step }: Pick<Measure, 'of' | 'step'>) =>
  Object.entries(steps).flatMap(([key, statistics]) => (of !== 'step' || key === step ? [statistics] : []))

function bodiesOf(figures: Figures, budget: Measure): Pick<BodyStatistics, 'responses' | 'bytes'> {
  const bodies = stepsOf(figures, budget).flatMap(({ bodies }) => bodies ?? [])
  return { responses: sum(bodies.map(one => one.responses)), bytes: sum(bodies.map(one => one.bytes)) }
}

/**
 * Bodies belong to the requests that were sent within the measured window. A server that is overloaded responds to many
 * of them after it: as many count as responses came within it.
 */
function perSecond(bytes: number, { steps, requests, measured }: Figures): number {
  const responses = sum(
    Object.values(steps).map(({ bodies, events }) => (bodies?.responses ?? 0) + (events?.streams ?? 0)),
  )
  return measured > 0 ? ((bytes * 1_000) / measured) * Math.min(1, requests / responses) : Number.NaN
}
