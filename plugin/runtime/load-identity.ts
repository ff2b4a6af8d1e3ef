import type { RunnerTask, RunnerTestFile, RunnerTestSuite } from 'vitest'
import { given } from '../../src/ground/given.ts'
import type { LoadResult } from '../../src/report/result.ts'

/** Separator of the names of suites, as Vitest's reporters have it. */
const WITHIN = ' > '

/** What tells a load test, which is a suite, from all others whose results may lie beside its own. */
export function identityOf(suite: RunnerTestSuite): Required<Pick<LoadResult, 'test'>> & { project?: string } {
  const test = fullNameOf(suite)
  const alike = suitesIn(suite.file).filter(other => fullNameOf(other) === test)
  const number = alike.indexOf(suite) + 1
  const { projectName } = suite.file
  return given({ test: number > 1 ? `${test} (${number})` : test, project: projectName || undefined })
}

/** The name of a test or suite with those of the suites around it, the file left out. */
export function fullNameOf({ name, suite }: RunnerTask): string {
  return suite === undefined ? name : `${fullNameOf(suite)}${WITHIN}${name}`
}

function suitesIn({ tasks }: RunnerTestSuite | RunnerTestFile): RunnerTestSuite[] {
  return tasks.flatMap(task => (task.type === 'suite' ? [task, ...suitesIn(task)] : []))
}
