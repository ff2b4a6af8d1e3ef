import type { Budget } from '../budget/budget.ts'
import { LatencyRecorder } from '../measure/histogram.ts'
import type { Milliseconds } from '../units.ts'

/** What a budget that is looked at while the run goes on is about: the iterations, or a step by its key. */
export type Subject = 'iterations' | { step: string }

/** What happened to a subject in one interval. Histograms of several threads are kept side by side. */
export interface Slice {
  requests: number
  errors: number
  histograms: string[]
}

/** The subjects of the budgets that take more than the figures of the end. */
export function subjectsOf(budgets: readonly Budget[]): Subject[] {
  const keys = new Set(
    budgets
      .filter(isWatched)
      .flatMap(({ of, step }) => (of === 'step' ? [step!] : of === 'iterations' ? [''] : [])),
  )
  return [...keys].map(step => (step === '' ? 'iterations' : { step }))
}

export function isWatched({ abort, everyWindow }: Budget): boolean {
  return abort !== undefined || everyWindow !== undefined
}

/** In a thread: what happens to each subject, handed out interval by interval. Costs nothing where nothing is watched. */
export class SubjectWatch {
  readonly #iterations: SubjectCounter | undefined
  /** By number of the step; holes where it is not watched. */
  readonly #steps: (SubjectCounter | undefined)[]
  readonly #all: SubjectCounter[]

  constructor(subjects: readonly Subject[], stepKeys: readonly string[]) {
    this.#all = subjects.map(() => new SubjectCounter())
    const of = (wanted: (subject: Subject) => boolean) => this.#all[subjects.findIndex(wanted)]
    this.#iterations = of(subject => subject === 'iterations')
    this.#steps = stepKeys.map(key => of(subject => subject !== 'iterations' && subject.step === key))
  }

  iteration(latency: Milliseconds): void {
    this.#iterations?.add(latency, true, false)
  }

  /** @param latency undefined where none was taken. */
  attempt(step: number, latency: Milliseconds | undefined, isRequest: boolean, failed: boolean): void {
    this.#steps[step]?.add(latency, isRequest, failed)
  }

  /** Since the last time, in the order of the subjects; undefined when nothing is watched. */
  take(): Slice[] | undefined {
    return this.#all.length === 0 ? undefined : this.#all.map(counter => counter.take())
  }
}

class SubjectCounter {
  #requests = 0
  #errors = 0
  readonly #latencies = new LatencyRecorder()

  add(latency: Milliseconds | undefined, isRequest: boolean, failed: boolean): void {
    if (isRequest) this.#requests++
    if (failed) this.#errors++
    if (latency !== undefined) this.#latencies.record(latency)
  }

  take(): Slice {
    const histograms = this.#latencies.count > 0 ? [this.#latencies.summary().histogram] : []
    const slice = { requests: this.#requests, errors: this.#errors, histograms }
    this.#requests = 0
    this.#errors = 0
    this.#latencies.reset()
    return slice
  }
}

/** Puts slices of the same subjects together. */
export function joinSlices(to: Slice[] | undefined, from: readonly Slice[] | undefined): Slice[] | undefined {
  if (from === undefined) return to
  return from.map((slice, i) => ({
    requests: slice.requests + (to?.[i]?.requests ?? 0),
    errors: slice.errors + (to?.[i]?.errors ?? 0),
    histograms: [...(to?.[i]?.histograms ?? []), ...slice.histograms],
  }))
}
