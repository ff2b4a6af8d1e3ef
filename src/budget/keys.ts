import { suggestion } from '../ground/errors.ts'
import type { Budget } from './budget.ts'
import { namesIn } from './metrics/index.ts'
import type { Place } from './metrics/metric.ts'

/** The keys that may stand together in an object of budgets. */
export interface KeyGroup {
  /** Metric of a key; undefined for a key outside of this group. */
  measures(key: string): Pick<Budget, 'metric' | 'quantile' | 'series' | 'destination'> | undefined
  /** All of them, for a message. */
  shown: string
  /** Suggestion for an unknown key. */
  hint(key: string): string | undefined
}

const PERCENTILES = ['p50', 'p75', 'p90', 'p95', 'p99', 'p99.9']

/** @param groups that are within it. */
function groupOf(places: readonly Place[], groups: readonly string[] = []): KeyGroup {
  const names = places.flatMap(namesIn).filter(name => name !== 'series')
  const hasPercentiles = names.includes('percentile')
  const shown = names.map(name => (name === 'percentile' ? 'any percentile (p50, p99, p99.9)' : name))
  const all: string[] = [...shown, ...groups]
  const keys = names.flatMap((name): string[] => (name === 'percentile' ? PERCENTILES : [name]))
  return {
    measures: key => {
      const quantile = hasPercentiles ? quantileOf(key) : undefined
      if (quantile !== undefined) return { metric: 'percentile', quantile }
      const metric = names.find(name => name === key && name !== 'percentile')
      return metric && { metric }
    },
    shown: `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`,
    hint: hintFrom([...keys, ...groups]),
  }
}

export const iterations = groupOf(
  ['iterations', 'target'],
  ['series', 'targets', 'requests', 'firstEvent', 'steps', 'generator'],
)
export const requests = groupOf(['requests'])
/** Keys of a step; the time to the first event is an inner group. */
export const steps = groupOf(['step'], ['firstEvent'])
export const firstEvent = groupOf(['firstEvent'])
export const resources = groupOf(['generator'])
/** Keys of a target; its series are an inner group. */
export const target = groupOf(['target'], ['series'])

/** `p99` is 0.99; undefined for what is not a percentile, or one that does not exist (`p0`, `p100`, `p999`). */
export function quantileOf(key: string): number | undefined {
  const percent = Number(/^p(\d+(?:\.\d+)?)$/.exec(key)?.[1])
  return percent > 0 && percent < 100 ? Number((percent / 100).toPrecision(15)) : undefined
}

/**
 * Suggestions beyond typing mistakes: `p999`, as some tools write 99.9, and `steps.login.p99`, as this one prints it.
 */
function hintFrom(keys: readonly string[]): KeyGroup['hint'] {
  return key => {
    const nines = /^p99(9+)$/.exec(key)
    if (nines) return `Did you mean "p99.${nines[1]}"?`
    const dot = key.indexOf('.')
    const [group, inner] = [key.slice(0, Math.max(0, dot)), key.slice(dot + 1)]
    const step = /^(.+?)\.(p\d+(?:\.\d+)?|[a-zA-Z]+)$/.exec(inner)
    if ((group === 'steps' || group === 'targets') && step)
      return `Did you mean ${group}: { ${step[1]}: { ${step[2]}: … } }?`
    if (['series', 'requests', 'firstEvent', 'generator'].includes(group))
      return `Did you mean ${group}: { ${inner}: … }?`
    return suggestion(key, keys)
  }
}
