import type { Milliseconds } from '../../ground/units.ts'
import type { VirtualUser } from '../../workflow/virtual-user.ts'
import type { InputRow } from '../feed/source.ts'
import type { ThinkTime } from './think-time.ts'

/** One virtual user's place in the executor; reused from iteration to iteration, its callback made once. */
export class Slot {
  due: Milliseconds = 0
  started: Milliseconds = 0
  late: Milliseconds = 0
  busy = false
  /** Those that the user keeps for all of its iterations. */
  inputs: InputRow | undefined
  /** Among the users of all threads, from 0. */
  readonly number: number
  readonly user: VirtualUser
  readonly thinkTime: ThinkTime | undefined
  readonly done: () => void

  constructor(number: number, user: VirtualUser, thinkTime: ThinkTime | undefined, onDone: (slot: Slot) => void) {
    this.number = number
    this.user = user
    this.thinkTime = thinkTime
    this.done = () => onDone(this)
  }
}
