import type { TestAnnotation } from 'vitest'
import type { TestCase, TestModule, Vitest } from 'vitest/node'
import { isDocument } from '../files.ts'
import { isReporter } from './named.ts'
import { isObstacle, obstacleAnnotations } from './obstacle-annotations.ts'
import { isOfLoad } from './run-tests.ts'

/** Annotations of one run. GitHub itself shows ten of a step. */
const MOST = 10

/** What Vitest's reporter for GitHub is given to write annotations of. */
interface GithubReporter {
  options?: { onWritePath?(path: string): string }
  onTestCaseAnnotate(test: TestCase, annotation: TestAnnotation): unknown
  onTestRunEnd(modules: readonly TestModule[], ...rest: unknown[]): unknown
}

/**
 * Keeps Vitest's reporter for GitHub to what has to be read: what keeps tests from running, each once; of load tests
 * and documents what failed, and then what is undecided or warned of, ten in all. What other tests have to say is left
 * alone.
 */
export function keepAnnotationsFew(vitest: Vitest, reporters: readonly unknown[]): void {
  for (const reporter of reporters)
    if (isReporter(reporter, 'GithubActionsReporter')) restrain(vitest, reporter as unknown as GithubReporter)
}

function restrain(vitest: Vitest, reporter: GithubReporter): void {
  const { onTestCaseAnnotate: annotate, onTestRunEnd: end } = reporter
  let held: [TestCase, TestAnnotation][] = []
  reporter.onTestCaseAnnotate = function (this: GithubReporter, ...annotation) {
    const [test, { type }] = annotation
    if (!isOurs(test)) return annotate.apply(this, annotation)
    if (type === 'warning' || type === 'error') held.push(annotation)
  }
  reporter.onTestRunEnd = function (this: GithubReporter, modules, ...rest) {
    const obstacles = obstacleAnnotations(vitest, modules, path => this.options?.onWritePath?.(path) ?? path)
    for (const line of obstacles) vitest.logger.log(`\n${line}`)
    const left = Math.max(0, MOST - obstacles.length)
    const failed = modules.flatMap(failedIn)
    const warned = held
    held = []
    for (const annotation of warned.slice(0, Math.max(0, left - failed.length))) annotate.apply(this, annotation)
    const quiet = new Set(failed.slice(left))
    return end.call(this, quiet.size === 0 ? modules : modules.map(module => hushed(module, quiet)), ...rest)
  }
}

const isOurs = (test: TestCase) => isDocument(test.module.moduleId) || isOfLoad(test)

/** Part of the tree of tasks that Vitest's reporter walks through. */
interface Task {
  id: string
  tasks?: Task[]
  result?: { errors?: unknown[] }
}

/**
 * Ids of what failed in a module: the module itself, where it is a document that could not be run, and its tests, but
 * for those that an obstacle kept from running.
 */
function failedIn(module: TestModule): string[] {
  const failed = [...module.children.allTests('failed')].filter(isOurs)
  const tests = failed.filter(test => !test.result().errors?.every(isObstacle))
  const own = isDocument(module.moduleId) && module.errors().length > 0 ? [module.id] : []
  return [...own, ...tests.map(({ id }) => id)]
}

/** The module as the reporter is to see it: some of what failed has nothing to say. */
function hushed(module: TestModule, quiet: ReadonlySet<string>): TestModule {
  const { task } = module as unknown as { task: Task }
  return Object.create(module, { task: { value: without(task, quiet) } })
}

function without(task: Task, quiet: ReadonlySet<string>): Task {
  const result = quiet.has(task.id) ? { ...task.result, errors: [] } : task.result
  return { ...task, result, ...(task.tasks && { tasks: task.tasks.map(inner => without(inner, quiet)) }) }
}
