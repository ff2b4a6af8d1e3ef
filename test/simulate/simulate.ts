import type { Milliseconds } from '../../src/ground/units.ts'
import { type IntervalCounts, intervalOf } from '../../src/load/counts/intervals.ts'
import type { FeedPlan } from '../../src/load/feed/feed.ts'
import { type Feed, openFeed, SharedCounters } from '../../src/load/feed/feed.ts'
import type { ThreadShare } from '../../src/load/pace/arrivals.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import { type Ended, execute } from '../../src/load/thread/executor.ts'
import { assertBalanced, Ledger } from '../../src/load/thread/ledger.ts'
import { Recorder } from '../../src/load/thread/recorder.ts'
import type { Clock } from '../../src/measure/clock.ts'
import { VirtualClock } from '../../src/measure/clock.ts'
import type { Interval } from '../../src/measure/report.ts'
import type { VirtualUser } from '../../src/workflow/virtual-user.ts'
import { type FakeServer, FakeUser } from './fake-user.ts'

export interface Simulation {
  /** One request an iteration unless said otherwise. */
  steps?: number
  share?: ThreadShare
  /** Inputs, if any. */
  feed?: FeedPlan | Feed
  /** How long iterations in flight may finish. */
  gracefulStop?: Milliseconds
  /** Whether the users share a number of iterations, as in rounds of comparisons. */
  isShared?: boolean
  /** When the run is cancelled. */
  stopAt?: Milliseconds
  /** What makes users, instead of fake ones against the server. */
  makeUser?: (clock: VirtualClock, recorder: Recorder, think: (() => Milliseconds) | undefined) => VirtualUser
  /** The clock as the thread sees it. */
  clockOf?: (clock: VirtualClock) => Clock
  /** Things that happen in between. */
  script?: (clock: VirtualClock) => void
}

/** The clock does not start at zero: a thread's clock counts from its own start. */
const START = 1_024

/** Runs a plan in virtual time against a fake server, and checks that the books balance. */
export async function simulate(shape: unknown, server: FakeServer, options: Simulation = {}) {
  const { plan: read, problems } = readShape(shape, { gracefulStop: options.gracefulStop })
  if (read === undefined) throw new Error(problems[0]?.found)
  const plan = options.isShared && read.kind === 'iterations' ? { ...read, shared: true as const } : read
  const clock = new VirtualClock(START - 10)
  const ledger = new Ledger()
  const intervals: Interval[] = []
  const onInterval = (counts: IntervalCounts) => intervals.push(intervalOf(counts))
  const { steps = 1, share = { index: 0, count: 1 }, stopAt = Infinity } = options
  const stepKeys = Array.from({ length: steps }, (_, i) => `step${i + 1}`)
  const recorder = new Recorder({ plan, stepKeys, ledger, origin: START, onInterval })
  const shifted: FakeServer = { answer: now => server.answer(now - START) }
  const counters = new SharedCounters()
  const given = options.feed ?? { kind: 'fixed', inputs: {} }
  const feed = 'kind' in given ? openFeed(given, counters, plan.seed) : given
  let users = 0
  const windows: string[] = []
  const ending = execute({
    plan,
    share,
    clock: options.clockOf?.(clock) ?? clock,
    turn: clock.turn,
    makeUser(think) {
      users++
      return options.makeUser?.(clock, recorder, think) ?? new FakeUser(shifted, clock, recorder, steps, think)
    },
    feed,
    requestsPerRun: steps,
    recorder,
    start: START,
    stopped: () => clock.now() - START >= stopAt,
    onWindow: event => windows.push(`${event} ${clock.now() - START}`),
  })
  options.script?.(clock)
  clock.run()
  const ended: Ended = await ending
  const recorded = recorder.close(ended.at)
  assertBalanced(ledger.whole(), 'the run')
  assertBalanced(ledger.measured(), 'the measured window')
  return {
    ...recorded,
    ended,
    users,
    intervals,
    windows,
    whole: ledger.whole(),
    measured: ledger.measured(),
    throughput: ledger.throughput(),
  }
}
