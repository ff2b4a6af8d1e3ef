import type { Milliseconds } from '../../src/ground/units.ts'
import type { LoadShape } from '../../src/measure/shape.ts'
import {
  bimodalServer,
  exponentialServer,
  fixedServer,
  type MakeServer,
  pausingServer,
  sharingServer,
} from '../simulate/servers.ts'
import type { Away } from './late-thread.ts'
import { type Harm, UNHARMED } from './world.ts'

/** An application under a load: what is true of it follows from both. */
export interface Case {
  name: string
  server: MakeServer
  /** Cores that it uses. */
  cpu: number
  /** Its busiest process uses so much of one, where it has several. */
  busy?: number
  steps: number
  load(duration: Milliseconds, seed: number): LoadShape
}

const open = (rate: number) => (duration: Milliseconds, seed: number) =>
  ({ rate, duration, warmUp: 500, seed, threads: 1 }) as const
const closed = (vus: number) => (duration: Milliseconds, seed: number) =>
  ({ vus, duration, warmUp: 500, seed, threads: 1 }) as const

export const CASES: readonly Case[] = [
  { name: 'constant 8 ms, open', server: fixedServer(64, 8), cpu: 0.1, steps: 1, load: open(500) },
  { name: 'constant 2 ms of one worker, open', server: fixedServer(1, 2), cpu: 0.4, steps: 1, load: open(200) },
  {
    name: 'exponential 2 ms of one worker that is busy for 68 % of the time, open',
    server: exponentialServer(1, 2),
    cpu: 0.68,
    steps: 1,
    load: open(340),
  },
  { name: 'exponential 5 ms, open', server: exponentialServer(16, 5), cpu: 3, busy: 0.19, steps: 2, load: open(300) },
  { name: 'shared cores, open', server: sharingServer(2, 2), cpu: 0.9, busy: 0.45, steps: 3, load: open(150) },
  {
    name: 'its own pauses of 40 ms, open',
    server: pausingServer(16, 3, 1_000, 40),
    cpu: 1.2,
    busy: 0.08,
    steps: 1,
    load: open(400),
  },
  { name: 'a fixed delay of 400 ms, open', server: fixedServer(1_000, 400), cpu: 0.1, steps: 1, load: open(100) },
  { name: 'two replicas of 4 and 60 ms, open', server: bimodalServer(64, 4, 60), cpu: 0.2, steps: 1, load: open(200) },
  { name: 'exponential 5 ms, closed', server: exponentialServer(8, 5), cpu: 6, busy: 0.75, steps: 2, load: closed(6) },
  { name: 'constant 8 ms, closed', server: fixedServer(64, 8), cpu: 0.1, steps: 1, load: closed(4) },
]

type Stretches = { from: Milliseconds; to: Milliseconds }[]

/** Stretches of a mean length that take a share of the time, exponentially distributed as programs that come and go. */
export function stretches(length: Milliseconds, mean: Milliseconds, share: number, random: () => number): Stretches {
  const list: Stretches = []
  const draw = (average: number) => -average * Math.log(1 - random())
  for (let at = draw(mean / share); at < length; ) {
    const to = at + draw(mean)
    list.push({ from: at, to })
    at = to + draw((mean * (1 - share)) / share)
  }
  return list
}

const by = (cause: Away['by'], list: Stretches): Away[] => list.map(one => ({ ...one, by: cause }))

/** What is done to a run of so long, by name. */
export const HARMS: Readonly<Record<string, (length: Milliseconds, random: () => number) => Harm>> = {
  none: () => UNHARMED,
  'late timers': (length, random) => ({ ...UNHARMED, aways: by('core', stretches(length, 1.5, 0.03, random)) }),
  'a program that comes and goes': (length, random) => {
    const away = stretches(length, 4, 0.3, random).filter(({ from }) => Math.floor(from / 700) % 3 === 0)
    return { ...UNHARMED, aways: by('core', away) }
  },
  starving: (length, random) => ({ ...UNHARMED, aways: by('core', stretches(length, 4, 0.2, random)) }),
  'pauses of the generator': (length, random) => ({
    ...UNHARMED,
    aways: by('busy', stretches(length, 15, 0.02, random)),
  }),
  'a thread that stands still': (length, random) => {
    const from = length * (0.3 + 0.4 * random())
    return { ...UNHARMED, aways: by('core', [{ from, to: from + 200 + 1_000 * random() }]) }
  },
  'a starved application': (length, random) => ({ ...UNHARMED, starved: stretches(length, 5, 0.15, random) }),
  'a machine that two other programs keep busy': (length, random) => ({
    ...UNHARMED,
    aways: by('core', stretches(length, 4, 0.1, random)),
    starved: stretches(length, 3, 0.05 + 0.15 * random(), random),
  }),
  'an application starved now and then': (length, random) => {
    const starved = stretches(length, 8, 0.3, random).filter(({ from }) => Math.floor(from / 700) % 3 === 0)
    return { ...UNHARMED, starved }
  },
  saturation: (length, random) => ({
    ...UNHARMED,
    eventLoopUtilization: 0.95,
    // Much work in small pieces, as of a loop that has many connections: each is a response that is read.
    aways: by('busy', stretches(length, 0.6, 0.7, random)).map(away => ({ ...away, isReading: true })),
  }),
  'dropped arrivals': (_, random) => ({ ...UNHARMED, maxVus: 1 + Math.floor(6 * random()) }),
  'a warm-up that is too short': (_, random) => {
    const cold = { slower: 0.3 + 2.7 * random(), decay: 200 + 3_800 * random() }
    return { ...UNHARMED, cold: { ...cold, warmUp: { atLeast: 1_000, atMost: 2_500 + 1_500 * random() } } }
  },
  'stolen CPU': (length, random) => ({ ...UNHARMED, stolen: stretches(length, 12, 0.03, random) }),
}
