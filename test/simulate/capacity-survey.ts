import type { Milliseconds, PerSecond } from '../../src/ground/units.ts'
import type { Capacity } from '../../src/measure/report.ts'
import { simulateCapacity } from './capacity.ts'
import { randomOf } from './random.ts'
import { exponentialServer, fixedServer, type MakeServer } from './servers.ts'
import { type Recurring, recurring, type Trouble, troubled, within } from './troubles.ts'

/**
 * Searches for the capacity in virtual time, many of them, of servers whose knee is known and that are in trouble
 * meanwhile: how far off is what was found, how often does the interval hold the knee, and how often does a search say
 * that it cannot tell.
 */
export interface Scenario {
  make: MakeServer
  /** What the server can do in peace. */
  knee: PerSecond
  /** Of the server. */
  troubles?: readonly Recurring[]
  /** Whether it is seen that others have the CPU meanwhile. */
  areSeen?: boolean
  /** Of the generator. */
  pauses?: readonly Recurring[]
}

const S: Milliseconds = 20
const WORKERS = 2
const knee = (WORKERS * 1000) / S
const fixed = { make: fixedServer(WORKERS, S), knee }
/** The formula of D/M/c, as in capacity.test.ts; what queues in 5 s may be a little more. */
const noisy = { make: exponentialServer(2 * WORKERS, S), knee: 195 }

const stalls: Recurring = { every: 30_000, lasts: [300, 2_000], speed: 0 }
const bursts: Recurring = { every: 10_000, lasts: [3_000, 9_000], speed: 0.5 }

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'in peace': fixed,
  'noisy service times': noisy,
  'stalls of the application': { ...fixed, troubles: [stalls] },
  'rare long stalls': { ...fixed, troubles: [{ every: 40_000, lasts: [2_000, 6_000], speed: 0 }] },
  'half the core taken in bursts, seen': { ...fixed, troubles: [bursts], areSeen: true },
  'half the core taken in bursts, unseen': { ...fixed, troubles: [bursts] },
  'pauses of the generator': { ...fixed, pauses: [{ every: 10_000, lasts: [300, 2_000], speed: 0 }] },
  'noisy, stalls, bursts': { ...noisy, troubles: [stalls], pauses: [stalls] },
}

interface Found {
  capacity: Capacity
  /** What was found, as a share of the knee, less one. */
  error: number
  length: Milliseconds
}

async function searchOnce(scenario: Scenario, seed: number): Promise<Found> {
  const { make, knee, troubles = [], areSeen, pauses = [] } = scenario
  const random = randomOf(seed * 7_919)
  const all = (kinds: readonly Recurring[]) => kinds.flatMap(kind => recurring(kind, random))
  const hits = all(troubles)
  const from = 10 + 40 * random()
  const shape = { capacity: { latency: 'p99 < 200ms', from }, seed, threads: 2 }
  const { capacity, length } = await simulateCapacity(shape, troubled(make, hits), {
    seed,
    ...(pauses.length > 0 && { pauses: all(pauses) }),
    ...(areSeen && { neighbours: now => neighbours(hits, now) }),
  })
  return { capacity, length, error: capacity.held / knee - 1 }
}

/** As a real one is seen: in looks 200 ms apart, and only where it takes a tenth of the time. */
function neighbours(troubles: readonly Trouble[], now: () => Milliseconds) {
  const share = (from: Milliseconds, to: Milliseconds) => within(troubles, from, to) / (to - from)
  return {
    disturbedBy: (from: Milliseconds, to: Milliseconds) =>
      share(from, to + 1) > 0.1 ? 'others had the CPU' : undefined,
    isQuiet: () => share(now() - 600, now()) < 0.1,
  }
}

/** Rates that differ by no more agree. */
const SURE = 0.15

export interface Survey {
  /**
   * Share of runs that found the knee within 10 %, and of those whose certain interval holds it (within the 5 % that a
   * hold tells apart).
   */
  near: number
  covered: number
  /** Share of runs that say that they cannot tell it to 15 %. */
  open: number
  /** Share of runs that are sure to 15 % of what is more than 15 % off: a wrong certainty. */
  wrong: number
  /** Errors: the 5th, 50th and 95th percentile. */
  errors: [number, number, number]
  median: Milliseconds
  longest: Milliseconds
}

/** @param first the first seed. */
export async function survey(scenario: Scenario, runs: number, first = 1): Promise<Survey> {
  const found: Found[] = []
  for (let seed = first; seed < first + runs; seed++) found.push(await searchOnce(scenario, seed))
  const share = (of: (one: Found) => boolean) => found.filter(of).length / runs
  const at = (values: number[], quantile: number) =>
    values.sort((a, b) => a - b)[Math.min(runs - 1, Math.floor(quantile * runs))]!
  const errors = found.map(({ error }) => error)
  const lengths = found.map(({ length }) => length)
  const certain = ({ capacity: { certain } }: Found) => ({ from: certain.from, to: certain.to ?? Infinity })
  const isSure = (one: Found) => certain(one).to <= certain(one).from * (1 + SURE)
  const isOff = (one: Found) =>
    certain(one).from > scenario.knee * (1 + SURE) || certain(one).to < scenario.knee / (1 + SURE)
  return {
    near: share(({ error }) => Math.abs(error) <= 0.1),
    covered: share(one => certain(one).from <= scenario.knee * 1.05 && certain(one).to >= scenario.knee * 0.95),
    open: share(one => !isSure(one)),
    wrong: share(one => isSure(one) && isOff(one)),
    errors: [at(errors, 0.05), at(errors, 0.5), at(errors, 0.95)],
    median: at(lengths, 0.5),
    longest: at(lengths, 1),
  }
}
