import { given } from '../../src/ground/given.ts'
import { ANY_ORIGIN, ANY_TCP, type StartedApplication } from '../../src/load/plan/application-targets.ts'
import type { ProvidedApp } from '../server/servers.ts'
import type { ExpectedApplication } from '../server/several.ts'

/** Applications as targets. Those that do not run yet are expected. */
export function targetsAmong(
  expected: readonly ExpectedApplication[],
  running: readonly ProvidedApp[] = [],
): StartedApplication[] {
  return expected.map(({ name, probe: node, isHttp }) => {
    const app = running.find(one => one.name === name)
    if (app === undefined) return given<StartedApplication>({ name, origin: isHttp ? ANY_ORIGIN : ANY_TCP, node })
    const { origin, pid, probe } = app
    return given<StartedApplication>({
      name,
      origin,
      node,
      process: pid === undefined ? undefined : given({ pid, probe }),
    })
  })
}
