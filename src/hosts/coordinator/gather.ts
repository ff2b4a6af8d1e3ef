import { randomUUID } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import { failure } from '../../ground/fault.ts'
import { tried } from '../../ground/tried.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { realClock } from '../../measure/clock.ts'
import type { Bus } from '../bus.ts'
import { type Ask, type Hello, PROTOCOL, read } from '../messages.ts'
import { subjects } from '../subjects.ts'

interface GatherOptions {
  /** Number of agents; by default those that have responded within half a second after the first. */
  count?: number
  /** How long they are waited for. */
  wait: Milliseconds
  /** Clock reading from which on. */
  since: Milliseconds
  signal?: AbortSignal
  /** Called with the free agents while there are too few, and when they change: `1 of 3 is free (eu-1)`. */
  onWait?(found: string, left: Milliseconds): void
}

const ASK_EVERY: Milliseconds = 500

/** An agent, and the number of the ask that it last responded to. */
interface Heard {
  hello: Hello
  ask: number
}

/**
 * Finds agents that are free, by name. Rejects with who was found when there are too few of them in time.
 */
export async function gather(bus: Bus, { count, wait, since, signal, onWait }: GatherOptions): Promise<Hello[]> {
  const found = new Map<string, Heard>()
  let [ask, told] = [0, '']
  const asked: Ask = { protocol: PROTOCOL, ask: randomUUID() }
  // The server checks the name in the subject, so that no agent can respond in the name of another.
  const callOff = bus.subscribe(subjects.fromAll(asked.ask), (bytes, _, subject) => {
    const hello = tried(() => read.hello(deserialize(bytes)))
    if (hello && subject === subjects.fromAgent(hello.address, asked.ask)) found.set(hello.address, { hello, ask })
  })
  const free = (all: readonly Hello[]) =>
    all
      .filter(({ isBusy, protocol }) => !isBusy && protocol === PROTOCOL)
      .sort(byName)
      .slice(0, count)
  const end = since + wait
  try {
    for (;;) {
      signal?.throwIfAborted()
      ask++
      bus.publish(subjects.ask, serialize(asked))
      await new Promise<void>(done => realClock.after(ASK_EVERY, done))
      if (bus.denied) throw bus.denied
      const all = present([...found.values()], ask)
      assertNames(all)
      const agents = free(all)
      if (count === undefined ? agents.length > 0 : agents.length === count) return agents
      const left = end - realClock.now()
      if (left <= 0) throw tooFew(all, agents, count ?? 1, wait)
      const there = whoIsThere(all, agents, count ?? 1)
      if (there !== told) onWait?.(there, left)
      told = there
    }
  } finally {
    callOff()
  }
}

/** Agents that responded to one of the last two questions, without earlier ones of the same name. */
function present(found: readonly Heard[], last: number): Hello[] {
  const names = new Set(found.filter(({ ask }) => ask === last).map(({ hello }) => hello.name))
  return found
    .filter(({ hello, ask }) => ask === last || (ask === last - 1 && !names.has(hello.name)))
    .map(({ hello }) => hello)
}

const byName = (a: Hello, b: Hello) => (a.name < b.name ? -1 : 1)

/** Names identify agents in reports and rights, so they must be unique. */
function assertNames(all: readonly Hello[]): void {
  const twice = all.find(({ name }, index) => all.findIndex(other => other.name === name) !== index)
  if (twice === undefined) return
  const found = `two are called "${twice.name}"`
  throw failure('gather', 'agents', found, 'Start one of them with another --name.')
}

function tooFew(all: readonly Hello[], free: readonly Hello[], count: number, wait: Milliseconds): Error {
  const found = whoIsThere(all, free, count, `were free within ${wait / 1_000} s`)
  return failure('gather', 'agents', found, 'Start more: npx vitest-arazzo agent.')
}

/** `1 of 3 is free (eu-1); eu-2 is busy`. */
function whoIsThere(
  all: readonly Hello[],
  free: readonly Hello[],
  count: number,
  are = free.length === 1 ? 'is free' : 'are free',
): string {
  const others = all.filter(agent => !free.includes(agent)).sort(byName)
  const why = others.map(
    ({ name, isBusy, version }) => `${name} ${isBusy ? 'is busy' : `has vitest-arazzo ${version}`}`,
  )
  const names = free.length > 0 ? ` (${free.map(({ name }) => name).join(', ')})` : ''
  const rest = why.length > 0 ? `; ${why.join(', ')}` : ''
  return `${free.length} of ${count} ${are}${names}${rest}`
}
