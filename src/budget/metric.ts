import {
  formatBytes,
  formatCount,
  formatMs,
  formatNumber,
  formatRate,
  formatShare,
  parseBytes,
  parseCpu,
  parseDuration,
  parseGrowth,
  parseNumber,
  parseRate,
  parseShare,
  UnitError,
} from '../ground/units.ts'
import type { Budget } from './budget.ts'

/** What a metric is measured in: how its bound is read, and how a value is written beside it. */
export interface Metric {
  unit: NonNullable<Budget['unit']>
  /** The operator of a bound without one. */
  natural: '<=' | '>='
  /** @param cores of the machine, for CPU. */
  read(input: unknown, cores: number): number
  write(value: number, digits: number | undefined, bound: number): string
}

const latency: Metric = { unit: 'milliseconds', natural: '<=', read: parseDuration, write: formatMs }
const rate: Metric = { unit: 'per second', natural: '>=', read: parseRate, write: formatRate }
const share: Metric = { unit: 'share', natural: '<=', read: parseShare, write: formatShare }

/** Memory, written in the units in which the bound is a round number. */
const memory: Metric = {
  unit: 'bytes',
  natural: '<=',
  read: parseBytes,
  write: (value, digits, bound) =>
    formatBytes(value, digits, bound % 2 ** 20 === 0 && bound % 1e5 !== 0 ? 'binary' : 'decimal'),
}

const load: Metric = { unit: 'cores', natural: '<=', read: parseCpu, write: formatShare }
const growth: Metric = { ...memory, read: input => parseGrowth(input).bytes }

const metrics: Readonly<Record<Budget['metric'], Metric>> = {
  rps: rate,
  iterationRate: rate,
  eventsRate: rate,
  capacity: rate,
  mean: latency,
  max: latency,
  percentile: latency,
  errorRate: share,
  contract: share,
  dropped: { ...share, read: readCountOrShare },
  resent: { ...share, read: readCountOrShare },
  memory,
  memoryMean: memory,
  memoryGrowth: growth,
  cpu: load,
  cpuPerRequest: latency,
  eventLoopDelay: latency,
  gcPause: latency,
  heap: memory,
  series: { unit: 'number', natural: '<=', read: parseNumber, write: formatNumber },
}

export function metricOf(budget: Pick<Budget, 'metric' | 'as' | 'per'>): Metric {
  const metric = metrics[budget.metric]
  if (budget.per !== undefined) {
    const per = budget.per === 'minute' ? '/min' : '/1,000 requests'
    const write: Metric['write'] = (value, digits, bound) => metric.write(value, digits, bound) + per
    return { ...metric, unit: `bytes per ${budget.per}`, write }
  }
  return budget.as === 'count' ? { ...metric, unit: 'count', write: formatCount } : metric
}

/** A whole number is a count; a fraction or a percentage is a share of all. */
function readCountOrShare(input: unknown): number {
  const plain = typeof input === 'string' && /^\s*\d+\s*$/.test(input) ? Number(input) : input
  if (typeof plain === 'number' && Number.isInteger(plain) && plain >= 0) return plain
  try {
    return parseShare(plain)
  } catch (error) {
    if (!(error instanceof UnitError)) throw error
    throw new UnitError('count or share', input, error.found, "Write a count (10), or a share such as '0.1%'.")
  }
}

/** Whether a bound that is a count or a share, as read from `input`, is a count. */
export function isCount(bound: number, input: unknown): boolean {
  return Number.isInteger(bound) && !String(input).includes('%')
}
