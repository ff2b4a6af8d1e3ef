import type { TestModule, TestProject, Vitest } from 'vitest/node'
import type {} from '../runtime/settings.ts'
import type {} from '../server/provide.ts'

/** What keeps projects from running their documents and load tests, each once: a configuration, an application. */
export function obstaclesOf(projects: readonly TestProject[]): string[] {
  const found = projects.flatMap(project => {
    const { 'vitest-arazzo:fault': fault, 'vitest-arazzo:failure': failure } = project.getProvidedContext()
    return fault ?? failure ?? []
  })
  return [...new Set(found)]
}

/**
 * Those of which no test tells, as where a project has neither documents nor load tests, for a run that is not passed
 * then. In watch mode the next change may mend them.
 */
export function untold(vitest: Vitest, modules: readonly TestModule[]): string[] {
  if (vitest.config.watch) return []
  const told = new Set(modules.flatMap(messagesOf))
  return obstaclesOf(vitest.projects).filter(message => !told.has(message))
}

function messagesOf(module: TestModule): string[] {
  const results = [...module.children.allTests('failed')].map(test => test.result())
  const errors = [...module.errors(), ...results.flatMap(result => result.errors ?? [])]
  return errors.map(({ message }) => message)
}
