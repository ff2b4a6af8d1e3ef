import type { TestModule, TestProject, Vitest } from 'vitest/node'
import type {} from '../runtime/settings.ts'
import type {} from '../server/provide.ts'

/** What keeps a project from running: as tests tell it, and with the log of an application. */
export interface Obstacle {
  message: string
  whole: string
}

/** What keeps projects from running their documents and load tests, each once: a configuration, an application. */
export function obstaclesOf(projects: readonly TestProject[]): Obstacle[] {
  const found = projects.flatMap(obstaclesTo)
  return found.filter(({ whole }, i) => found.findIndex(other => other.whole === whole) === i)
}

/** At most one, with the name of the error that tests fail by. */
export function obstaclesTo(project: TestProject): (Obstacle & { kind: string })[] {
  const { 'vitest-arazzo:fault': fault, 'vitest-arazzo:failure': failure } = project.getProvidedContext()
  if (fault !== undefined) return [{ kind: 'ConfigurationError', ...obstacleOf(fault) }]
  if (failure === undefined) return []
  return [{ kind: 'ServerStartError', ...obstacleOf(failure.message, failure.log.join('\n')) }]
}

/** @param log what is told below the message, if anything is. */
export function obstacleOf(message: string, log = ''): Obstacle {
  return { message, whole: log === '' ? message : `${message}\n\n${log}` }
}

/**
 * Those of which no test tells, as where a project has neither documents nor load tests, for a run that is not passed
 * then. In watch mode the next change may mend them.
 */
export function untold(vitest: Vitest, modules: readonly TestModule[]): string[] {
  if (vitest.config.watch) return []
  const told = new Set(modules.flatMap(messagesOf))
  return obstaclesOf(vitest.projects).flatMap(({ message, whole }) => (told.has(message) ? [] : [whole]))
}

function messagesOf(module: TestModule): string[] {
  const results = [...module.children.allTests('failed')].map(test => test.result())
  const errors = [...module.errors(), ...results.flatMap(result => result.errors ?? [])]
  return errors.map(({ message }) => message)
}
