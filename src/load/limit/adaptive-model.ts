import type { Milliseconds } from '../../ground/units.ts'
import type { Model, ModelHost, Slot } from '../pace/model.ts'
import { lengthOf } from '../plan/load-plan.ts'
import type { SharedLimit } from './shared-limit.ts'

/** How often a thread looks whether the limit has been raised. A lower one it sees when an iteration ends. */
const LOOK: Milliseconds = 20

/**
 * Virtual users that loop, as many as the shared limit gives this thread. Those above a lowered limit finish the
 * iteration they are in and then rest; when it is raised again, the one that rested last comes back first.
 */
export function adaptiveModel(host: ModelHost, limit: SharedLimit): Model {
  const { index, count } = host.share
  const resting: Slot[] = []
  let [busy, begun] = [0, 0]
  let end = lengthOf(host.plan)
  let isClosed = false
  return {
    exhausted: false,
    work(now) {
      if (isClosed || now >= end) return undefined
      const allowed = limit.usersOf(host.share)
      while (busy < allowed) {
        const slot = resting.pop() ?? host.newSlot()
        if (host.claim(slot) !== 'ready') {
          resting.push(slot)
          break
        }
        busy++
        limit.began(index)
        host.begin(slot, index + begun++ * count)
      }
      return now + LOOK
    },
    freed(slot, now) {
      busy--
      resting.push(slot)
      limit.ended(index, now - slot.started - slot.user.thought, slot.user.state !== 'passed')
      return true
    },
    replan(plan) {
      end = lengthOf(plan)
    },
    close() {
      isClosed = true
    },
  }
}
