import { isDeepStrictEqual } from 'node:util'
import type { Budget } from '../../budget/budget.ts'
import { isOfEvents } from '../../budget/budget-kinds.ts'
import { isObject } from '../../ground/object.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { LatencyRecorder } from '../../measure/histogram.ts'
import type { LatencySummary, LoadReport } from '../../measure/report.ts'

/**
 * What a budget that is looked at while the run goes on is about: iterations, all requests, or a step by its key;
 * server-sent events of all steps, or of one. `service`: iterations of an open model from when they started, and not
 * from when they were due.
 */
export type Subject = 'iterations' | 'service' | 'requests' | 'events' | { step: string } | { eventsOf: string }

/**
 * What happened to a subject in one interval. Histograms of several threads are kept side by side. Of events, they are
 * those of the first ones, `requests` is how many events came, and `errors` how many streams were given up before one.
 */
export interface Slice {
  requests: number
  errors: number
  histograms: string[]
  /**
   * Histograms without the generator's own delays (`LatencySummary.undelayed`); a hole where there were none.
   */
  undelayed?: (string | undefined)[]
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
  iteration(latency: Milliseconds, own: Milliseconds): void {
    this.#iterations?.add(latency, own, true, false)
  }

  /** The same from when it started. */
  service(latency: Milliseconds, own: Milliseconds): void {
    this.#service?.add(latency, own, true, false)
  }

  /** @param latency undefined where none was taken. */
  attempt(
    step: number,
    latency: Milliseconds | undefined,
    own: Milliseconds,
    isRequest: boolean,
    failed: boolean,
  ): void {
    this.#steps[step]?.add(latency, own, isRequest, failed)
    this.#requests?.add(latency, own, isRequest, failed)
  }

  /** An event within the measured window. */
  event(step: number): void {
    this.#eventsOf[step]?.add(undefined, 0, true, false)
    this.#events?.add(undefined, 0, true, false)
  }

  /** The first event of a stream, or that there was none before it was given up. */
  firstEvent(step: number, latency: Milliseconds, own: Milliseconds, isNone: boolean): void {
    this.#eventsOf[step]?.add(latency, own, false, isNone)
    this.#events?.add(latency, own, false, isNone)
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

  add(latency: Milliseconds | undefined, own: Milliseconds, isRequest: boolean, failed: boolean): void {
    if (isRequest) this.#requests++
    if (failed) this.#errors++
    if (latency !== undefined) this.#latencies.record(latency, own)
  }

  take(): Slice {
    const summaries = this.#latencies.count > 0 ? [this.#latencies.summary()] : []
    const slice = { requests: this.#requests, errors: this.#errors, ...keptOf(summaries) }
    this.#requests = 0
    this.#errors = 0
    this.#latencies.reset()
    return slice
  }
}

function keptOf(summaries: readonly LatencySummary[]): Pick<Slice, 'histograms' | 'undelayed'> {
  const undelayed = summaries.map(summary => summary.undelayed)
  const histograms = summaries.map(({ histogram }) => histogram)
  return undelayed.some(one => one !== undefined) ? { histograms, undelayed } : { histograms }
}

/** Puts slices of the same subjects together. */
export function joinSlices(to: Slice[] | undefined, from: readonly Slice[] | undefined): Slice[] | undefined {
  if (from === undefined) return to
  return from.map((slice, i) => {
    const before = to?.[i]
    const undelayed = [...undelayedOf(before), ...undelayedOf(slice)]
    return {
      requests: slice.requests + (before?.requests ?? 0),
      errors: slice.errors + (before?.errors ?? 0),
      histograms: [...(before?.histograms ?? []), ...slice.histograms],
      ...(undelayed.some(one => one !== undefined) && { undelayed }),
    }
  })
}

function undelayedOf(slice: Slice | undefined): (string | undefined)[] {
  return slice?.undelayed ?? (slice?.histograms ?? []).map(() => undefined)
}
