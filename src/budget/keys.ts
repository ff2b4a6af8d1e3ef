import { suggestion } from '../ground/errors.ts'
import type { Budget } from './budget.ts'

/** The keys that may stand together in an object of budgets. */
export interface KeyGroup {
  /** What a key measures; undefined for a key that is none of this group's. */
  measures(key: string): Pick<Budget, 'metric' | 'quantile' | 'series'> | undefined
  /** All of them, for a message. */
  shown: string
  /** What was probably meant by a key that is none. */
  hint(key: string): string | undefined
}

const ofTarget = [
  ...(['memory', 'memoryMean', 'memoryGrowth', 'cpu', 'cpuPerRequest'] as const),
  ...(['eventLoopDelay', 'gcPause', 'heap'] as const),
]
const ofIterations = ['rps', 'iterationRate', 'eventsRate', 'capacity', 'dropped', 'resent'] as const
const latencies = ['mean', 'max', 'p50', 'p75', 'p90', 'p95', 'p99', 'p99.9']

export const iterations: KeyGroup = {
  measures: key =>
    ofIterations.some(name => name === key) ? { metric: key as (typeof ofIterations)[number] } : requests.measures(key),
  shown:
    'rps, iterationRate, eventsRate, capacity, mean, max, any percentile (p50, p99, p99.9), errorRate, contract, ' +
    `dropped, resent, ${ofTarget.join(', ')}, series, targets, requests, firstEvent, steps and generator`,
  hint: hintFrom([
    ...[...ofIterations, ...latencies, 'errorRate', 'contract'],
    ...[...ofTarget, 'series', 'targets', 'requests', 'firstEvent', 'steps', 'generator'],
  ]),
}

export const requests: KeyGroup = {
  measures: key => (key === 'errorRate' || key === 'contract' ? { metric: key } : firstEvent.measures(key)),
  shown: 'mean, max, any percentile (p50, p99, p99.9), errorRate and contract',
  hint: hintFrom([...latencies, 'errorRate', 'contract']),
}

/** Of a step; the time to the first event is a group within. */
export const steps: KeyGroup = {
  measures: key => (key === 'eventsRate' ? { metric: key } : requests.measures(key)),
  shown: 'mean, max, any percentile (p50, p99, p99.9), errorRate, contract, eventsRate and firstEvent',
  hint: hintFrom([...latencies, 'errorRate', 'contract', 'eventsRate', 'firstEvent']),
}

export const firstEvent: KeyGroup = {
  measures(key) {
    if (key === 'mean' || key === 'max') return { metric: key }
    const quantile = quantileOf(key)
    return quantile === undefined ? undefined : { metric: 'percentile', quantile }
  },
  shown: 'mean, max and any percentile (p50, p99, p99.9)',
  hint: hintFrom(latencies),
}

export const resources: KeyGroup = {
  measures: key => (key === 'memory' || key === 'cpu' ? { metric: key } : undefined),
  shown: 'memory and cpu',
  hint: hintFrom(['memory', 'cpu']),
}

/** What is known of a target: its series are a group within. */
export const target: KeyGroup = {
  measures: key => {
    const metric = ofTarget.find(name => name === key)
    return metric && { metric }
  },
  shown: `${ofTarget.join(', ')} and series`,
  hint: hintFrom([...ofTarget, 'series']),
}

/** `p99` is 0.99; undefined for what is not a percentile, or one that does not exist (`p0`, `p100`, `p999`). */
export function quantileOf(key: string): number | undefined {
  const percent = Number(/^p(\d+(?:\.\d+)?)$/.exec(key)?.[1])
  return percent > 0 && percent < 100 ? Number((percent / 100).toPrecision(15)) : undefined
}

/** Besides slips of the keyboard: `p999` as some tools write 99.9, and `steps.login.p99` as this one prints it. */
function hintFrom(keys: readonly string[]): KeyGroup['hint'] {
  return key => {
    const nines = /^p99(9+)$/.exec(key)
    if (nines) return `Did you mean "p99.${nines[1]}"?`
    const dot = key.indexOf('.')
    const [group, inner] = [key.slice(0, Math.max(0, dot)), key.slice(dot + 1)]
    const step = /^(.+?)\.(p\d+(?:\.\d+)?|[a-zA-Z]+)$/.exec(inner)
    if (group === 'steps' && step) return `Did you mean steps: { ${step[1]}: { ${step[2]}: … } }?`
    if (group === 'targets' && step) return `Did you mean targets: { ${step[1]}: { ${step[2]}: … } }?`
    if (group === 'series') return `Did you mean series: { ${inner}: … }?`
    if (group === 'requests' || group === 'firstEvent') return `Did you mean ${group}: { ${inner}: … }?`
    if (group === 'generator') return `Did you mean generator: { ${inner}: … }?`
    return suggestion(key, keys)
  }
}
