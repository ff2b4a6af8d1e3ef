import type { RunnerTask, RunnerTestFile, RunnerTestSuite } from 'vitest'
import { asUserError } from '../../src/ground/fault.ts'
import { describeFaults, type OptionFault } from '../../src/ground/fields.ts'
import { given } from '../../src/ground/given.ts'
import { pick } from '../../src/ground/object.ts'
import { type Around, type LoadTest, readLoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import type { LoadResult } from '../../src/report/result.ts'
import { client } from '../coordinator/client.ts'
import type { ProvidedApp } from '../server/servers.ts'
import { serversFor } from '../server/servers-for.ts'
import { conduct, knownApplications, type Settings, settings } from './settings.ts'
import { targetsAmong } from './targets.ts'

/** All that is wrong with a load test as written; paths are JSON Pointers: `/budgets/p99`, `/load/duration`. */
export class LoadOptionsError extends Error {
  override readonly name = 'LoadOptionsError'
  readonly faults: readonly OptionFault[]

  constructor(faults: readonly OptionFault[]) {
    super(describeFaults(faults))
    this.faults = faults
    asUserError(this)
  }
}

/** Options of the plugin that are defaults of load tests as they are. */
const OF_PLUGIN = [
  ...(['allowHosts', 'agents', 'transport', 'affected', 'onInconclusive', 'inputs'] as const),
  ...(['metrics', 'targets', 'target', 'sources', 'severities'] as const),
]

/**
 * Reads a load test with what the plugin knows. Throws ArazzoError for a document or a workflow, LoadOptionsError for
 * options.
 *
 * @param running applications that get its requests.
 */
export async function readLoadCase(
  written: LoadOptions,
  around: Pick<Around, 'document' | 'folder' | 'unknownHere' | 'base'>,
  running: readonly ProvidedApp[] = knownApplications(),
): Promise<LoadTest> {
  const ofPlugin: Partial<Settings> = settings() ?? {}
  const defaults: Around['defaults'] = {
    ...pick(ofPlugin, OF_PLUGIN),
    ...conduct(),
    servers: serversFor(ofPlugin.servers, running),
  }
  const applications = targetsAmong(ofPlugin.server?.applications ?? [], running)
  const unknownHere = [...(around.unknownHere ?? []), 'metrics' as const]
  const { loadTest, faults } = await readLoadTest(written, { ...around, unknownHere, defaults, applications })
  if (faults) throw new LoadOptionsError(faults)
  return loadTest
}

/** Runs a load test while no other test runs, and shows meanwhile how it gets on. */
export async function runExclusively(
  loadTest: LoadTest,
  title: string,
  signal: AbortSignal | undefined,
  onProgress?: LoadOptions['onProgress'],
): Promise<LoadReport> {
  // Most test files run no load, and need not wait for its engine to be loaded.
  const { runLoadTest } = await import('../../src/hosts/run.ts')
  const show: LoadOptions['onProgress'] = progress => {
    client.sendProgress(title, progress)
    onProgress?.(progress)
  }
  const onWait = (line: string) => client.sendWaiting(title, line)
  return client.exclusive(title, () => runLoadTest(loadTest, { signal, title, onProgress: show, onWait }), signal)
}

/** Load tests share a page for scrapes and a collector: their series say which one, and which commit. */
export function withTestLabel(
  loadTest: LoadTest,
  identity: { test: string; project?: string },
  commit: () => string | undefined = () => undefined,
): LoadTest {
  const { metrics } = loadTest
  if (metrics === undefined) return loadTest
  return { ...loadTest, metrics: given({ ...metrics, labels: identity, commit: commit() }) }
}

/** Separator of the names of suites, as Vitest's reporters have it. */
const WITHIN = ' > '

/** Identifies a load test, which is a suite, among all load tests with results in the same folder. */
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
