import type { Milliseconds } from '../../src/ground/units.ts'
import { fixedFeed } from '../../src/load/feed/feed.ts'
import { governLimit } from '../../src/load/limit/governor.ts'
import { SharedLimit } from '../../src/load/limit/shared-limit.ts'
import type { AdaptivePlan } from '../../src/load/plan/load-plan.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import { execute } from '../../src/load/thread/executor.ts'
import { assertBalanced, Ledger } from '../../src/load/thread/ledger.ts'
import { Recorder } from '../../src/load/thread/recorder.ts'
import { VirtualClock } from '../../src/measure/clock.ts'
import type { LimitChange } from '../../src/measure/report.ts'
import { randomOf } from './random.ts'
import { ServedUser } from './served-user.ts'
import type { MakeServer } from './servers.ts'

const START = 1_024

/** Runs an adaptive shape in virtual time on as many threads as it says, with the parts that a real run is made of. */
export async function simulateAdaptive(shape: unknown, makeServer: MakeServer, seed = 1) {
  const { plan, problems } = readShape(shape, { cores: 3 })
  if (plan?.kind !== 'adaptive') throw new Error(problems[0]?.found ?? 'not adaptive')
  const clock = new VirtualClock(START - 10)
  const server = makeServer(clock, randomOf(seed))
  const limit = new SharedLimit(plan.threads)
  const governor = governLimit(plan, limit, clock, START)
  const ledgers: Ledger[] = []
  const endings = Array.from({ length: plan.threads }, (_, index) => {
    const ledger = new Ledger()
    ledgers.push(ledger)
    const recorder = new Recorder({ plan, stepKeys: ['step'], ledger, origin: START, onInterval: () => {} })
    return execute({
      plan,
      share: { index, count: plan.threads },
      clock,
      turn: clock.turn,
      recorder,
      start: START,
      makeUser: () => new ServedUser(server, clock, recorder),
      feed: fixedFeed({}),
      requestsPerRun: 1,
      stopped: () => false,
      limit: new SharedLimit(plan.threads, limit.buffer),
    })
  })
  clock.run(START + plan.warmUp + plan.duration)
  governor.stop()
  clock.run()
  await Promise.all(endings)
  for (const ledger of ledgers) assertBalanced(ledger.whole(), 'a thread')
  return { plan, changes: governor.changes, limits: limitsOf(plan, governor.changes), settling: governor.settling() }
}

/** The limit over time: `[from, to, users]` for each stretch. */
function limitsOf(plan: AdaptivePlan & { warmUp: number; duration: number }, changes: readonly LimitChange[]) {
  const end = plan.warmUp + plan.duration
  const starts = [{ at: 0, to: plan.from }, ...changes]
  return starts.map(({ at, to }, i) => ({ from: at, to: starts[i + 1]?.at ?? end, users: to }))
}

/** How the limit did over the last so many milliseconds. */
export function settled(
  limits: readonly { from: Milliseconds; to: Milliseconds; users: number }[],
  last: Milliseconds,
) {
  const end = limits.at(-1)!.to
  const stretches = limits
    .map(({ from, to, users }) => ({ length: to - Math.max(from, end - last), users }))
    .filter(({ length }) => length > 0)
  const mean = stretches.reduce((sum, { length, users }) => sum + length * users, 0) / last
  const users = stretches.map(stretch => stretch.users)
  return { mean, swing: (Math.max(...users) - Math.min(...users)) / mean }
}
