import { plain } from '../ground/plain.ts'
import { formatMs, formatRate, formatShare } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import type { Capacity, CapacityProbe, LoadReport } from '../measure/report.ts'
import type { Colors } from './color.ts'
import { alignColumns } from './columns.ts'
import type { Entry } from './section.ts'

const LIMITS = {
  latency: 'the latency',
  errorRate: 'errors',
  generator: 'the load generator',
  machine: 'others on the machine',
} as const

/** `5,120/s held, 5,380/s did not: limited by the latency, p99 131 ms is over 100 ms; 12 rates tried`. */
export function capacityEntries({ capacity, state }: LoadReport): Entry[] {
  if (capacity === undefined || state === 'not run') return []
  const text = plain(describeCapacity(capacity))
  return [{ text: capacity.probes.length === 0 ? text : `${text}; ${tried(capacity)}` }]
}

/** Tells the capacity in a sentence, without what was tried. */
export function describeCapacity(capacity: Capacity): string {
  const { held, missed, because, probes } = capacity
  if (probes.length === 0) return 'no rate was tried to its end'
  const again = probes.find(probe => probe.isMeasured && !probe.held)
  const upTo = held > 0 ? `${formatRate(held)} held` : 'no rate held'
  const contradiction = again === undefined ? '' : `, but not in the measured window (${again.because})`
  const certain = certainOf(capacity)
  if (missed === undefined) return `${upTo}${contradiction}, and no higher rate was missed${certain}`
  const limit = limitOf(capacity)
  return `${upTo}${contradiction}, ${formatRate(missed)} did not${certain}${limit ? `: ${limit}, ${because}` : ''}`
}

/** How much of it is certain, where that is less: ` (for certain at least 3,900/s and less than 4,600/s)`. */
function certainOf({ certain, held, missed }: Capacity): string {
  if (certain.from === held && certain.to === missed) return ''
  const { from, to } = certain
  const above = from > 0 ? `at least ${formatRate(from)}` : 'no rate at all'
  const below = to === undefined ? ', with no rate that is too much for certain' : ` and less than ${formatRate(to)}`
  return ` (for certain only ${above}${below})`
}

/** `limited by the latency`; undefined while nothing limited it. */
export function limitOf({ limitedBy }: Capacity): string | undefined {
  return limitedBy && `limited by ${LIMITS[limitedBy]}`
}

function tried({ probes }: Capacity): string {
  return `${counted(probes.length, 'rate')} tried`
}

/** The columns of the curve. */
export const CURVE_HEADS = ['rate', 'achieved', 'latency', 'errors', 'held for', ''] as const

/** Row of a probe; the last column is its result. */
export function curveRow(probe: CapacityProbe): string[] {
  const { rate, achieved, latency, errorRate, length } = probe
  return [
    formatRate(rate),
    formatRate(achieved),
    formatMs(latency),
    formatShare(errorRate),
    formatMs(length),
    outcomeOf(probe),
  ]
}

function outcomeOf({ held, isShort, isMeasured, because }: CapacityProbe): string {
  if (!held) return isMeasured ? `measured: ${because}` : because
  return isMeasured ? 'measured, held' : isShort ? 'a look was enough' : 'held'
}

/** Every probe by its rate: how latency grows with it. */
export function curveOfProbes({ probes }: Capacity): CapacityProbe[] {
  return [...probes].sort((a, b) => a.rate - b.rate || a.at - b.at)
}

/** Places of columns that a narrow terminal has no room for, the name left out. */
const SPARE = [3, 0]

/** The curve of rate against latency as a table for terminals. */
export function curveTable({ capacity, state }: LoadReport, width: number, colors: Colors): string[] {
  if (capacity === undefined || capacity.probes.length === 0 || state === 'not run') return []
  const rows = curveOfProbes(capacity).map(probe => {
    const [rate = '', ...cells] = curveRow({ ...probe, because: missOf(probe) })
    return { name: rate, cells, ...(!probe.held && { paint: colors.yellow }) }
  })
  const [rate, ...heads] = CURVE_HEADS
  return alignColumns([{ name: rate, cells: heads, paint: colors.dim }, ...rows], width, SPARE)
}

/** The figures are in the columns already. */
function missOf({ limitedBy, ranAway }: CapacityProbe): string {
  if (limitedBy === 'latency') return ranAway ? 'ran away' : 'too slow'
  if (limitedBy === 'machine') return 'disturbed'
  return limitedBy === 'errorRate' ? 'too many errors' : 'the generator'
}
