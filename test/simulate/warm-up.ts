import type { Milliseconds } from '../../src/ground/units.ts'
import { noCounts } from '../../src/http/pooled-transport.ts'
import type { IntervalCounts } from '../../src/load/counts/intervals.ts'
import { fixedFeed } from '../../src/load/feed/feed.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import { mergeThreads } from '../../src/load/run/merge.ts'
import { joinIntervals } from '../../src/load/run/series.ts'
import { execute } from '../../src/load/thread/executor.ts'
import { assertBalanced, Ledger } from '../../src/load/thread/ledger.ts'
import { Recorder } from '../../src/load/thread/recorder.ts'
import { SharedWarmUp } from '../../src/load/warm-up/shared-warm-up.ts'
import { watchWarmUp } from '../../src/load/warm-up/steadiness.ts'
import { VirtualClock } from '../../src/measure/clock.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { type FakeServer, FakeUser } from './fake-user.ts'

const START = 1_024

interface Means {
  stopAt?: Milliseconds
  script?: (clock: VirtualClock) => void
  /** The warm-up lasts so long at least, and as long as the shape says at most. */
  atLeast?: Milliseconds
}

/**
 * Runs a shape with `warmUp: 'auto'` in virtual time on as many threads as it says, with the parts that a real run is
 * made of.
 */
export async function simulateWarmUp(
  shape: unknown,
  server: FakeServer,
  { stopAt = Number.POSITIVE_INFINITY, script, atLeast }: Means = {},
) {
  const { plan: read, problems } = readShape(shape, { cores: 4 })
  if (read === undefined) throw new Error(problems[0]?.found)
  const plan = atLeast === undefined ? read : { ...read, steady: { atLeast } }
  const clock = new VirtualClock(START - 10)
  const shared = new SharedWarmUp(plan)
  let cut: LoadReport['warmUpCut']
  const watch = watchWarmUp(plan, shared, clock, START, found => {
    cut = found
  })
  if (stopAt < Number.POSITIVE_INFINITY) clock.after(stopAt + START - clock.now(), () => watch.stop())
  const series = joinIntervals(
    plan.threads,
    () => ({}),
    () => {},
  )
  const shifted: FakeServer = { answer: now => server.answer(now - START) }
  const begins: Milliseconds[] = []
  const threads = Array.from({ length: plan.threads }, (_, index) => {
    const ledger = new Ledger()
    const recorder = new Recorder({
      plan,
      stepKeys: ['step'],
      ledger,
      origin: START,
      thread: index,
      onInterval: (counts: IntervalCounts) => series.add(index, counts),
      warmUp: new SharedWarmUp(plan, shared.buffer),
    })
    const ending = execute({
      plan,
      share: { index, count: plan.threads },
      clock,
      turn: clock.turn,
      recorder,
      start: START,
      makeUser: think => new FakeUser(shifted, clock, recorder, 1, think),
      feed: fixedFeed({}),
      requestsPerRun: 1,
      stopped: () => clock.now() - START >= stopAt,
      onWindow: event => event === 'begins' && begins.push(clock.now() - START),
    })
    return { ledger, recorder, ending }
  })
  script?.(clock)
  clock.run()
  const ends = await Promise.all(threads.map(({ ending }) => ending))
  const recorded = threads.map(({ recorder }, i) => recorder.close(ends[i]!.at))
  for (const { ledger } of threads) {
    assertBalanced(ledger.whole(), 'a thread')
    assertBalanced(ledger.measured(), 'the measured window of a thread')
  }
  const merged = mergeThreads(
    ['step'],
    threads.map(({ ledger }) => ledger),
    recorded.map((one, i) => ({
      recorded: one,
      ended: ends[i]!,
      bodiesReadInPart: 0,
      transport: { name: 'fake', counters: noCounts() },
    })),
  )
  return { plan, cut, begins, windows: recorded.map(({ window }) => window), merged, series: series.intervals }
}
