import type { Budget } from '../../budget/budget.ts'
import { isOfEvents } from '../../budget/budget-kinds.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { type Histograms, LatencyRecorder } from '../../measure/histogram.ts'
import type { LatencySummary, LoadReport } from '../../measure/report.ts'
import type { UserState } from '../../workflow/virtual-user.ts'

/**
 * Subject of a budget that is checked during the run: iterations, all requests, or those of a step by its key;
 * server-sent events of all steps, or of one. `service`: iterations of an open model from their start, not from their
 * due time.
 */
export type Subject = 'iterations' | 'service' | Requests | `${Requests} of ${string}`
type Requests = 'requests' | 'events'

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

const subjectsOf = (budgets: readonly Budget[]): Subject[] => [...new Set(budgets.flatMap(subjectOf))]

function subjectOf(budget: Budget): Subject | [] {
  const { of, step } = budget
  const kind = isOfEvents(budget) ? 'events' : 'requests'
  if (step !== undefined) return `${kind} of ${step}`
  if (kind === 'events' || of === 'requests') return kind
  return of === 'iterations' ? of : []
}

/** The subjects of all budgets, with iterations and each step. */
export function allSubjects(
  budgets: readonly Budget[],
  stepKeys: readonly string[],
  model: LoadReport['model'] = 'closed',
): Subject[] {
  const ofIterations: Subject[] = model === 'open' ? ['iterations', 'service'] : ['iterations']
  return [
    ...new Set([...subjectsOf(budgets), ...ofIterations, ...stepKeys.map(step => `requests of ${step}` as const)]),
  ]
}

/** Kind of a subject, and its step unless it is of all; undefined for iterations. */
export function partsOf(subject: Subject): { kind: Requests; step?: string } | undefined {
  if (subject === 'iterations' || subject === 'service') return undefined
  const [kind, step] = subject.split(/ of (.*)/s)
  return { kind: kind as Requests, step }
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
    const of = (subject: Subject) => this.#all[subjects.indexOf(subject)]
    this.#iterations = of('iterations')
    this.#service = of('service')
    this.#requests = of('requests')
    this.#steps = stepKeys.map(key => of(`requests of ${key}`))
    this.#events = of('events')
    this.#eventsOf = stepKeys.map(key => of(`events of ${key}`))
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
