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
} from '../../ground/units.ts'
import type { Budget } from '../../measure/report.ts'

/** Unit of a metric. */
export interface Unit {
  name: NonNullable<Budget['unit']>
  /**
   * Reads a bound.
   *
   * @param cores of the machine, for CPU.
   */
  read(input: unknown, cores: number): number
  /** Writes a value next to a bound. */
  write(value: number, digits: number | undefined, bound: number): string
  /** Unit of Prometheus, and how many of them one of ours is. */
  exported: [name: string, factor: number]
  /** Unit of a chart, and how many of them one of ours is. */
  drawn: [name: string, factor: number]
}

const unit = (
  name: Unit['name'],
  read: Unit['read'],
  write: Unit['write'],
  exported: Unit['exported'],
  drawn: Unit['drawn'],
): Unit => ({ name, read, write, exported, drawn })

export const milliseconds = unit('milliseconds', parseDuration, formatMs, ['seconds', 0.001], ['ms', 1])
export const perSecond = unit('per second', parseRate, formatRate, ['per_second', 1], ['/s', 1])
export const share = unit('share', parseShare, formatShare, ['ratio', 1], ['%', 100])
/** A whole number is a count; a fraction or a percentage is a share of all. */
export const countOrShare: Unit = { ...share, read: readCountOrShare }
export const count = unit('count', readCountOrShare, formatCount, ['count', 1], ['', 1])
export const cores = unit('cores', parseCpu, formatShare, ['cores', 1], ['% of a core', 100])
export const number = unit('number', parseNumber, formatNumber, ['value', 1], ['', 1])

/** Memory, written in the units in which the bound is a round number. */
const writeBytes: Unit['write'] = (value, digits, bound) =>
  formatBytes(value, digits, bound % 2 ** 20 === 0 && bound % 1e5 !== 0 ? 'binary' : 'decimal')

export const bytes = unit('bytes', parseBytes, writeBytes, ['bytes', 1], ['MB', 1e-6])

/** Bytes for so many of something else, with a suffix. */
export const bytesPer = (name: Unit['name'], suffix: string, read: Unit['read'], exported: Unit['exported']): Unit =>
  unit(name, read, (...value) => writeBytes(...value) + suffix, exported, [`MB${suffix}`, 1e-6])

const readGrowth: Unit['read'] = input => parseGrowth(input).bytes

export const growth: Readonly<Record<NonNullable<Budget['per']>, Unit>> = {
  minute: bytesPer('bytes per minute', '/min', readGrowth, ['bytes_per_minute', 1]),
  '1000 requests': bytesPer('bytes per 1000 requests', '/1,000 requests', readGrowth, ['bytes_per_request', 0.001]),
}

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
