import type { Milliseconds } from '../../ground/units.ts'
import { type Arrivals, CurveArrivals, rampsPacer, type ThreadShare } from '../pace/arrivals.ts'
import type { Model, ModelHost } from '../pace/model.ts'
import { OpenModel } from '../pace/open-model.ts'
import { hold } from '../plan/load-plan.ts'
import type { ProbeBook, SharedSchedule } from './books.ts'

/** How often a thread looks for new stretches; they are added earlier than that before they begin. */
const LOOK: Milliseconds = 20
/** How often it writes down how it fares. */
const STRAIN: Milliseconds = 100

/** State that a thread of a search shares with the steering code. */
export interface SharedSearch {
  schedule: SharedSchedule
  book: ProbeBook
  /** How the thread fares; absent in virtual time. */
  strain?: { mark(): void; read(): Parameters<ProbeBook['strain']>[1]; stop(): void }
}

/** Open arrivals at rates that are decided while they go on. */
export function capacityModel(
  host: ModelHost,
  { schedule, book, strain }: SharedSearch,
  requestsPerRun: number,
): Model {
  const arrivals = scheduledArrivals(schedule, host.share, requestsPerRun)
  const open = new OpenModel(host, arrivals, due => schedule.startOf(schedule.at(due) + 1))
  let current = -1
  let strainAt: Milliseconds = 0
  /** Strain is that of a probe from its beginning on. */
  const note = (now: Milliseconds) => {
    if (strain === undefined) return
    const probe = schedule.probeAt(now)
    if (probe !== current) {
      current = probe
      strain.mark()
      strainAt = now + STRAIN
    } else if (probe >= 0 && now >= strainAt) {
      strainAt = now + STRAIN
      book.strain(now, strain.read())
    }
  }
  return {
    get exhausted() {
      return schedule.isOver
    },
    work(now) {
      note(now)
      return Math.min(now + LOOK, open.work(now) ?? Number.POSITIVE_INFINITY)
    },
    freed: (slot, now) => open.freed(slot, now),
    /** The schedule contains the measured window, too. */
    replan() {},
    close() {
      strain?.stop()
      open.close()
    },
  }
}

/** A stretch has no end of its own. */
const LONG: Milliseconds = 1e9

/** The arrivals of one thread by the schedule of a search, as far as that is known. */
function scheduledArrivals(schedule: SharedSchedule, share: ThreadShare, requestsPerRun: number): Arrivals {
  let stretch = -1
  let current: CurveArrivals | undefined
  let taken = 0
  const enter = () => {
    stretch++
    const pacer = rampsPacer([hold(schedule.rateOf(stretch), LONG)])
    current = new CurveArrivals(pacer, share, current?.requestsPerRun ?? requestsPerRun)
  }
  return {
    /** Next arrival as far as is known; asked again it may be another. */
    get next() {
      for (;;) {
        const next = current?.next
        const due = next === undefined ? undefined : schedule.startOf(stretch) + next
        const end = schedule.startOf(stretch + 1)
        if (due !== undefined && due < end) return due
        if (end === Number.POSITIVE_INFINITY) return undefined
        enter()
      }
    },
    get number() {
      return share.index + taken * share.count
    },
    take() {
      taken++
      current?.take()
    },
    learn: requests => current?.learn(requests),
    /** The schedule is followed already. */
    follow() {},
  }
}
