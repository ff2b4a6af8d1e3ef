import type { Finding } from '../ground/fault.ts'
import type { TargetOptions, Targets } from '../measure/target.ts'
import type { Budget } from './budget.ts'
import { metricOf } from './metrics/index.ts'

/** Available data of a target. */
export interface TargetFacts {
  kind: 'process' | 'prometheus' | 'cgroup'
  /** Whether its Node processes report figures. */
  node: boolean
  series: readonly string[]
}

/** Facts of targets as they were read. */
export function factsOf({ target, targets }: Targets): {
  target: false | TargetFacts
  targets: Record<string, TargetFacts>
} {
  return {
    target: target === undefined ? false : factsOfTarget(target),
    targets: Object.fromEntries(Object.entries(targets).map(([name, one]) => [name, factsOfTarget(one)])),
  }
}

function factsOfTarget(target: TargetOptions): TargetFacts {
  if (typeof target !== 'object' || target === null) return { kind: 'process', node: false, series: [] }
  if ('prometheus' in target) return { kind: 'prometheus', node: false, series: Object.keys(target.series ?? {}) }
  if ('cgroup' in target) return { kind: 'cgroup', node: false, series: [] }
  return { kind: 'process', node: target.probe !== undefined, series: [] }
}

/** Why a figure will never be there; undefined when it may. `true`: nothing is known. */
export function neverThere(of: Pick<Budget, 'metric'>, facts: true | TargetFacts): Finding | undefined {
  if (facts === true || metricOf(of).needs !== 'probe' || facts.node) return undefined
  const advice = {
    process: 'Let the plugin load it (server: { probe: true }), or give the folder in which they listen as probe.',
    prometheus: "Give the series that holds it a name, such as series: { lag: 'nodejs_eventloop_lag_p99_seconds' }.",
    cgroup: 'Measure it by pid, with the probe loaded.',
  }
  return { found: 'only Node processes with the probe loaded tell it', advice: advice[facts.kind] }
}
