import { foreseen } from '../../src/ground/fault.ts'
import { describeFaults, type OptionFault } from '../../src/ground/fields.ts'
import { given } from '../../src/ground/given.ts'
import { type Around, type LoadTest, readLoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { serversFor } from '../server/servers-for.ts'
import { knownApplications } from './application.ts'
import { conduct, type Settings, settings } from './settings.ts'
import { targetsAmong } from './targets.ts'

/** All that is wrong with a load test as written; paths are JSON Pointers: `/budgets/p99`, `/load/duration`. */
export class LoadOptionsError extends Error {
  override readonly name = 'LoadOptionsError'
  readonly faults: readonly OptionFault[]

  constructor(faults: readonly OptionFault[]) {
    super(describeFaults(faults))
    this.faults = faults
    foreseen(this)
  }
}

/**
 * Reads a load test with what the plugin knows. Throws ArazzoError for a document or a workflow, LoadOptionsError for
 * options.
 */
export async function readLoadCase(
  written: LoadOptions,
  around: Pick<Around, 'document' | 'folder' | 'unknownHere' | 'base'>,
): Promise<LoadTest> {
  const ofPlugin: Partial<Settings> = settings() ?? {}
  const { sources, severities, inputs, allowHosts, transport, onInconclusive, metrics, targets, server } = ofPlugin
  const { target, agents, affected } = ofPlugin
  const running = knownApplications()
  const defaults: Around['defaults'] = {
    allowHosts,
    agents,
    transport,
    affected,
    onInconclusive,
    ...conduct(),
    read: { sources, severities },
    servers: serversFor(ofPlugin.servers, running),
    inputs,
    metrics,
    targets,
    target,
  }
  const applications = targetsAmong(server?.applications ?? [], running)
  const { loadTest, faults } = await readLoadTest(written, { ...around, defaults, applications })
  if (faults) throw new LoadOptionsError(faults)
  return loadTest
}

/** Load tests share a page for scrapes, a gateway, a collector: their series say which one, and which commit. */
export function withTestLabel(
  loadTest: LoadTest,
  identity: { test: string; project?: string },
  commit: () => string | undefined = () => undefined,
): LoadTest {
  const { metrics } = loadTest
  if (metrics === undefined) return loadTest
  return { ...loadTest, metrics: given({ ...metrics, labels: { ...identity, ...metrics.labels }, commit: commit() }) }
}
