import type { TestCase, TestModule, TestProject, Vitest } from 'vitest/node'
import { grouped } from '../../src/ground/group.ts'
import { UNDECIDED } from '../runtime/notes.ts'

/** A test that is part of a load test, or that its author calls one. */
export function isOfLoad(test: TestCase): boolean {
  const { load, comparison } = test.meta()
  return load !== undefined || comparison !== undefined || test.tags.includes('load')
}

/** A load test's tests are in a suite that has its name. */
export function nameOf(test: TestCase): string {
  return test.parent.type === 'suite' ? test.parent.name : test.name
}

type Group = [TestCase, ...TestCase[]]

export function groupsOf(modules: readonly TestModule[]): Group[] {
  const tests = modules.flatMap(({ children }) => [...children.allTests()]).filter(isOfLoad)
  const groups = grouped<object, TestCase>(tests, test => (test.parent.type === 'suite' ? test.parent : test))
  return [...groups.values()] as Group[]
}

/** Whether a test was skipped because its run has decided nothing. */
export function isLeftOpen(test: TestCase): boolean {
  const result = test.result()
  return result.state === 'skipped' && result.note?.startsWith(UNDECIDED) === true
}

/** Reason why a project cannot run: the message of its tests, and the log of an application. */
type Obstacle = { message: string; whole: string }

/** Obstacles of documents and load tests of projects, each once: a configuration, an application. */
export function obstaclesOf(projects: readonly TestProject[]): Obstacle[] {
  const found = projects.flatMap(obstaclesTo)
  return found.filter(({ whole }, i) => found.findIndex(other => other.whole === whole) === i)
}

/** At most one, with the name of the error that tests fail by. */
export function obstaclesTo(project: TestProject): (Obstacle & { kind: string })[] {
  const { 'vitest-arazzo:fault': fault, 'vitest-arazzo:failure': [failure] = [] } = project.getProvidedContext()
  if (fault !== undefined) return [{ kind: 'ConfigurationError', ...obstacleOf(fault) }]
  if (failure === undefined || failure.isMeant) return []
  return [{ kind: 'ServerStartError', ...obstacleOf(failure.message, failure.log.join('\n')) }]
}

/** @param log optional lines below the message. */
export function obstacleOf(message: string, log = ''): Obstacle {
  return { message, whole: log === '' ? message : `${message}\n\n${log}` }
}

/**
 * Obstacles that no test reports, for example in a project without documents and load tests. The run must not pass. In
 * watch mode the next change may fix them.
 */
export function untold(vitest: Vitest, modules: readonly TestModule[]): string[] {
  if (vitest.config.watch) return []
  const told = new Set(modules.flatMap(obstacleMessages))
  return obstaclesOf(vitest.projects).flatMap(({ message, whole }) => (told.has(message) ? [] : [whole]))
}

function obstacleMessages(module: TestModule): string[] {
  const results = [...module.children.allTests('failed')].map(test => test.result())
  const errors = [...module.errors(), ...results.flatMap(result => result.errors ?? [])]
  return errors.map(({ message }) => message)
}
