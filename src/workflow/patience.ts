import { clearTimeout, setTimeout } from 'node:timers'
import type { ArazzoDocument, Workflow } from '../document/model.ts'
import { formatMs, type Milliseconds } from '../ground/units.ts'
import { systemTime } from '../measure/clock.ts'
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
  readonly #waits = new Map<string, StepRun & { next: { go: 'retry' } }>()

  note(run: StepRun): void {
    const { depth, workflowId, stepId, next } = run
    const key = `${depth} ${workflowId} ${stepId}`
    if (next.go === 'retry') this.#waits.set(key, { ...run, next })
    else this.#waits.delete(key)
  }

  get longest(): Milliseconds {
    return Math.max(0, ...[...this.#waits.values()].map(({ next }) => next.after))
  }

  /** `step "pay": attempt 2 comes 40 s after status 429`; of the longest wait, if there is one. */
  get words(): string | undefined {
    const { longest } = this
    const run = [...this.#waits.values()].find(({ next }) => next.after === longest)
    if (run === undefined) return undefined
    const { status } = run.exchange?.response ?? {}
    const after = status === undefined ? `attempt ${run.attempt}` : `status ${status}`
    return `step "${run.stepId}": attempt ${run.attempt + 1} comes ${formatMs(longest)} after ${after}`
  }
}

/** `waiting for 12 s: step "pay": attempt 2 comes 40 s after status 429` */
export const wordsOfWait = (elapsed: Milliseconds, attempt: string | undefined): string =>
  `waiting for ${formatMs(Math.round(elapsed / 1000) * 1000)}${attempt === undefined ? '' : `: ${attempt}`}`

/** How long nothing is shown of a functional run that waits. */
const QUIET: Milliseconds = 5_000

/**
 * Calls `show` with the time since now, from five seconds on and each second. Returns how to end that; `show` is
 * called without a time then, if it was called before.
 */
export function watchWait(show: (elapsed: Milliseconds | undefined, isNews: boolean) => void): () => void {
  const began = systemTime()
  let isShown = false
  const tick = () => {
    show(systemTime() - began, !isShown)
    isShown = true
    timer = setTimeout(tick, 1_000).unref()
  }
  let timer = setTimeout(tick, QUIET).unref()
  return () => {
    clearTimeout(timer)
    if (isShown) show(undefined, false)
  }
}
