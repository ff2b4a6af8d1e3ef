import type { ArazzoDocument, Workflow } from '../document/model.ts'
import type { Milliseconds } from '../ground/units.ts'
import { allCalledBy } from './called.ts'
import { CHANNEL_TIMEOUT } from './channel/plan.ts'
import { timeOfStream } from './events/plan.ts'
import type { StepRun } from './outcome.ts'

/**
 * How long nothing may come of a run whose attempts may take `patience` beside what their step declares, be it a step
 * of a workflow that another one runs.
 */
export function patienceWith(document: ArazzoDocument, workflow: Workflow, patience: Milliseconds): Milliseconds {
  const steps = allCalledBy(document, workflow).flatMap(({ steps }) => steps)
  const timeouts = steps.map(step => {
    if (step.events) return timeOfStream(step)
    return step.timeout ?? (step.target.kind === 'channel' ? CHANNEL_TIMEOUT : 0)
  })
  return patience + Math.max(0, ...timeouts)
}

/** Steps that are to be tried again: of several that run at the same time, any may be the next that is heard of. */
export class WaitsAhead {
  readonly #waits = new Map<string, Milliseconds>()

  note({ depth, workflowId, stepId, next }: StepRun): void {
    const key = `${depth} ${workflowId} ${stepId}`
    if (next.go === 'retry') this.#waits.set(key, next.after)
    else this.#waits.delete(key)
  }

  get longest(): Milliseconds {
    return Math.max(0, ...this.#waits.values())
  }
}
