import { performance } from 'node:perf_hooks'
import { CpuWaitMeter, isStarved } from '../../measure/cpu-wait.ts'
import { sparedByCores, waitedForCore } from '../../measure/proc-stat.ts'
import { ProbeBook, ProbeBooks, SharedSchedule, type Strain } from '../capacity/books.ts'
import type { SharedSearch } from '../capacity/model.ts'
import type { ThreadTask } from './protocol.ts'

/** State of a search in a load thread; undefined without a search. */
export function searchOfThread({
  plan,
  share,
  search,
}: Pick<ThreadTask, 'plan' | 'share' | 'search'>): SharedSearch | undefined {
  if (plan.kind !== 'capacity' || search === undefined) return undefined
  const schedule = new SharedSchedule(search.schedule)
  const books = new ProbeBooks(share.count, search.books)
  return { schedule, book: new ProbeBook(books, share.index, schedule, plan.latency), strain: new StrainMeter() }
}

/** How the thread that makes it fares. */
class StrainMeter {
  readonly #wait = new CpuWaitMeter({ waited: waitedForCore, spared: sparedByCores })
  #utilization = performance.eventLoopUtilization()

  mark(): void {
    this.#utilization = performance.eventLoopUtilization()
    this.#wait.begin()
  }

  read(): Strain {
    const { utilization } = performance.eventLoopUtilization(this.#utilization)
    const wait = this.#wait.soFar()
    const starved = wait && isStarved(wait) ? wait : undefined
    return { busy: utilization, waited: starved?.share ?? 0, longestWait: starved?.longest ?? 0 }
  }

  stop(): void {
    this.#wait.end()
  }
}
