import { randomUUID } from 'node:crypto'
import { failure } from '../../ground/fault.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { packageVersion } from '../../ground/version.ts'
import { epochTime } from '../../measure/clock.ts'
import type { Bus } from '../bus.ts'
import { type Hello, type Join, type Joined, PROTOCOL, read } from '../messages.ts'
import { agree, ask, type KeyFor, newKeys } from '../seal.ts'
import { subjects } from '../subjects.ts'
import type { OneHost } from './remote-threads.ts'

/** How long an agent may take to respond. */
const RESPONSE: Milliseconds = 5_000

/** An agent that runs a share of this load. */
interface Host {
  hello: Hello
  /** Numbers of its threads among those of the run. */
  first: number
  threads: number
}

/** One that joined, with the keys that were agreed on for this run. */
export interface JoinedHost extends Host {
  keyFor: KeyFor
}

/**
 * Shares threads out by those of the agents, at least one each.
 *
 * @param total threads of the whole run, at least one for each agent. Default: all that the agents have.
 */
export function shareOut(agents: readonly Hello[], total?: number): Host[] {
  const all = agents.reduce((sum, { threads }) => sum + threads, 0)
  const most = total ?? all
  let [first, offered] = [0, 0]
  return agents.map((hello, place) => {
    offered += hello.threads
    const share = Math.round((offered / all) * most)
    // Each later agent needs at least one, out of the remaining ones.
    const room = most - first - (agents.length - 1 - place)
    const threads = Math.min(room, Math.max(1, share - first))
    const host = { hello, first, threads }
    first += threads
    return host
  })
}

/**
 * Asks each agent to join a run, and opens its side at once, so that it receives messages while others are asked. The
 * clocks of all are known then. Rejects with all refusals; agents that joined are free by then.
 */
export async function join(
  bus: Bus,
  shares: readonly Host[],
  title: string,
  open: (run: string, host: JoinedHost) => OneHost,
): Promise<readonly OneHost[]> {
  const run = randomUUID()
  const asked: Join = { protocol: PROTOCOL, version: packageVersion(), run, from: bus.name, title }
  const refused: string[] = []
  const responses = await Promise.all(
    shares.map(async share => {
      const { hello } = share
      try {
        const keys = newKeys()
        const keyFor = agree(keys, hello.key)
        const response = await ask(bus, subjects.join(hello.address), keyFor, 'join', asked, RESPONSE, keys.publicKey)
        const joined: Joined = read.joined(response)
        if (joined.state === 'joined') return open(run, { ...share, keyFor })
        refused.push(`${hello.name}: ${joined.why}`)
      } catch (error) {
        refused.push(`${hello.name}: ${(bus.denied ?? (error as Error)).message}`)
      }
      return undefined
    }),
  )
  const hosts = responses.filter(host => host !== undefined)
  if (refused.length === 0)
    await Promise.all(
      hosts.map((host, index) =>
        host.compareClock().catch((error: Error) => {
          refused.push(`${hosts[index]!.figures.host}: its clock could not be read: ${error.message}`)
        }),
      ),
    )
  if (refused.length === 0) return hosts
  await Promise.all(hosts.map(host => host.close()))
  throw failure('join', 'agents', refused.join('; '), 'Fix them, or ask for fewer (count).')
}

/** Compares the clock of an agent with ours, to `enough`; rejects when it does not respond. */
export function clockOfAgent(bus: Bus, { hello, keyFor }: JoinedHost, enough?: Milliseconds): Promise<ClockOffset> {
  const time = async () =>
    read.time(await ask(bus, subjects.clock(hello.address), keyFor, 'clock', undefined, RESPONSE))
  return compareClocks(time, epochTime, enough)
}

/** Round trips from which an offset is taken at the most: the shortest is the one that was held up least. */
const TRIPS = 25
/** Trips over a far link end after so long; a few are made however long they take. */
const LONGEST: Milliseconds = 2_000
const FEWEST = 3

/** How far another clock is ahead of this one, and how far off that may be at the most. */
export interface ClockOffset {
  offset: Milliseconds
  within: Milliseconds
}

/**
 * Compares another clock with this one (Cristian, Probabilistic clock synchronization, 1989): its time is taken to be
 * that of the middle of the shortest of several round trips.
 *
 * @param ask what resolves with the other clock's time, in milliseconds since the epoch.
 * @param now this clock's.
 * @param enough no more trips are made once the offset is known so well.
 */
export async function compareClocks(
  ask: () => Promise<Milliseconds>,
  now: () => Milliseconds,
  enough: Milliseconds = 0,
): Promise<ClockOffset> {
  let best: ClockOffset | undefined
  const end = now() + LONGEST
  const isEnough = (trips: number) => (best && best.within <= enough) || (trips >= FEWEST && now() >= end)
  for (let trip = 0; trip < TRIPS && !isEnough(trip); trip++) {
    const before = now()
    const other = await ask()
    const within = (now() - before) / 2
    if (best === undefined || within < best.within) best = { offset: other - (before + within), within }
  }
  return best!
}
