import type { TestSpecification, Vitest } from 'vitest/node'
import { sessionOf } from '../coordinator/session.ts'
import { Dependents } from './dependents.ts'
import { RestartKey } from './restart-key.ts'
import { Restarts } from './restarts.ts'
import { watchingOf } from './watching.ts'

/**
 * Has applications restarted while Vitest watches. Once for each server that Vitest makes as its configuration changes.
 */
export function watchApplications(vitest: Vitest): void {
  const watching = watchingOf(vitest)
  if (!vitest.config.watch || watching.for === vitest.vite) return
  const dependents = new Dependents()
  const restarts = new Restarts(vitest, dependents)
  const key = new RestartKey(vitest, restarts)
  watching.key?.retire()
  Object.assign(watching, { for: vitest.vite, restarts, key })
  sessionOf(vitest).onApart = (file, project) => dependents.keptApart(file, project)
  const list = vitest.config.reporters as unknown[]
  list.push({
    onInit: () => key.listen(),
    onTestRunStart(specifications: readonly TestSpecification[]) {
      dependents.runStarts(specifications)
      restarts.runStarts()
    },
    onTestRunEnd: () => restarts.runEnds(),
    onWatcherStart: () => key.tell(),
  })
}
