import { hostname, userInfo } from 'node:os'
import { tried } from '../ground/tried.ts'
import { formatMs, type Milliseconds, parseDuration } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import { AGENTS_WAIT, type AgentsOptions } from '../load/plan/agents.ts'
import { type LoadTest, loadTestOrThrow, readLoadTest } from '../load/plan/load-test.ts'
import type { LoadOptions } from '../load/plan/options.ts'
import type { RunInternals, RunOptions } from '../load/run/load-run.ts'
import { withoutFailedHooks } from '../load/run/prepare.ts'
import { runLoadTest as runHere } from '../load/run/run.ts'
import { realClock } from '../measure/clock.ts'
import type { LoadReport } from '../measure/report.ts'
import type { BusOptions } from './bus.ts'
import type { Hello } from './messages.ts'

/** A run that may be one of agents. */
interface HostRunOptions extends RunOptions {
  /** Called with a line about a load that waits for NATS or agents, and when the available agents change. */
  onWait?(line: string): void
  /** Title of the load test, for the logs of agents. Default: only its workflow. */
  title?: string
}

/**
 * Runs load and resolves with the report for any verdict. Rejects before any request for faults of the document, the
 * shape, the budgets, the inputs or the host (ArazzoError with every problem in `.problems`, if they are in a file),
 * for too few agents or refusals, and for a fault of the engine itself. Rejects afterwards if its setup or teardown
 * failed, with the report as `report` of the error.
 */
export async function runLoad(options: LoadOptions, internals: RunInternals = {}): Promise<LoadReport> {
  const { signal, onProgress } = options
  const loadTest = loadTestOrThrow(await readLoadTest(options))
  return withoutFailedHooks(await runLoadTest(loadTest, { signal, onProgress, ...internals }))
}

/** Runs a load test that has been read, here or by agents. */
export async function runLoadTest(test: LoadTest, options: HostRunOptions = {}): Promise<LoadReport> {
  const { agents, ca } = test.options
  return agents ? runOnHosts(test, { ...agents, ca }, options) : runHere(test, options)
}

/** Most loads run in this process, which then need not load any of it. */
async function runOnHosts(
  test: LoadTest,
  { count, timeout, ...server }: AgentsOptions & BusOptions,
  options: HostRunOptions,
) {
  const { openBus } = await import('./bus.ts')
  const { gather } = await import('./coordinator/gather.ts')
  const { shareOut } = await import('./coordinator/hosts.ts')
  const { RemoteThreads } = await import('./coordinator/remote-threads.ts')
  const { signal, onWait, title } = options
  const limit = parseDuration(timeout ?? AGENTS_WAIT)
  const since = realClock.now()
  const nats = [server.nats].flat().join(', ')
  const bus = await openBus(server, title === undefined ? whoAsks() : `"${title}" of ${whoAsks()}`, {
    wait: limit,
    signal,
    onWait: found => onWait?.(`waits for NATS at ${nats}, ${atMost(limit)}: ${found}`),
  })
  const onFew = (found: string, left: Milliseconds) =>
    onWait?.(`waits for agents, ${atMost(left)}: ${found}. Start one: npx vitest-arazzo agent --nats ${nats}`)
  try {
    const found = await gather(bus, { count, wait: limit, since, signal, onWait: onFew })
    // A thread without a user would drop the arrivals that are its.
    const agents = found.slice(0, test.load.maxVus)
    const theirs = shareOut(agents).reduce((sum, { threads }) => sum + threads, 0)
    const threads = Math.max(agents.length, Math.min(threadsOf(test.options) ?? theirs, test.load.maxVus))
    const load = { ...test.load, threads }
    const open: RunOptions['open'] = (_, ...rest) => new RemoteThreads(bus, agents, ...rest)
    const report = await runHere({ ...test, load }, { ...options, open })
    // If a number was requested, all others are mentioned. Otherwise as many run it as are needed.
    const idle = count === undefined ? [] : found.slice(agents.length)
    return idle.length === 0 ? report : { ...report, warnings: [...(report.warnings ?? []), idleNote(agents, idle)] }
  } finally {
    await bus.close()
  }
}

function idleNote(agents: readonly Hello[], idle: readonly Hello[]): string {
  const names = agents.map(({ name }) => name).join(', ')
  const ran = `${agents.length} of the ${agents.length + idle.length} agents that it asked for ran the load (${names})`
  const has = `it has ${counted(agents.length, 'user')} at most, and an agent without one would begin nothing`
  return `${ran}: ${has}. Give it more users (vus, maxVus), or ask for ${counted(agents.length, 'agent')}.`
}

/** `ci@runner-3`. */
function whoAsks(): string {
  // A container may run as a user without a name.
  const user = tried(() => userInfo().username)
  return user === undefined ? hostname() : `${user}@${hostname()}`
}

/** Threads of the whole, where the load test says how many. */
function threadsOf({ load }: LoadOptions): number | undefined {
  const { threads } = load as { threads?: number }
  return threads
}

const atMost = (time: Milliseconds) => `${formatMs(Math.ceil(time / 1_000) * 1_000)} at most`
