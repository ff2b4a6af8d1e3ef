import { isDeepStrictEqual } from 'node:util'
import type { Budget } from '../../budget/budget.ts'
import { isOfEvents } from '../../budget/budget-kinds.ts'
import { isObject } from '../../ground/object.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { type Histograms, LatencyRecorder } from '../../measure/histogram.ts'
import type { LatencySummary, LoadReport } from '../../measure/report.ts'
import type { UserState } from '../../workflow/virtual-user.ts'

/**
 * Subject of a budget that is checked during the run: iterations, all requests, or a step by its key; server-sent
 * events of all steps, or of one. `service`: iterations of an open model from their start, not from their due time.
 */
export type Subject = 'iterations' | 'service' | 'requests' | 'events' | { step: string } | { eventsOf: string }

/**
 * Events of a subject in one interval. Latencies of several threads are kept side by side. For iterations, `requests`
 * is the number that passed or failed, and `errors` the number that failed. For events, latencies are those of the
 * first ones, `requests` is the number of events, and `errors` the number of streams that were closed before one.
 */
export interface Slice {
  requests: number
  errors: number
  latencies: Histograms[]
}

/** The subjects of the budgets that take more than the figures of the end. */
export const watchedSubjects = (budgets: readonly Budget[]): Subject[] => subjectsOf(budgets.filter(isWatched))

function subjectsOf(budgets: readonly Budget[]): Subject[] {
  const [events, others] = [budgets.filter(isOfEvents), budgets.filter(budget => !isOfEvents(budget))]
  const ofAll = (['iterations', 'requests'] as const).filter(subject => others.some(({ of }) => of === subject))
  const stepsOf = (budgets: readonly Budget[]) => [...new Set(budgets.flatMap(({ step }) => step ?? []))]
  return [
    ...ofAll,
    ...(events.some(({ step }) => step === undefined) ? (['events'] as const) : []),
    ...stepsOf(others).map(step => ({ step })),
    ...stepsOf(events).map(eventsOf => ({ eventsOf })),
  ]
}

/** The subjects of all budgets, with iterations and each step. */
export function allSubjects(
  budgets: readonly Budget[],
  stepKeys: readonly string[],
  model: LoadReport['model'] = 'closed',
): Subject[] {
  const known = subjectsOf(budgets)
  const ofIterations: Subject[] = model === 'open' ? ['iterations', 'service'] : ['iterations']
  const all: Subject[] = [...ofIterations, ...stepKeys.map(step => ({ step }))]
  return [...known, ...all.filter(subject => !known.some(one => isDeepStrictEqual(one, subject)))]
}

export function isWatched({ abort, everyWindow }: Budget): boolean {
  return abort !== undefined || everyWindow !== undefined
}

/**
 * Counts in a thread what happens to each subject, and hands it out interval by interval. Costs nothing where nothing
 * is watched.
 */
export class SubjectWatch {
  readonly #iterations: SubjectCounter | undefined
  readonly #service: SubjectCounter | undefined
  readonly #requests: SubjectCounter | undefined
  /** Counters by number of the step; holes where it is not watched. */
  readonly #steps: (SubjectCounter | undefined)[]
  readonly #events: SubjectCounter | undefined
  readonly #eventsOf: (SubjectCounter | undefined)[]
  readonly #all: SubjectCounter[]

  constructor(subjects: readonly Subject[], stepKeys: readonly string[]) {
    this.#all = subjects.map(() => new SubjectCounter())
    const of = (wanted: (subject: Subject) => boolean) => this.#all[subjects.findIndex(wanted)]
    this.#iterations = of(subject => subject === 'iterations')
    this.#service = of(subject => subject === 'service')
    this.#requests = of(subject => subject === 'requests')
    this.#steps = stepKeys.map(key => of(subject => isObject(subject) && 'step' in subject && subject.step === key))
    this.#events = of(subject => subject === 'events')
    this.#eventsOf = stepKeys.map(key =>
      of(subject => isObject(subject) && 'eventsOf' in subject && subject.eventsOf === key),
    )
  }

  /** @param own what of its latency the generator may have added. */
  iteration(latency: Milliseconds, own: Milliseconds, state: UserState, isCut: boolean): void {
    this.#iterations?.add(latency, own, state !== 'aborted', state === 'failed', isCut)
  }

  /** Latency from its start. */
  service(latency: Milliseconds, own: Milliseconds, isCut: boolean): void {
    this.#service?.add(latency, own, true, false, isCut)
  }

  /** @param latency undefined where none was taken. */
  attempt(
    step: number,
    latency: Milliseconds | undefined,
    own: Milliseconds,
    isRequest: boolean,
    failed: boolean,
    isCut: boolean,
  ): void {
    this.#steps[step]?.add(latency, own, isRequest, failed, isCut)
    this.#requests?.add(latency, own, isRequest, failed, isCut)
  }

  /** An event within the measured window. */
  event(step: number): void {
    this.#eventsOf[step]?.add(undefined, 0, true, false, false)
    this.#events?.add(undefined, 0, true, false, false)
  }

  /** The first event of a stream, or that there was none before it was given up. */
  firstEvent(step: number, latency: Milliseconds, own: Milliseconds, isNone: boolean): void {
    this.#eventsOf[step]?.add(latency, own, false, isNone, isNone)
    this.#events?.add(latency, own, false, isNone, isNone)
  }

  /** Slices since the last time, in the order of the subjects; undefined when nothing is watched. */
  take(): Slice[] | undefined {
    return this.#all.length === 0 ? undefined : this.#all.map(counter => counter.take())
  }
}

class SubjectCounter {
  #requests = 0
  #errors = 0
  readonly #latencies = new LatencyRecorder()

  add(latency: Milliseconds | undefined, own: Milliseconds, isRequest: boolean, failed: boolean, isCut: boolean): void {
    if (isRequest) this.#requests++
    if (failed) this.#errors++
    if (latency !== undefined) this.#latencies.record(latency, own, isCut)
  }

  take(): Slice {
    const latencies = this.#latencies.count > 0 ? [keptOf(this.#latencies.summary())] : []
    const slice = { requests: this.#requests, errors: this.#errors, latencies }
    this.#requests = 0
    this.#errors = 0
    this.#latencies.reset()
    return slice
  }
}

const keptOf = ({ histogram, undelayed, cut }: LatencySummary): Histograms => ({ histogram, undelayed, cut })

/** Puts slices of the same subjects together. */
export function joinSlices(to: Slice[] | undefined, from: readonly Slice[] | undefined): Slice[] | undefined {
  if (from === undefined) return to
  return from.map((slice, i) => ({
    requests: slice.requests + (to?.[i]?.requests ?? 0),
    errors: slice.errors + (to?.[i]?.errors ?? 0),
    latencies: [...(to?.[i]?.latencies ?? []), ...slice.latencies],
  }))
}
