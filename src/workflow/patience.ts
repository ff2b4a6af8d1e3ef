import type { Action, ArazzoDocument, Step, Workflow, WorkflowReference } from '../document/model.ts'
import { clearTimeout, setTimeout } from '../ground/timers.ts'
import { formatMs, type Milliseconds, parseDuration } from '../ground/units.ts'
import { systemTime } from '../measure/clock.ts'
import { CHANNEL_TIMEOUT } from './channel/plan.ts'
import { timeOfStream } from './events/watch.ts'
import type { StepRun } from './outcome.ts'
import type { PlanOptions } from './plan.ts'

/** How long a request may take where nothing else is said. */
const REQUEST_TIMEOUT: Milliseconds = 10_000

/** How long a request of a step without a `timeout` may take; 0: no limit. */
export function requestTimeoutOf({ requestTimeout = REQUEST_TIMEOUT }: PlanOptions): Milliseconds {
  return parseDuration(requestTimeout)
}

/** The longest that an attempt at a step of a workflow, or of one that it runs, may take. */
function longest(document: ArazzoDocument, workflow: Workflow, timeOf: (step: Step) => Milliseconds): Milliseconds {
  const steps = allCalledBy(document, workflow).flatMap(called => called.steps)
  return Math.max(0, ...steps.map(timeOf))
}

const timeOfStep = ({ timeout, target }: Step, others: Milliseconds) =>
  timeout ?? (target.kind === 'channel' ? CHANNEL_TIMEOUT : others)

/**
 * How long nothing may come of a run whose attempts may take `patience` in addition to what their step or
 * `requestTimeout` declares. Steps of workflows that it runs count.
 */
export function patienceWith(
  document: ArazzoDocument,
  workflow: Workflow,
  patience: Milliseconds,
  requestTimeout: Milliseconds | string = 0,
): Milliseconds {
  const others = parseDuration(requestTimeout)
  const timeOf = (step: Step) => (step.events ? timeOfStream(step) : timeOfStep(step, others))
  return patience + longest(document, workflow, timeOf)
}

/**
 * The longest that a request, or a message, may take. An event stream counts until it has to begin: how long one is
 * open says nothing about the application.
 */
export function longestRequest(document: ArazzoDocument, workflow: Workflow, options: PlanOptions): Milliseconds {
  const others = requestTimeoutOf(options)
  const timeOf = (step: Step) => (step.events?.within === undefined ? timeOfStep(step, others) : timeOfStream(step))
  return longest(document, workflow, step => (step.target.kind === 'workflow' ? 0 : timeOf(step)))
}

/** Steps that will be retried: of several simultaneous ones, any may be the next to report. */
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

/** The workflows that a workflow runs, goes to or waits for. */
export function referencesOf({
  steps,
  successActions,
  failureActions,
  dependsOn,
}: Workflow): readonly WorkflowReference[] {
  const ofActions = (actions: readonly Action[]) =>
    actions.flatMap(action => ('to' in action && action.to?.kind === 'workflow' ? [action.to.workflow] : []))
  return [
    ...steps.flatMap(({ target, onSuccess, onFailure }) => [
      ...(target.kind === 'workflow' ? [target.workflow] : []),
      ...ofActions(onSuccess),
      ...ofActions(onFailure),
    ]),
    ...ofActions(successActions),
    ...ofActions(failureActions),
    ...dependsOn,
  ]
}

/** The document that a source stands for; undefined where it is of another kind. */
export function arazzoOf({ sources }: ArazzoDocument, name: string): ArazzoDocument | undefined {
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined
  return source?.type === 'arazzo' ? source.arazzo : undefined
}

/** A workflow, and all that it may run, each once. */
function allCalledBy(document: ArazzoDocument, workflow: Workflow): Workflow[] {
  const found = new Map<Workflow, ArazzoDocument>([[workflow, document]])
  // A map visits entries that are added during the iteration.
  for (const [caller, home] of found)
    for (const { source, workflowId } of referencesOf(caller)) {
      const of = source === undefined ? home : arazzoOf(home, source)
      const called = of?.workflows.find(one => one.workflowId === workflowId)
      if (of && called && !found.has(called)) found.set(called, of)
    }
  return [...found.keys()]
}
