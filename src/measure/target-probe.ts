import { NodeProcessTree } from './node-probe/probe.ts'
import type { Probe } from './probe.ts'
import { PrometheusProbe } from './prometheus/probe.ts'
import { createProcessTreeProbe } from './resources.ts'
import type { TargetOptions } from './target.ts'

/**
 * Looks at a target of any kind. Throws for one that cannot be; whether it is there shows in the first look.
 *
 * @param ca authorities that an endpoint of it is trusted by.
 */
export function createTargetProbe(target: TargetOptions, ca?: string): Probe {
  if ('prometheus' in target) return new PrometheusProbe(target, ca)
  const tree = createProcessTreeProbe(target.pid, { isFine: true, isSharedOnce: true })
  return target.probe === undefined ? tree : new NodeProcessTree(tree, target.probe)
}
