import { theLoadTest, readLoadTest, type LoadTest } from '../load/plan/load-test.ts'
import type { LoadOptions } from '../load/plan/options.ts'
import { runLoadTest as runHere } from '../load/run/run.ts'
import type { RunOptions } from '../load/run/load-run.ts'
import type { LoadReport } from '../measure/report.ts'
import { type BusOptions, openBus } from './bus.ts'
import { gather } from './coordinator/gather.ts'
import { shareOut } from './coordinator/hosts.ts'
import { RemoteThreads } from './coordinator/remote-threads.ts'

export interface AgentsOptions extends BusOptions {
  count?: number
  wait?: number
}

export async function runOnHosts(test: LoadTest, agentsOptions: AgentsOptions, options: RunOptions = {}): Promise<LoadReport> {
  const bus = await openBus(agentsOptions, 'vitest-arazzo coordinator')
  try {
    const agents = await gather(bus, { count: agentsOptions.count, wait: agentsOptions.wait ?? 30_000 } as never)
    const threads = Math.min(test.load.maxVus, shareOut(agents).reduce((sum, host) => sum + host.threads, 0))
    const load = { ...test.load, threads }
    return await runHere({ ...test, load }, { ...options, open: (_, tasks, events, isNew) => new RemoteThreads(bus, agents, tasks, events, isNew) })
  } finally {
    await bus.close()
  }
}
export async function tryIt(options: LoadOptions, agents: AgentsOptions): Promise<LoadReport> {
  return runOnHosts(theLoadTest(await readLoadTest(options)), agents)
}
