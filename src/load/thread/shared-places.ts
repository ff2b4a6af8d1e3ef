import { ProbeBooks } from '../capacity/books.ts'
import { SharedSchedule } from '../capacity/schedule.ts'
import { SharedLimit } from '../limit/shared-limit.ts'
import type { LoadPlan } from '../plan/load-plan.ts'
import { SharedWarmUp } from '../warm-up/shared-warm-up.ts'
import { Ledger } from './ledger.ts'

/** Part of a shared memory, in bytes; a multiple of 4 from a multiple of 4 on. */
export interface ByteRange {
  from: number
  to: number
}

/** Who writes what of a memory that threads share with the main thread. */
export interface Places {
  /** The main thread does. */
  told: readonly ByteRange[]
  /** A thread does. */
  said(thread: number): readonly ByteRange[]
}

const whole = (bytes: number): ByteRange => ({ from: 0, to: bytes })
const nothing = (): ByteRange[] => []

/** Memory of the stop of a run, and of a thread's ledger. */
export const STOP_PLACES: Places = { told: [whole(Int32Array.BYTES_PER_ELEMENT)], said: nothing }
export const LEDGER_PLACES: Places = { told: [], said: () => [whole(Ledger.BYTES)] }

/** Memory of a warm-up that lasts until the load is steady; where it ends is told by word. */
export const WARM_UP_PLACES: Places = { told: [], said: thread => [SharedWarmUp.bookOf(thread)] }

/** Memory of a search: the schedule that threads pace by, and their books. */
export const SCHEDULE_PLACES: Places = { told: SharedSchedule.PLACES, said: nothing }
export const BOOKS_PLACES: Places = { told: [], said: thread => [ProbeBooks.placeOf(thread)] }

/** Memory of an adaptive plan's limit. */
export const limitPlaces = ({ threads }: LoadPlan): Places => SharedLimit.placesOf(threads)
