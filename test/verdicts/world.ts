import type { Milliseconds, Share } from '../../src/ground/units.ts'
import { noCounts } from '../../src/http/pooled-transport.ts'
import { openFeed, SharedCounters } from '../../src/load/feed/feed.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import { doubtsOf } from '../../src/load/run/doubts.ts'
import { mergeThreads } from '../../src/load/run/merge.ts'
import { execute } from '../../src/load/thread/executor.ts'
import { Ledger } from '../../src/load/thread/ledger.ts'
import { Recorder } from '../../src/load/thread/recorder.ts'
import { SharedWarmUp } from '../../src/load/warm-up/shared-warm-up.ts'
import { watchWarmUp } from '../../src/load/warm-up/steadiness.ts'
import { ApplicationWaits } from '../../src/measure/application-waits.ts'
import { VirtualClock } from '../../src/measure/clock.ts'
import { starvationIn } from '../../src/measure/neighbours.ts'
import type { LoadReport, ThreadHealth } from '../../src/measure/report.ts'
import type { LoadShape } from '../../src/measure/shape.ts'
import { LoopDelayWatch } from '../../src/measure/thread-health.ts'
import { aReport, aThread, someProcesses } from '../builders/report.ts'
import { randomOf } from '../simulate/random.ts'
import type { MakeServer } from '../simulate/servers.ts'
import { ColdClock } from './cold-clock.ts'
import { FrozenClock } from './frozen-clock.ts'
import { type Away, LateThread } from './late-thread.ts'
import { LateUser } from './user.ts'

/** What is done to a run. */
export interface Harm {
  /** When the load thread cannot run. */
  aways: readonly Away[]
  /** When the host takes the machine away, from generator and application. */
  stolen: readonly { from: Milliseconds; to: Milliseconds }[]
  /** When other programs have the application's cores, and not the generator's. */
  starved?: readonly { from: Milliseconds; to: Milliseconds }[]
  /** Whether a request that is sent at a time from the start of the run never gets a response. */
  isSilent?: (at: Milliseconds) => boolean
  /** Whether the connection is reset of a request that is sent so long after the start. */
  isReset?: (at: Milliseconds, random: () => number) => boolean
  /** Of all virtual users of an open model. */
  maxVus?: number
  /** The thread counts as busy for so much of the time. */
  eventLoopUtilization?: number
  /** The application is slow at first, in a warm-up that is to last until the load is steady. */
  cold?: { slower: number; decay: Milliseconds; warmUp: { atLeast: Milliseconds; atMost: Milliseconds } }
}

export const UNHARMED: Harm = { aways: [], stolen: [] }

const START = 1_024

/**
 * A run of load in virtual time, from the plan to the doubts of its report, by the code that makes them of a real one.
 */
export async function runIn(
  shape: LoadShape,
  steps: number,
  makeServer: MakeServer,
  { aways, stolen, starved = [], maxVus, eventLoopUtilization = 0, cold, isSilent, isReset }: Harm,
  seed: number,
  cpu = 0,
  busy = cpu,
): Promise<LoadReport> {
  const { plan: read, problems } = readShape({
    ...shape,
    ...(cold && { warmUp: cold.warmUp.atMost }),
    ...(maxVus !== undefined && !('vus' in shape) && { maxVus }),
  } as LoadShape)
  if (read === undefined) throw new Error(problems[0]?.found)
  const plan = cold ? { ...read, steady: { atLeast: cold.warmUp.atLeast } } : read
  const shift = (stretch: { from: Milliseconds; to: Milliseconds }) => ({
    from: stretch.from + START,
    to: stretch.to + START,
  })
  const clock = new VirtualClock(START - 10)
  const frozen = stolen.map(shift)
  const taken: Away[] = frozen.map(stretch => ({ ...stretch, by: 'host' }))
  const thread = new LateThread(
    clock,
    [...aways.map(away => ({ ...away, ...shift(away) })), ...taken].sort((a, b) => a.from - b.from),
    new ApplicationWaits({ waited: waitedUpTo(starved.map(shift), clock), close() {} }),
  )
  const still = [...frozen, ...starved.map(shift)].sort((a, b) => a.from - b.from)
  const frozenClock = new FrozenClock(clock, still)
  const speaking = makeServer(cold ? new ColdClock(frozenClock, cold) : frozenClock, randomOf(seed))
  const server = isSilent
    ? { serve: (done: () => void) => (isSilent(clock.now() - START) ? undefined : speaking.serve(done)) }
    : speaking
  const luck = randomOf(seed + 1_000_003)
  const resets = isReset && (() => isReset(clock.now() - START, luck))
  const ledger = new Ledger()
  const stepKeys = Array.from({ length: steps }, (_, i) => `step${i + 1}`)
  const { stalls } = thread
  const warmUp = plan.steady && new SharedWarmUp(plan)
  let warmUpCut: LoadReport['warmUpCut']
  const watch =
    warmUp &&
    watchWarmUp(plan, warmUp, clock, START, cut => {
      warmUpCut = cut
    })
  const recorder = new Recorder({
    plan,
    stepKeys,
    ledger,
    origin: START,
    onInterval() {},
    stalls,
    ...(warmUp && { warmUp }),
  })
  const counters = new SharedCounters()
  const delays = new LoopDelayWatch(thread)
  let delay: ThreadHealth['delay'] = { p99: 0, longest: 0 }
  const ending = execute({
    plan,
    clock: thread,
    turn: thread.turn,
    recorder,
    start: START,
    share: { index: 0, count: 1 },
    makeUser: () => new LateUser(server, thread, recorder, steps, resets),
    feed: openFeed({ kind: 'fixed', inputs: {} }, counters, seed),
    requestsPerRun: steps,
    stopped: () => false,
    onWindow(event) {
      if (event === 'begins') {
        stalls.mark()
        delays.mark()
      } else delay = delays.stop()
    },
  })
  clock.run()
  const ended = await ending
  const recorded = recorder.close(ended.at)
  const health = healthOf(aways, plan.rampUp + plan.warmUp, plan.duration, { delay, stalls: recorded.stalls! })
  health.eventLoopUtilization = Math.max(health.eventLoopUtilization, eventLoopUtilization)
  const result = { recorded, ended, health, transport: { name: 'none', counters: noCounts() }, bodiesReadInPart: 0 }
  const merged = mergeThreads(stepKeys, [ledger], [result])
  const { lateness, threads, timed: _, connections: __, ...figures } = merged
  const machine = { clockJump: 0, stolen: stolenIn(stolen, plan.rampUp + plan.warmUp, plan.duration) }
  const starvation = starvationOf(starved, plan.rampUp + plan.warmUp, plan.duration, busy)
  const doubts = doubtsOf({
    isLocal: true,
    starvation,
    ...(warmUpCut && { warmUpCut }),
    course: watch?.course(),
    plan,
    state: 'completed',
    budgets: [],
    ...merged,
    arrivals: merged.measuredArrivals,
    machine,
  })
  const generator = { ...aReport().generator, lateness, threads }
  return {
    ...aReport(),
    ...(warmUpCut && { warmUpCut }),
    shape,
    model: plan.model,
    maxVus: plan.maxVus,
    ...figures,
    generator,
    target: { ...someProcesses(), cpu },
    answers: [],
    doubts,
  }
}

/** As the system counts them: when they are over. */
function waitedUpTo(starved: NonNullable<Harm['starved']>, clock: VirtualClock): () => Milliseconds {
  let [next, waited] = [0, 0]
  return () => {
    for (; starved[next] !== undefined && starved[next]!.to <= clock.now(); next++)
      waited += starved[next]!.to - starved[next]!.from
    return waited
  }
}

/** As the thread would have been seen from outside. */
function healthOf(
  aways: readonly Away[],
  from: Milliseconds,
  length: Milliseconds,
  seen: Pick<ThreadHealth, 'delay' | 'stalls'>,
): ThreadHealth {
  const within = aways.filter(away => away.from >= from && away.from < from + length)
  const lengths = (by: Away['by']) => within.filter(away => away.by === by).map(away => away.to - away.from)
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const waits = within.filter(({ by }) => by === 'core')
  const inSecond = waits.map(({ from: begin }) =>
    sum(waits.filter(one => one.from >= begin && one.from < begin + 1_000).map(one => one.to - one.from)),
  )
  const pauses = lengths('busy')
  return {
    ...aThread(),
    ...seen,
    gc: {
      count: pauses.length,
      total: sum(pauses),
      longest: Math.max(0, ...pauses),
      long: sum(pauses.filter(pause => pause > 5)),
    },
    waited: sum(lengths('core')) / length,
    longestWait: Math.max(0, ...inSecond),
    spareCores: 0,
  }
}

const LOOK: Milliseconds = 200

/** As it would have been seen of the application's processes, on a machine without a core to spare. */
function starvationOf(starved: NonNullable<Harm['starved']>, from: Milliseconds, length: Milliseconds, busy: Share) {
  const used = starved.length > 0 ? 1 : 0
  // The system counts a wait when it is over.
  const upTo = (at: Milliseconds) =>
    starved.filter(({ to }) => to <= at).reduce((sum, one) => sum + one.to - one.from, 0)
  const readings = Array.from({ length: Math.floor(length / LOOK) + 1 }, (_, i) => {
    const at = from + i * LOOK
    const waited = upTo(at)
    return {
      at,
      others: used * at,
      idle: 0,
      stolen: 0,
      waited,
      longestWait: waited - upTo(at - LOOK),
      busy: busy * LOOK,
    }
  })
  return starvationIn(readings)
}

function stolenIn(stolen: Harm['stolen'], from: Milliseconds, length: Milliseconds) {
  const lengths = stolen.filter(one => one.from >= from && one.from < from + length).map(one => one.to - one.from)
  return { share: lengths.reduce((sum, one) => sum + one, 0) / length, longest: Math.max(0, ...lengths) }
}
