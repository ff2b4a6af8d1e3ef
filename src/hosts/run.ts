import { given } from '../ground/given.ts'
import { parseDuration } from '../ground/units.ts'
import { AGENTS_WAIT, type AgentsOptions } from '../load/plan/agents.ts'
import { type LoadTest, readLoadTest, theLoadTest } from '../load/plan/load-test.ts'
import type { LoadOptions } from '../load/plan/options.ts'
import type { RunInternals, RunOptions } from '../load/run/load-run.ts'
import { runLoadTest as runHere } from '../load/run/run.ts'
import { withoutFailedHooks } from '../load/run/run-hooks.ts'
import { realClock } from '../measure/clock.ts'
import type { LoadReport } from '../measure/report.ts'

/**
 * Runs load now; resolves with the report whatever the verdict. Rejects before any request is sent when the document,
 * the shape, the budgets, the inputs or the host are at fault (ArazzoError with every problem in `.problems`, where
 * they are in a file), when agents are too few or refuse, and for a fault of the engine itself; afterwards when its
 * setup or teardown failed, with the report as `report` of the error.
 */
export async function runLoad(options: LoadOptions, internals: RunInternals = {}): Promise<LoadReport> {
  const { signal, onProgress } = options
  const loadTest = theLoadTest(await readLoadTest(options))
  return withoutFailedHooks(await runLoadTest(loadTest, { signal, onProgress, ...internals }))
}

/** Runs a load test that has been read, here or by agents. */
export async function runLoadTest(test: LoadTest, options: RunOptions = {}): Promise<LoadReport> {
  const { agents } = test.options
  return agents ? runOnHosts(test, agents, options) : runHere(test, options)
}

/** Most loads run in this process, which then need not load any of it. */
async function runOnHosts(test: LoadTest, { count, wait, ...server }: AgentsOptions, options: RunOptions) {
  const { openBus } = await import('./bus.ts')
  const { gather } = await import('./coordinator/gather.ts')
  const { shareOut } = await import('./coordinator/hosts.ts')
  const { RemoteThreads } = await import('./coordinator/remote-threads.ts')
  const { signal } = options
  const limit = wait === undefined ? AGENTS_WAIT : parseDuration(wait)
  const since = realClock.now()
  const bus = await openBus(server, 'vitest-arazzo', { wait: limit, signal })
  try {
    const found = await gather(bus, given({ count, wait: limit, since, signal }))
    // A thread without a user would drop the arrivals that are its.
    const agents = found.slice(0, test.load.maxVus)
    const theirs = shareOut(agents).reduce((sum, { threads }) => sum + threads, 0)
    const threads = Math.max(agents.length, Math.min(threadsOf(test.options) ?? theirs, test.load.maxVus))
    const load = { ...test.load, threads }
    const open: RunOptions['open'] = (_, tasks, events, isNew) => new RemoteThreads(bus, agents, tasks, events, isNew)
    return await runHere({ ...test, load }, { ...options, open })
  } finally {
    await bus.close()
  }
}

/** Threads of the whole, where the load test says how many. */
function threadsOf({ load }: LoadOptions): number | undefined {
  const { threads } = load as { threads?: number }
  return threads
}
