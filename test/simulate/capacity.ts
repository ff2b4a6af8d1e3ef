import type { Milliseconds } from '../../src/ground/units.ts'
import { ProbeBooks, probeBook, SharedSchedule } from '../../src/load/capacity/books.ts'
import { CapacityGovernor } from '../../src/load/capacity/governor.ts'
import type { SharedSearch } from '../../src/load/capacity/model.ts'
import { capacityOf } from '../../src/load/capacity/search.ts'
import { type IntervalCounts, intervalOf } from '../../src/load/counts/intervals.ts'
import { fixedFeed } from '../../src/load/feed/feed.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import { execute } from '../../src/load/thread/executor.ts'
import { assertBalanced, Ledger } from '../../src/load/thread/ledger.ts'
import { Recorder } from '../../src/load/thread/recorder.ts'
import type { Clock } from '../../src/measure/clock.ts'
import { VirtualClock } from '../../src/measure/clock.ts'
import type { VirtualUser } from '../../src/workflow/virtual-user.ts'
import { type Apart, apart } from './apart.ts'
import { randomOf } from './random.ts'
import { ServedUser } from './served-user.ts'
import type { MakeServer, Server } from './servers.ts'
import { paused, type Trouble } from './troubles.ts'

const START = 1_024

export interface CapacityOptions {
  seed?: number
  marks?: number[]
  strain?: SharedSearch['strain']
  /** When the run is cancelled. */
  stopAt?: Milliseconds
  makeUser?: (server: Server, clock: VirtualClock, recorder: Recorder) => VirtualUser
  requestsPerRun?: number
  /** What is seen of others on the machine, in time since the start of the run. */
  neighbours?: (now: () => Milliseconds) => ConstructorParameters<typeof CapacityGovernor>[0]['neighbours']
  /** When the generator stands still, all threads of it at once. */
  pauses?: readonly Trouble[]
  /** Hosts of one thread each instead of threads of one process. */
  apart?: Apart
  /** Things that happen in between. */
  script?: (clock: VirtualClock) => void
}

/** Runs a search in virtual time on as many threads as its shape says, with the parts that a real run is made of. */
export async function simulateCapacity(shape: unknown, makeServer: MakeServer, options: CapacityOptions = {}) {
  const { plan, problems } = readShape(shape, { cores: 3 })
  if (plan?.kind !== 'capacity') throw new Error(problems[0]?.found ?? 'no search')
  const { seed = 1, marks = [], strain, stopAt = Infinity, requestsPerRun = 1, script, pauses } = options
  const clock = new VirtualClock(START - 10)
  const own = pauses ? paused(clock, pauses) : clock
  const server = heardBy(own, makeServer(clock, randomOf(seed)))
  const schedule = new SharedSchedule()
  const books = new ProbeBooks(plan.threads)
  const hosts = options.apart && apart({ schedule, books }, plan.threads, clock, START, options.apart)
  const ledgers: Ledger[] = []
  const whole = () => ledgers.map(ledger => ledger.whole())
  const windows: Milliseconds[] = []
  const seen = options.neighbours?.(() => clock.now() - START)
  const neighbours = seen && {
    disturbedBy: (from: number, to: number) => seen.disturbedBy(from - START, to - START),
    isQuiet: () => seen.isQuiet(),
  }
  const governor = new CapacityGovernor({
    plan,
    schedule,
    books,
    clock: own,
    start: START,
    marks,
    requestsPerRun,
    pending: () =>
      whole().reduce((sum, { due, dropped, passed, failed, aborted }) => {
        return sum + due - dropped - passed - failed - aborted
      }, 0),
    onWindow: from => windows.push(from),
    ...(neighbours && { neighbours }),
    ...(hosts && { hearing: hosts.hearing }),
  })
  const series = new Map<string, number>()
  const onInterval = (counts: IntervalCounts) => {
    const { phase, start, requests } = intervalOf(counts)
    series.set(`${phase} ${start}`, (series.get(`${phase} ${start}`) ?? 0) + requests)
  }
  const recorders: Recorder[] = []
  const endings = Array.from({ length: plan.threads }, (_, index) => {
    const ledger = new Ledger()
    ledgers.push(ledger)
    // As a thread has it: views of its own on the same memory, or that of its host.
    const memory = hosts?.memories[index] ?? { schedule, books }
    const ownSchedule = new SharedSchedule(memory.schedule.buffer)
    const ownBooks = new ProbeBooks(plan.threads, memory.books.buffer)
    const book = probeBook(ownBooks, index, ownSchedule, plan.latency)
    const search = { schedule: ownSchedule, book, ...(strain && { strain }) }
    const recorder = new Recorder({ plan, stepKeys: ['step'], ledger, origin: START, onInterval, search })
    recorders.push(recorder)
    return execute({
      plan,
      share: { index, count: plan.threads },
      clock: own,
      recorder,
      start: START,
      turn: callback => void own.after(0, callback),
      makeUser: () => options.makeUser?.(server, clock, recorder) ?? new ServedUser(server, clock, recorder),
      feed: fixedFeed({}),
      requestsPerRun,
      stopped: () => clock.now() - START >= stopAt,
      search,
    })
  })
  script?.(clock)
  if (stopAt !== Infinity) {
    clock.run(START + stopAt)
    governor.stop()
  }
  clock.run()
  const ended = await Promise.all(endings)
  const recorded = recorders.map((recorder, thread) => recorder.close(ended[thread]!.at))
  for (const ledger of ledgers) {
    assertBalanced(ledger.whole(), 'a thread')
    assertBalanced(ledger.measured(), 'the window of a thread')
  }
  return {
    plan,
    ended,
    windows,
    recorded,
    series,
    capacity: capacityOf(plan, governor.probes),
    measured: ledgers.map(ledger => ledger.measured()),
    length: Math.max(...ended.map(({ at }) => at)),
  }
}

/** A server whose answers are heard when the one who waits for them is awake. */
function heardBy(clock: Clock, server: Server): Server {
  if (clock instanceof VirtualClock) return server
  return { serve: done => server.serve(() => void clock.after(0, done)) }
}
