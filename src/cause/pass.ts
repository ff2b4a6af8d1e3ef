import { performance } from 'node:perf_hooks'
import { WORK } from '../budget/metrics/resources.ts'
import { figureOf } from '../compare/degradation.ts'
import { type Launch, type LaunchFigures, type MeasuredPair, SIDES, type SideName } from '../compare/pair.ts'
import { bothOf, type CompareOptions, launchBoth } from '../compare/run.ts'
import { sampleOf } from '../compare/statistics/sample.ts'
import { unbounded } from '../compare/unbounded.ts'
import { Random } from '../ground/random.ts'
import type { Milliseconds, Share } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import type { Cause, RoundTrips } from '../measure/report.ts'
import { functionsIn } from './functions.ts'
import { causeOfGrowth, type GrowthLimits, type ProfiledPair, type SideProfile } from './growth.ts'
import { LineMap } from './lines.ts'
import { profileIn, stacksOf, turnsIn } from './profile.ts'
import type { CpuProfile } from './profiler/protocol.ts'

interface Duel {
  run(
    launches: Record<SideName, Launch>,
    options: { blocks: number; seed: number; signal: AbortSignal; isProfiled: boolean },
  ): Promise<MeasuredPair>
}

export interface PassOptions extends Pick<CompareOptions, 'sides' | 'seed' | 'signal' | 'maxDuration'> {
  /** Folder of the sources of each side. */
  checkouts: Record<SideName, string>
  duel: Duel
  /** Output of `git diff -U0 -M --no-color --no-prefix` from base to head, if it is known. */
  diff?: string | undefined
  /** Growth of CPU time a request without a profiler, if it has limits. */
  grown?: GrowthLimits | undefined
}

export interface CauseOfCost {
  cause: Cause
  /** By which share CPU time a request has grown; absent without enough pairs. */
  growth?: Share
  /** Profiles of the last pair; absent without a pair. */
  profiles?: Profiles
  /** CPU time per request of the same pair. */
  costs?: Record<SideName, Milliseconds>
  /** Work of the same pair: what tells whether a latency is of CPU time. */
  work?: Work
  /** Round trips of both sides in the last pair; absent if they are not known. */
  trips?: Record<SideName, RoundTrips>
}

export interface Work {
  /** CPU time a request that head has more. */
  added: Milliseconds
  /** Requests of an iteration. */
  perIteration: number
  /** CPU time of head by time; 1 is one core. */
  busy: Share
}

type Profiles = Record<SideName, readonly CpuProfile[]>

/** Pairs of launches; if they name no function, more of them as long as there is time. */
const PAIRS = 5
const MOST_PAIRS = 8
/** Pairs of blocks of each: a good second of load a side. */
const BLOCKS = 8
/** Number of the first of them, for what is random about it. */
const FIRST = 2_000
/** With fewer the t limits are too wide to name anything. */
const FEWEST = 3

/**
 * Looks for the function by which head uses more CPU time a request than base: pairs of launches like those of the
 * comparison, with a profiler in each thread. It decides nothing and never rejects: what goes wrong, or ends it, is the
 * reason of `not found`.
 */
export async function causeOfCost(options: PassOptions): Promise<CauseOfCost> {
  const { maxDuration, signal, diff, grown } = options
  const end = performance.now() + maxDuration
  const pairs: ProfiledPair[] = []
  let longest: Milliseconds = 0
  let profiles: Profiles | undefined
  let trips: CauseOfCost['trips']
  let work: Work | undefined
  const lines = new LineMap(diff)
  const isFound = () => pairs.length >= PAIRS && causeOfGrowth(pairs, lines, grown).kind === 'function'
  try {
    while (pairs.length < MOST_PAIRS && performance.now() + longest < end && !isFound()) {
      const began = performance.now()
      const { pair, ...seen } = await profiledPair(options, pairs.length)
      pairs.push(pair)
      profiles = seen.profiles
      trips = seen.trips
      work = seen.work
      longest = Math.max(longest, performance.now() - began)
    }
  } catch (error) {
    const reason = signal.aborted ? 'the run was ended' : (error as Error).message
    if (pairs.length < FEWEST) return { cause: { kind: 'not found', reason }, ...(trips && { trips }) }
  }
  if (pairs.length < FEWEST) {
    const made = counted(pairs.length, 'pair')
    const reason = `there was time for ${made} of launches (maxCauseDuration), and it takes ${FEWEST}`
    return { cause: { kind: 'not found', reason }, ...(trips && { trips }) }
  }
  const mean = (side: SideName) => sampleOf(pairs.map(pair => pair[side].cost)).mean
  const growth = mean('head') / mean('base') - 1
  return {
    cause: causeOfGrowth(pairs, lines, grown),
    growth,
    ...(profiles && { profiles, costs: costsOf(pairs.at(-1)!) }),
    ...(work && { work }),
    ...(trips && { trips }),
  }
}

const costsOf = ({ base, head }: ProfiledPair) => ({ base: base.cost, head: head.cost })

interface Seen extends Pick<CauseOfCost, 'trips'> {
  pair: ProfiledPair
  work: Work
  profiles: Profiles
}

async function profiledPair(options: PassOptions, number: number): Promise<Seen> {
  const { sides, duel, signal, checkouts } = options
  const random = new Random(options.seed, 'launches', FIRST + number)
  const order = (random.below(2) === 0 ? SIDES : SIDES.toReversed()) as [SideName, SideName]
  const launches = await launchBoth({ sides, signal }, order, 'profilers')
  try {
    await Promise.all(SIDES.map(name => launches[name].profilers?.start()))
    // A thread that takes samples would wait for the one that it looks at if both had the same processor.
    const pair = await duel.run(launches, { blocks: BLOCKS, seed: random.below(2 ** 31), signal, isProfiled: true })
    const broken = SIDES.find(name => pair[name].cause !== undefined)
    if (broken !== undefined) throw new Error(`${broken} could not be profiled: ${pair[broken].cause}`)
    const [base, head] = await bothOf(...(SIDES.map(name => profileOf(name)) as [Profiled, Profiled]))
    const [ofBase, ofHead] = SIDES.map(name => pair[name].roundTrips)
    return {
      pair: { base: base.profile, head: head.profile },
      profiles: { base: base.profiles, head: head.profiles },
      work: workOf(pair.head, base.profile.cost, head.profile.cost),
      ...(ofBase && ofHead && { trips: { base: ofBase, head: ofHead } }),
    }

    async function profileOf(name: SideName): Profiled {
      const files = (await launches[name].profilers?.stop()) ?? []
      const [from, to] = pair.window!.map(time => time * 1_000) as [number, number]
      const profiles = files.flatMap(file => profileIn(file) ?? [])
      const stacks = profiles.flatMap(profile => stacksOf(turnsIn(profile, from, to)))
      const cost = figureOf(unbounded(WORK), pair[name])
      const [refusal] = launches[name].profilers?.refusals ?? []
      const missing =
        cost === undefined
          ? 'its CPU time was not measured'
          : stacks.length === 0
            ? (refusal ?? 'none of its processes is one of Node.js that could be profiled')
            : undefined
      if (missing !== undefined) throw new Error(`${name} could not be profiled: ${missing}`)
      return { profile: { functions: functionsIn(stacks, checkouts[name]), cost: cost! }, profiles }
    }
  } finally {
    await Promise.all(SIDES.map(name => launches[name].stop()))
  }
}

function workOf({ requests, measured, iterations }: LaunchFigures, base: Milliseconds, head: Milliseconds): Work {
  const perIteration = requests / Math.max(1, iterations.passed + iterations.failed)
  return { added: head - base, perIteration, busy: (head * requests) / measured }
}

type Profiled = Promise<{ profile: SideProfile; profiles: readonly CpuProfile[] }>
