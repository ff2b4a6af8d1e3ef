import type { TargetFacts } from '../../src/budget/target-facts.ts'
import { given } from '../../src/ground/given.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import type { ServerOptions } from '../server/options.ts'
import type { ProvidedApp } from '../server/provide.ts'

/** What will be known of the application that the plugin starts. */
export function applicationOf(server: Pick<ServerOptions, 'probe'> | undefined): false | TargetFacts {
  return server === undefined ? false : { kind: 'process', node: server.probe === true, series: [] }
}

/** The process that the plugin has started, or found. */
export function targetOf(app: ProvidedApp | undefined): LoadOptions['target'] {
  if (app?.pid === undefined) return undefined
  return given({ pid: app.pid, probe: app.probe })
}
