import type { Growth } from '../measure/growth.ts'
import type { LoadReport, NodeUsage, ResourceUsage, SeriesUsage } from '../measure/report.ts'

/**
 * Of several generators, or of one target seen twice: peaks, and means weighted by readings. How memory grew from one run to the other
 * is not known: of growth the steeper slope stands, within all that either may be.
 */
export function mergeUsage(
  a: ResourceUsage,
  b: ResourceUsage,
  first: LoadReport,
  second: LoadReport,
): ResourceUsage {
  const samples = a.samples + b.samples
  const growth = mergeGrowth(a.memoryGrowth, b.memoryGrowth)
  const cpuPerRequest = either(a.cpuPerRequest, b.cpuPerRequest, (left, right) =>
    mean(left, right, [first.requests, second.requests]),
  )
  const node = either(a.node, b.node, mergeNode)
  const series = mergeRecords(a.series, b.series, (left, right) =>
    mergeSeries(left, right, [a.samples, b.samples]),
  )
  const missing = Object.entries(a.missing ?? {}).filter(([name]) => b.missing?.[name] !== undefined)
  const lost = a.lost ?? b.lost
  const weightsOf = (name: string, [left, right]: [number, number]): [number, number] => [
    a.missing?.[name] === undefined ? left : 0,
    b.missing?.[name] === undefined ? right : 0,
  ]
  return {
    memoryPeak: Math.max(a.memoryPeak, b.memoryPeak),
    memoryMean: mean(a.memoryMean, b.memoryMean, weightsOf('memory', [a.samples, b.samples])),
    memoryStart: a.memoryStart,
    memoryEnd: b.memoryEnd,
    ...(growth && { memoryGrowth: growth }),
    // What was never read is 0, and no part of a mean.
    cpu: mean(a.cpu, b.cpu, weightsOf('cpu', [first.measured, second.measured])),
    ...(cpuPerRequest !== undefined && { cpuPerRequest }),
    cores: a.cores,
    ...(node && { node }),
    ...(series && { series }),
    samples,
    of: a.of === b.of ? a.of : `${a.of}; ${b.of}`,
    ...(missing.length > 0 && { missing: Object.fromEntries(missing) }),
    ...(lost !== undefined && { lost }),
  }
}

export function mergeTargets(a: LoadReport, b: LoadReport): LoadReport['targets'] {
  return mergeRecords(a.targets, b.targets, (left, right) => mergeUsage(left, right, a, b))
}

function mergeGrowth(
  a: ResourceUsage['memoryGrowth'],
  b: ResourceUsage['memoryGrowth'],
): ResourceUsage['memoryGrowth'] {
  return either(a, b, (left, right) => {
    const per1000Requests = either(left.per1000Requests, right.per1000Requests, steeper)
    return {
      perMinute: steeper(left.perMinute, right.perMinute),
      ...(per1000Requests && { per1000Requests }),
    }
  })
}

function steeper(a: Growth, b: Growth): Growth {
  const value = Math.max(a.value, b.value)
  const limits = [a.lower, b.lower, a.upper, b.upper].filter(limit => limit !== undefined)
  return limits.length < 4 ? { value } : { value, lower: Math.min(...limits), upper: Math.max(...limits) }
}

function mergeNode(a: NodeUsage, b: NodeUsage): NodeUsage {
  const most = (of: (usage: NodeUsage) => number) => Math.max(of(a), of(b))
  return {
    eventLoopDelay: {
      p50: most(({ eventLoopDelay }) => eventLoopDelay.p50),
      p99: most(({ eventLoopDelay }) => eventLoopDelay.p99),
      max: most(({ eventLoopDelay }) => eventLoopDelay.max),
    },
    eventLoopUtilization: most(({ eventLoopUtilization }) => eventLoopUtilization),
    heap: b.heap,
    heapPeak: most(({ heapPeak }) => heapPeak),
    gc: {
      count: a.gc.count + b.gc.count,
      total: a.gc.total + b.gc.total,
      longest: most(({ gc }) => gc.longest),
    },
    processes: most(({ processes }) => processes),
  }
}

function mergeSeries(a: SeriesUsage, b: SeriesUsage, weights: [number, number]): SeriesUsage {
  return {
    min: Math.min(a.min, b.min),
    mean: mean(a.mean, b.mean, weights),
    max: Math.max(a.max, b.max),
    last: b.last,
  }
}

function mergeRecords<T>(
  a: Record<string, T> | undefined,
  b: Record<string, T> | undefined,
  merge: (left: T, right: T) => T,
): Record<string, T> | undefined {
  return either(a, b, (left, right) => {
    const both = Object.entries(right).map(([name, value]) => {
      const before = left[name]
      return [name, before === undefined ? value : merge(before, value)] as const
    })
    return { ...left, ...Object.fromEntries(both) }
  })
}

/** Both together, or the one that is there. */
function either<T>(a: T | undefined, b: T | undefined, merge: (left: T, right: T) => T): T | undefined {
  return a === undefined || b === undefined ? (a ?? b) : merge(a, b)
}

function mean(a: number, b: number, [left, right]: [number, number]): number {
  return left + right > 0 ? (a * left + b * right) / (left + right) : 0
}
