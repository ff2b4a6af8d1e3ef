import { formatBytes, formatCount, formatMs, formatNumber, formatShare } from '../ground/units.ts'
import type { ResourceUsage } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { measuredOfProcesses } from './measured.ts'
import { metricOf } from './metric.ts'

const noReadings = 'its processes were not read once. They had ended, or the window was too short.'

/** The figures behind a value that misses its bound. */
export function contextOfProcesses(usage: ResourceUsage, budget: Budget): string {
  const { samples, of, node, cpu, series, memoryMeasure } = usage
  switch (budget.metric) {
    case 'cpu':
      return `mean of ${formatCount(samples)} readings of ${of}`
    case 'cpuPerRequest':
      return `${formatShare(cpu)} of one core on average, ${of}`
    case 'eventLoopDelay':
      return node === undefined
        ? of
        : `at most ${formatMs(node.eventLoopDelay.max)}, busy ${formatShare(node.eventLoopUtilization)}; ${of}`
    case 'gcPause':
      return node === undefined ? of : `${formatCount(node.gc.count)} pauses, ${formatMs(node.gc.total)} in all; ${of}`
    case 'heap':
      return of
    case 'series': {
      const { min = 0, mean = 0, max = 0 } = series?.[budget.series ?? ''] ?? {}
      const [low, middle, high] = [min, mean, max].map(value => formatNumber(value))
      return `from ${low} to ${high}, ${middle} on average over ${formatCount(samples)} readings of ${of}`
    }
  }
  // A growth has limits of its own: beside it what the window began and ended with says another thing.
  const told = budget.metric === 'memoryGrowth' ? limitsOfGrowth(usage, budget) : [memoryOverTime(usage)]
  const measure = memoryMeasure === undefined || memoryMeasure === 'RSS' ? '' : `${memoryMeasure} of `
  return [...told, `${measure}${of}`].join(', ')
}

function limitsOfGrowth(usage: ResourceUsage, budget: Budget): string[] {
  const { limits } = measuredOfProcesses(usage, budget)
  if (limits === undefined || !Number.isFinite(limits.upper)) return []
  const write = (value: number) => metricOf(budget).write(value, undefined, budget.bound)
  return [`between ${write(limits.lower)} and ${write(limits.upper)} with 95 % confidence`]
}

function memoryOverTime({ memoryStart, memoryEnd }: ResourceUsage): string {
  return `from ${formatBytes(memoryStart)} at the start to ${formatBytes(memoryEnd)} at the end of the window`
}

/** Why there is nothing to judge. */
export function noDataOfProcesses(usage: ResourceUsage | undefined, budget: Budget): string {
  if (usage === undefined)
    return budget.target === undefined ? 'the application was not measured.' : `${budget.target} was not measured.`
  if (usage.samples === 0) return usage.lost ?? noReadings
  const { metric, per } = budget
  const missing = usage.missing?.[sourceOf(budget)]
  if (missing !== undefined) return missing
  if (metric === 'memoryGrowth' && per === '1000 requests' && usage.memoryGrowth !== undefined)
    return 'no request got a response between one reading and the next.'
  if (metric === 'memoryGrowth')
    return (
      `${formatCount(usage.samples)} ${usage.samples === 1 ? 'reading is' : 'readings are'} too few to tell how ` +
      'fast the memory grows. Measure for 5 s or longer.'
    )
  if (metric === 'cpuPerRequest') return 'no request got a response between its first reading and its last.'
  return metric === 'series'
    ? `it was not among the readings of ${usage.of}.`
    : `no probe is loaded into ${usage.of}. An application that is reused was started without one.`
}

/** What has to be read for a figure, as in `missing`. */
function sourceOf({ metric, series }: Budget): string {
  if (metric === 'series') return `series.${series}`
  if (metric.startsWith('memory')) return 'memory'
  return metric.startsWith('cpu') ? 'cpu' : 'node'
}
