import { own } from '../../ground/object.ts'
import { formatBytes, formatCount, formatMs, formatNumber, formatShare, parseGrowth } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import type { Budget, Doubt, Growth, LoadReport, ResourceUsage } from '../../measure/report.ts'
import { isAtMost } from '../budget-kinds.ts'
import { ifAny, type Measure, type Measured, NONE, usageOf } from '../figures.ts'
import { type Size, type Sized, UNKNOWN } from '../size.ts'
import { standing } from '../standing.ts'
import { type Metric, notZero } from './metric.ts'
import { bytes, cores, growth, milliseconds, number } from './units.ts'

/** A figure of processes. */
interface Spec extends Partial<Omit<Metric, 'unit' | 'compared'>>, Pick<Metric, 'unit' | 'compared'> {
  /** Source of the figure, as in `missing` of their usage. */
  source(of: Measure): string
  figure(usage: ResourceUsage, of: Measure): number | Growth | undefined
  /** Reason why it is missing although processes were read. */
  none(usage: ResourceUsage, budget: Budget): string
  /** The figures behind a value that misses its bound. */
  behind(usage: ResourceUsage, budget: Budget, measured: Measured): string
  /** Maximum addition for the unseen end of processes. */
  unseen?(usage: ResourceUsage, value: number): { more: number; text: string } | undefined
}

const noReadings = 'its processes were not read once. They had ended, or the window was too short.'

export function ofProcesses({ source, figure, none, behind, unseen, ...metric }: Spec): Metric {
  return {
    family: 'resources',
    natural: '<=',
    places: ['target'],
    measure: (figures, budget) => {
      const usage = usageOf(figures, budget)
      if (usage === undefined) return NONE
      const found = usage.missing?.[source(budget)] === undefined ? figure(usage, budget) : undefined
      if (typeof found !== 'object') return ifAny(usage.samples, found ?? Number.NaN)
      const { value, lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY } = found
      return { value, count: usage.samples, limits: { lower, upper } }
    },
    noData: (figures, budget) => {
      const usage = usageOf(figures, budget)
      if (usage === undefined) return `${budget.target ?? 'the application'} was not measured.`
      if (usage.samples === 0) return usage.lost ?? noReadings
      return usage.missing?.[source(budget)] ?? none(usage, budget)
    },
    context: (figures, budget, measured) => {
      const usage = usageOf(figures, budget)
      return usage && behind(usage, budget, measured)
    },
    causes: () => [],
    reach: (doubt, _, budget) => reachOfChange(doubt, budget, source(budget) === 'cpu'),
    unsaid: (report, budget, { value = 0 }) => {
      const usage = budget.of === 'target' ? usageOf(report, budget) : undefined
      if (usage === undefined) return []
      const hidden = unseen?.(usage, value)
      return [
        ...(hidden && hidden.more > 0 ? [ofChange([hidden.text], { less: 0, more: hidden.more })] : []),
        ...measuredElsewhere(usage, budget, source(budget) === 'cpu'),
        ...readingsEnded(usage, budget, report),
      ]
    },
    ...metric,
  }
}

const ofChange = (texts: readonly string[], size: Size): Sized => ({
  kind: 'target changed',
  reasons: texts,
  ...size,
  isTold: true,
})

/** Memory and CPU of an application that was restarted can only be worse than they seem. */
function reachOfChange(doubt: Doubt, budget: Budget, isCpu: boolean): Size | undefined {
  if (doubt.kind !== 'target changed' || budget.of !== 'target' || budget.target !== doubt.target) return undefined
  // A counter that fell may be one of several that are read in turn.
  if (doubt.ended.length === 0 && isCpu) return UNKNOWN
  return isAtMost(budget) ? { ...UNKNOWN, less: 0 } : { ...UNKNOWN, more: 0 }
}

/** The measured processes may be only a part of the application, or none: it uses as much as they do, or more. */
function measuredElsewhere(usage: ResourceUsage, { metric }: Budget, isCpu: boolean): Sized[] {
  const texts: string[] = []
  if (usage.elsewhere !== undefined && metric !== 'series')
    texts.push(`Requests go to ${usage.elsewhere}, which was not measured: only ${usage.of} was.`)
  if (usage.cpuPerRequest === 0 && isCpu)
    texts.push(`No CPU time of ${usage.of} was seen while requests got a response: it may be another that responds.`)
  return texts.length === 0 ? [] : [ofChange(texts, { ...UNKNOWN, less: 0 })]
}

function readingsEnded({ lost }: ResourceUsage, { target }: Budget, { doubts }: LoadReport): Sized[] {
  const isToldOf = (doubt: Doubt) => doubt.kind === 'target changed' && doubt.target === target
  if (lost === undefined || doubts.some(isToldOf)) return []
  return [ofChange([`Its readings ended before the measured window did: ${lost}`], UNKNOWN)]
}

const usesSome: Metric['wrongBound'] = ({ bound, of }) =>
  bound === 0
    ? {
        found: `the bound is 0, and a running ${of === 'generator' ? 'generator' : 'application'} uses some`,
        advice: 'Write what it may use.',
      }
    : undefined

const noProbe = ({ of }: ResourceUsage): string =>
  `no probe is loaded into ${of}. An application that is reused was started without one.`

const memoryOver = ({ memoryStart, memoryEnd, ...usage }: ResourceUsage): string =>
  `from ${formatBytes(memoryStart)} at the start to ${formatBytes(memoryEnd)} at the end of the window, ` +
  memoryOf(usage)

/** `PSS of node server.js (pid 4711)`. */
const memoryOf = ({ memoryMeasure, of }: Pick<ResourceUsage, 'memoryMeasure' | 'of'>): string =>
  memoryMeasure === undefined || memoryMeasure === 'RSS' ? of : `${memoryMeasure} of ${of}`

const ofMemory = { source: () => 'memory', unit: bytes, cause: 'memory' } as const
const memory = { ...ofMemory, none: () => noReadings, behind: memoryOver, wrongBound: usesSome }

const cpu = { source: () => 'cpu', cause: 'CPU time', wrongBound: usesSome } as const
const unseenCpu = ({ cpuUnseen = 0 }: ResourceUsage, more: number) => ({
  more,
  text: `Processes ended, and up to ${formatShare(cpuUnseen)} of a core that they used was not seen.`,
})

/** Figures of Node processes. */
export const node = { source: () => 'node', needs: 'probe', none: noProbe } as const
export const unreadNode = ({ node }: ResourceUsage, more: number) => ({
  more,
  text: `A Node process did not respond to the probe in its last ${formatMs(node?.unread ?? 0)}.`,
})
/** Delays and pauses of Node processes at their end lie within the time without a response. */
const unreadTime = (usage: ResourceUsage, value: number) =>
  usage.node?.unread ? unreadNode(usage, usage.node.unread - value) : undefined

const COMPARE_CPU = 'Compare cpuPerRequest.'

/** Milliseconds of CPU time that processes spent for each request. */
export const workOf = (usage: Pick<ResourceUsage, 'cpuPerRequest'>): number | undefined => usage.cpuPerRequest

export const resources = {
  memory: ofProcesses({
    ...memory,
    places: ['target', 'generator'],
    figure: usage => usage.memoryPeak,
    isForGood: () => true,
    compared: {
      figure: ({ memory = 0 }) => (memory > 0 ? memory : undefined),
      words: { worse: 'head is heavier', none: 'no growth' },
      usual: 'base + 10MB',
      // Without PSS, resident sets are added up: less memory by PSS is not less. That of a single process is the same.
      areAlike: (...sides) =>
        sides.every(side => side.memoryMeasure !== 'PSS') ||
        sides.every(({ memoryMeasure }) => memoryMeasure === 'PSS' || memoryMeasure === 'RSS'),
    },
  }),
  memoryGrowth: ofProcesses({
    ...memory,
    unitOf: ({ per = '1000 requests' }) => growth[per],
    unit: growth.minute,
    traitsOf: (_, input) => ({ per: parseGrowth(input).per }),
    wrongBound: notZero(
      'the bound is 0, and no figure is as exact as that',
      "Write how little does not matter, such as '100KB/min'.",
    ),
    isSigned: true,
    isEstimate: true,
    figure: ({ memoryGrowth }, { per }) => (per === 'minute' ? memoryGrowth?.perMinute : memoryGrowth?.per1000Requests),
    none: ({ samples, memoryGrowth }, { per }) =>
      per === '1000 requests' && memoryGrowth !== undefined
        ? 'no request got a response between one reading and the next.'
        : `${formatCount(samples)} ${samples === 1 ? 'reading is' : 'readings are'} ${TOO_FEW_TO_GROW}`,
    open: (budget, measured) => {
      if (measured.limits === undefined || standing(measured, budget) !== 'open') return []
      const readings = counted(measured.count, 'reading')
      const between = growthBetween(budget, measured)
      if (between === undefined) return [`${readings} are ${TOO_FEW_TO_GROW}`]
      return [
        `The memory is only known to grow by ${between} (95 % confidence, ${readings}), and the bound lies ` +
          'between. Measure longer, after a longer warm-up, or leave some room.',
      ]
    },
    // Growth has its own limits. The first and last values of the window are something else.
    behind: (usage, budget, measured) => {
      const between = growthBetween(budget, measured)
      return [...(between === undefined ? [] : [`${between} with 95 % confidence`]), memoryOf(usage)].join(', ')
    },
    compared: {
      figure: side => side.memoryGrowth,
      per: '1000 requests',
      words: { worse: 'head leaks memory', none: 'no leak' },
    },
  }),
  cpu: ofProcesses({
    ...cpu,
    unit: cores,
    places: ['target', 'generator'],
    traitsOf: (_, input) => {
      const [, percent] = /^([\d.]+)\s*% of (?:the )?machine$/i.exec(String(input)) ?? []
      return percent === undefined ? {} : { ofMachine: Number((Number(percent) / 100).toPrecision(15)) }
    },
    wrongBound: (budget, input) =>
      (budget.ofMachine ?? 0) >= 1
        ? { found: 'no run uses more than the whole machine', advice: "Write less, such as '70% of machine'." }
        : usesSome(budget, input),
    figure: usage => usage.cpu,
    none: () => noReadings,
    behind: ({ samples, of }) => `mean of ${formatCount(samples)} readings of ${of}`,
    unseen: usage => unseenCpu(usage, usage.cpuUnseen ?? 0),
    compared: `It depends on the rate. ${COMPARE_CPU}`,
  }),
  cpuPerRequest: ofProcesses({
    ...cpu,
    unit: milliseconds,
    figure: workOf,
    none: () => 'no request got a response between its first reading and its last.',
    behind: ({ cpu, of }) => `${formatShare(cpu)} of one core on average, ${of}`,
    unseen: (usage, value) =>
      usage.cpuUnseen
        ? unseenCpu(usage, usage.cpu > 0 ? (value * usage.cpuUnseen) / usage.cpu : UNKNOWN.more)
        : undefined,
    reachOfFailures: (_report, _budget, value, share) => ({ less: 0, more: value / (1 - share) - value }),
    flattered: 'CPU time',
    compared: {
      figure: (side, { step }) => {
        if (step !== undefined) return own(side.prices ?? {}, step)
        const { cpuTime = 0, asked } = side
        return cpuTime > 0 && asked > 0 ? cpuTime / asked : undefined
      },
      words: { worse: 'head uses more CPU time', none: 'no growth' },
      usual: 'base + 5%',
      takesWarmth: true,
      isWork: true,
    },
  }),
  eventLoopDelay: ofProcesses({
    ...node,
    unit: milliseconds,
    cause: 'time',
    wrongBound: notZero('the bound is 0 ms, and every event loop comes round late', "Write how late, such as '50ms'."),
    figure: usage => usage.node?.eventLoopDelay.p99,
    behind: ({ node, of }) => {
      const { eventLoopDelay, eventLoopUtilization } = node!
      return `at most ${formatMs(eventLoopDelay.max)}, busy ${formatShare(eventLoopUtilization)}; ${of}`
    },
    unseen: unreadTime,
    compared: COMPARE_CPU,
  }),
  heap: ofProcesses({
    ...node,
    unit: bytes,
    cause: 'memory',
    wrongBound: usesSome,
    figure: usage => usage.node?.heapPeak,
    isForGood: () => true,
    behind: ({ of }) => of,
    // It lies within the memory.
    unseen: (usage, value) => (usage.node?.unread ? unreadNode(usage, usage.memoryPeak - value) : undefined),
    compared: 'Compare memory.',
  }),
  series: ofProcesses({
    source: ({ series }) => `series.${series}`,
    unit: number,
    isSigned: true,
    isForGood: () => true,
    figure: (usage, { series = '', operator = '<=' }) =>
      usage.series?.[series]?.[isAtMost({ operator }) ? 'max' : 'min'],
    none: ({ of }) => `it was not among the readings of ${of}.`,
    behind: ({ series, samples, of }, budget) => {
      const { min = 0, mean = 0, max = 0 } = series?.[budget.series ?? ''] ?? {}
      const [low, middle, high] = [min, mean, max].map(value => formatNumber(value))
      return `from ${low} to ${high}, ${middle} on average over ${formatCount(samples)} readings of ${of}`
    },
    compared: 'Compare memory or cpuPerRequest.',
  }),
} satisfies Partial<Record<Budget['metric'], Metric>>

/** The metric of the work of an application for a request. */
export const WORK = 'cpuPerRequest'

const TOO_FEW_TO_GROW = 'too few to tell how fast the memory grows. Measure for 5 s or longer.'

/** `between 1 MB/min and 2 MB/min`; undefined if there are too few readings. */
function growthBetween({ per = 'minute', bound }: Budget, { limits }: Measured): string | undefined {
  if (limits === undefined || !Number.isFinite(limits.upper)) return undefined
  const [from, to] = [limits.lower, limits.upper].map(value => growth[per].write(value, undefined, bound))
  return `between ${from} and ${to}`
}
