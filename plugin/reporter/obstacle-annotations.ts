import { readFileSync } from 'node:fs'
import type { TestModule, TestProject, Vitest } from 'vitest/node'
import { plainLines } from '../../src/ground/plain.ts'
import { tried } from '../../src/ground/tried.ts'
import type {} from '../runtime/settings.ts'
import type {} from '../server/provide.ts'
import { obstacleOf, obstaclesTo } from './obstacles.ts'

/** Obstacles by the name of the error that each test fails by: a title, and what of the configuration is to blame. */
const KINDS: Readonly<Record<string, { title: string; culprit: RegExp }>> = {
  ServerStartError: { title: 'The application did not start', culprit: /\bserver\s*:/ },
  ConfigurationError: { title: 'The configuration cannot be read', culprit: /\barazzo\s*\(/ },
}

interface Annotated {
  kind: string
  /** With the log of an application. */
  message: string
  project: TestProject
}

/**
 * Annotations for GitHub of what keeps projects from running, each once, as lines of the log that it looks for. They
 * lead to the configuration: the error has no place of its own, so that Vitest's reporter leaves it out.
 *
 * @param shown makes the path that GitHub is to have of an absolute one.
 */
export function obstacleAnnotations(vitest: Vitest, modules: readonly TestModule[], shown: (path: string) => string) {
  const found = [...vitest.projects.flatMap(providedTo), ...modules.flatMap(failedBy)]
  const distinct = found.filter(({ message }, i) => found.findIndex(other => other.message === message) === i)
  return distinct.map(obstacle => annotationOf(obstacle, vitest, shown))
}

const providedTo = (project: TestProject): Annotated[] =>
  obstaclesTo(project).map(({ kind, whole }) => ({ kind, message: whole, project }))

/** Obstacles that a run on another machine had, of which its tests alone tell. */
function failedBy({ children, project }: TestModule): Annotated[] {
  const errors = [...children.allTests('failed')].flatMap(test => test.result().errors ?? [])
  return errors.filter(isObstacle).map(({ name, message, diff }) => {
    return { kind: name!, message: obstacleOf(message, diff).whole, project }
  })
}

/** Whether an error of a test is one by which all tests of its project fail. */
export const isObstacle = ({ name }: { name?: string }): boolean => name !== undefined && Object.hasOwn(KINDS, name)

function annotationOf({ kind, message, project }: Annotated, vitest: Vitest, shown: (path: string) => string): string {
  const { title, culprit } = KINDS[kind]!
  const file = project.vite.config.configFile || vitest.vite.config.configFile
  const place = file ? `file=${property(shown(file))},line=${lineIn(file, culprit)},` : ''
  return `::error ${place}title=${property(title)}::${data(plainLines(message))}`
}

/** Number of the first line that matches, from 1; the first where none does. */
function lineIn(file: string, culprit: RegExp): number {
  const lines = tried(() => readFileSync(file, 'utf8'))?.split('\n') ?? []
  const at = lines.findIndex(line => culprit.test(line))
  return Math.max(0, at) + 1
}

const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
