import type { BudgetContext } from '../../src/budget/read.ts'
import { factsOf } from '../../src/budget/target-facts.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { readTargets } from '../../src/measure/target.ts'
import type { ServerOptions } from '../server/options.ts'
import type { ProvidedApp } from '../server/provide.ts'

type Written = Pick<LoadOptions, 'target' | 'targets'>

/** What budgets can be about: the targets as written, and else the application that the plugin starts. */
export function knownTargets({
  server,
  ...written
}: Written & { server?: Pick<ServerOptions, 'probe'> }): Pick<BudgetContext, 'target' | 'targets'> {
  const { target, targets } = factsOf(readTargets(written))
  const started = server && { kind: 'process' as const, node: server.probe === true, series: [] }
  return { target: target || (started ?? false), targets }
}

/** The targets of a load test, those of the plugin among them. */
export function joinTargets(own: Written, ofPlugin: Written): Written {
  const targets = own.targets || ofPlugin.targets ? { ...ofPlugin.targets, ...own.targets } : undefined
  const target = own.target ?? ofPlugin.target
  return { ...(target && { target }), ...(targets && { targets }) }
}

/** The process that the plugin has started, or found. */
export function targetOf(app: ProvidedApp | undefined): LoadOptions['target'] {
  if (app?.pid === undefined) return undefined
  return { pid: app.pid, ...(app.probe !== undefined && { probe: app.probe }) }
}
