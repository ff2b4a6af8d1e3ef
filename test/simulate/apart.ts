import type { Milliseconds } from '../../src/ground/units.ts'
import { lateStretchesIn } from '../../src/hosts/agent/share-run.ts'
import { mirrorOf } from '../../src/hosts/mirror.ts'
import { ProbeBooks, SharedSchedule } from '../../src/load/capacity/books.ts'
import type { ProbeEvidence } from '../../src/load/capacity/governor.ts'
import { memoryParts } from '../../src/load/thread/shared-memory.ts'
import type { Clock } from '../../src/measure/clock.ts'

/** How hosts that share no memory, of one thread each, hear of one another. */
export interface Apart {
  /** How often it is told what has changed, and how long the word of it takes. */
  every: Milliseconds
  travel: Milliseconds
  lead: Milliseconds
}

/** The memory of a search as each thread has it. */
export interface SearchMemory {
  schedule: SharedSchedule
  books: ProbeBooks
}

/** Gives each thread a memory of its own, and tells it, and of it, what has changed. */
export function apart(
  { schedule, books }: SearchMemory,
  threads: number,
  clock: Clock,
  start: Milliseconds,
  { every, travel, lead }: Apart,
): { memories: SearchMemory[]; hearing: ProbeEvidence } {
  const late: Milliseconds[] = []
  const known = Array.from({ length: threads }, () => Number.NEGATIVE_INFINITY)
  const memories = known.map((_, thread) => {
    const own = { schedule: new SharedSchedule(), books: new ProbeBooks(threads) }
    const heard = lateStretchesIn(own.schedule.buffer)
    const mirror = (search: SearchMemory, side: 'byRun' | 'byThreads') => {
      const [stop, counters] = [new SharedArrayBuffer(4), new SharedArrayBuffer(8)]
      const buffers = { schedule: search.schedule.buffer, books: search.books.buffer }
      const ledgers = [new SharedArrayBuffer(4)]
      return mirrorOf(memoryParts({ threads }, { stop, counters, search: buffers }, ledgers, thread), side)
    }
    const [coordinator, agent] = [mirror({ schedule, books }, 'byRun'), mirror(own, 'byThreads')]
    const look = () => {
      const [toTell, toSay, at] = [coordinator.take(), agent.take(), clock.now() - start]
      clock.after(travel, () => {
        agent.apply(toTell)
        late.push(...heard(clock.now() - start).map(({ start }) => start))
        coordinator.apply(toSay)
        known[thread] = at
      })
      if (!own.schedule.isOver) clock.after(every, look)
    }
    // No two look at the same moment.
    clock.after((every * thread) / threads, look)
    return own
  })
  const hearing = { lead, delay: 2 * every, knownTo: (now: Milliseconds) => Math.min(now, ...known) }
  const lateSince = (from: Milliseconds) => (late.some(start => start >= from) ? 'it was heard of late' : undefined)
  return { memories, hearing: { ...hearing, lateSince } }
}
