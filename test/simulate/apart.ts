import type { Milliseconds } from '../../src/ground/units.ts'
import { HeardSchedule } from '../../src/hosts/agent/heard-schedule.ts'
import { applyChanges, ChangeWatch } from '../../src/hosts/mirror.ts'
import { ProbeBooks } from '../../src/load/capacity/books.ts'
import type { Hearing } from '../../src/load/capacity/hearing.ts'
import { SharedSchedule } from '../../src/load/capacity/schedule.ts'
import { BOOKS_PLACES, SCHEDULE_PLACES } from '../../src/load/thread/shared-places.ts'
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
): { memories: SearchMemory[]; hearing: Hearing } {
  const late: Milliseconds[] = []
  const known = Array.from({ length: threads }, () => Number.NEGATIVE_INFINITY)
  const memories = known.map((_, thread) => {
    const own = { schedule: new SharedSchedule(), books: new ProbeBooks(threads) }
    const heard = new HeardSchedule(own.schedule.buffer)
    const places = BOOKS_PLACES.said(thread)
    const told = new ChangeWatch('schedule', schedule.buffer, SCHEDULE_PLACES.told)
    const said = new ChangeWatch('books', own.books.buffer, places)
    const look = () => {
      const [toTell, toSay, at] = [told.take(), said.take(), clock.now() - start]
      clock.after(travel, () => {
        if (toTell) applyChanges(own.schedule.buffer, SCHEDULE_PLACES.told, toTell)
        late.push(...heard.late(clock.now() - start).map(({ start }) => start))
        if (toSay) applyChanges(books.buffer, places, toSay)
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
