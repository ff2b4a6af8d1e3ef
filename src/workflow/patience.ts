import type { Workflow } from '../document/model.ts'
import type { Milliseconds } from '../ground/units.ts'
import { CHANNEL_TIMEOUT } from './channel/plan.ts'
import { timeOfStream } from './events/plan.ts'

/** How long nothing may come of a run whose attempts may take `patience` beside what their step declares. */
export function patienceWith({ steps }: Workflow, patience: Milliseconds): Milliseconds {
  const timeouts = steps.map(step => {
    if (step.events) return timeOfStream(step)
    return step.timeout ?? (step.target.kind === 'channel' ? CHANNEL_TIMEOUT : 0)
  })
  return patience + Math.max(0, ...timeouts)
}
