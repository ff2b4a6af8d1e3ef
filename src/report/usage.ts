import { workOf } from '../budget/metrics/resources.ts'
import { formatBytes, formatCount, formatMs, formatNumber, formatShare, type Milliseconds } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import type { Growth, LoadReport, ResourceUsage } from '../measure/report.ts'

/** `memory 60.3 MB at most, CPU 7.6 % of one core`. */
export function resourcesOf({ samples, memoryPeak, memoryMeasure, cpu, missing, lost }: ResourceUsage): string {
  if (samples === 0) return lost === undefined ? 'memory and CPU were not read' : `not read: ${lost}`
  const measure = memoryMeasure === undefined || memoryMeasure === 'RSS' ? '' : ` (${memoryMeasure})`
  const memory = missing?.memory === undefined ? `memory${measure} ${formatBytes(memoryPeak)} at most` : 'no memory'
  return `${memory}, ${missing?.cpu === undefined ? `CPU ${formatShare(cpu)} of one core` : 'no CPU'}`
}

/** Further figures of a target, one line each: costs of a request, Node figures, series. */
export function detailsOf(usage: ResourceUsage): string[] {
  const { memoryGrowth, node, series = {}, replaced, openFiles, lost, samples } = usage
  const work = workOf(usage)
  const cost = work === undefined ? [] : [`${formatMs(work)} of CPU a request`]
  const values = Object.entries(series).map(
    ([name, { min, mean, max }]) =>
      `${name} ${[min, mean, max].map(value => formatNumber(value)).join(' / ')} (least / mean / most)`,
  )
  return [
    [...cost, ...growths(memoryGrowth)].join('; '),
    node === undefined ? '' : nodeOf(node),
    values.join(', '),
    replaced === undefined ? '' : `${processes(replaced.ended)} of it ended and ${replaced.began} began during the run`,
    openFiles === undefined
      ? ''
      : `${formatCount(openFiles.most)} open files at most, of ${formatCount(openFiles.limit)} allowed`,
    lost === undefined || samples === 0 ? '' : `readings ended early: ${lost}`,
  ].filter(line => line !== '')
}

const processes = (count: number): string => `${formatCount(count)} ${count === 1 ? 'process' : 'processes'}`

function growths(growth: ResourceUsage['memoryGrowth']): string[] {
  if (growth === undefined) return []
  const { perMinute, per1000Requests } = growth
  const units = [growthOf(perMinute, 'a minute')]
  if (per1000Requests) units.push(growthOf(per1000Requests, 'for 1,000 requests'))
  return [`memory grows by ${units.join(', ')}`]
}

/** `1.02 MB for 1,000 requests (0.98 MB to 1.05 MB)`: with its 95 % confidence limits. */
function growthOf({ value, lower, upper }: Growth, unit: string): string {
  const limits = lower === undefined || upper === undefined ? '' : ` (${formatBytes(lower)} to ${formatBytes(upper)})`
  return `${formatBytes(value)} ${unit}${limits}`
}

function nodeOf({ eventLoopDelay, eventLoopUtilization, heapPeak, gc }: NonNullable<ResourceUsage['node']>): string {
  const late =
    `event loop busy ${formatShare(eventLoopUtilization)}, 99 % of the time at most ${formatMs(eventLoopDelay.p99)} ` +
    'late'
  const pauses = gc.count === 0 ? 'no GC pauses' : `${counted(gc.count, 'GC pause')} of at most ${formatMs(gc.longest)}`
  return `${late}; heap ${formatBytes(heapPeak)} at most; ${pauses}`
}

/** In a shorter window memory grows since caches fill and heaps have not been collected yet. */
const LEAST_FOR_GROWTH: Milliseconds = 60_000

/**
 * Targets of a run: the application first, then the others by name. Growth of memory is left out if no budget is about
 * it and the window is too short.
 */
export function targetsOf(report: LoadReport): [name: string, usage: ResourceUsage][] {
  const { target, targets = {}, measured, budgets = [] } = report
  const quiet = (usage: ResourceUsage, name?: string): ResourceUsage => {
    const isAsked = budgets.some(budget => budget.metric === 'memoryGrowth' && budget.target === name)
    if (isAsked || measured >= LEAST_FOR_GROWTH) return usage
    const { memoryGrowth: _, ...others } = usage
    return others
  }
  return [
    ...(target ? [['application', quiet(target)] as [string, ResourceUsage]] : []),
    ...Object.entries(targets).map(([name, usage]): [string, ResourceUsage] => [name, quiet(usage, name)]),
  ]
}
