import type { Criterion, Step } from '../../document/model.ts'
import { compileAnyItem } from '../../expression/index.ts'
import { type Finding, isFault, type Reason } from '../../ground/fault.ts'
import { shortened, shownAsJson } from '../../ground/show.ts'
import { EXACT, formatMs, type Milliseconds } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import { EventStream, type EventTaker, type ServerEvent } from '../../http/events.ts'
import type { RawHeaders } from '../../http/headers.ts'
import type { ExchangeTimes, FailureCause, OutgoingRequest } from '../../http/transport.ts'
import { noteSecrets } from '../exchange.ts'
import type { CriterionPlan, StepPlan } from '../plan.ts'
import type { CurrentStep } from '../step.ts'

/** Reads the event streams of one branch, one after the other, and evaluates them. */
export class EventWatch implements EventTaker {
  readonly #current: CurrentStep
  /** Current step, if it reads a stream. */
  #step: StepPlan | undefined
  #stream: EventStream | undefined
  /** Its time was over before its received data was read. */
  #isLate = false

  constructor(current: CurrentStep) {
    this.#current = current
  }

  /** Lets the request of a step read its stream; one that reads none is left as it is. */
  prepare(step: StepPlan, out: OutgoingRequest): void {
    this.#step = step.events && step
    this.#stream = step.events && new EventStream(this, step.events.beginsWithin)
    this.#isLate = false
    if (step.events === undefined) return
    out.reader = this.#stream
    out.timeout = step.events.within
  }

  /** Whether the current response is a stream and was read as it arrived. */
  get hasRead(): boolean {
    return this.#stream?.isOpen === true
  }

  /** Whether an event of the stream has come: then there is a response. */
  get hasBegun(): boolean {
    return this.#stream !== undefined && this.#stream.events.length > 0
  }

  onBegin(status: number, headers: RawHeaders, events: readonly ServerEvent[]): void {
    this.#current.scope.received.setEvents(status, headers, events)
  }

  onEvent(sent: Milliseconds): boolean {
    const { events } = this.#stream!
    const { length } = events
    const step = this.#step!
    const at = this.#current.user.clock.now()
    const sentFirst = this.#current.sentFirst(sent)
    this.#current.user.observer.onEvent?.(step.number, at, length === 1 ? sentFirst : undefined)
    const { most, within } = step.events!
    if (length >= most || this.#isMetBy(step.events!, events.at(-1))) return false
    // The clock is not read while received data remains: evaluating `until` may take longer.
    this.#isLate = at > sentFirst + within
    return !this.#isLate
  }

  #isMetBy({ until, isMetBy }: EventsPlan, last: unknown): boolean {
    if (isMetBy) return isMetBy(last)
    return until.length > 0 && this.#current.firstUnmet(until) === undefined
  }

  /** The response is complete: the judge is notified if it is not the wanted stream. */
  judge(times: ExchangeTimes): void {
    const [step, stream] = [this.#step, this.#stream]
    if (step === undefined || stream === undefined) return
    const { refusal, misfit } = stream
    if (refusal !== undefined) return this.#fail('protocol', refusal, times)
    if (!stream.isOpen) {
      const found = `the response is not an event stream: ${misfit ?? 'it has no body'}`
      return this.#fail('events', { found }, times)
    }
    if (this.#isLate) {
      const reason = { ...this.#late(step.events!, stream), note: this.#note(stream) }
      return this.#current.fail('timeout', reason, times)
    }
    const wrong = this.#missing(step.events!, stream)
    if (wrong !== undefined) this.#fail('events', wrong, times)
  }

  /** Missing part of a stream that has ended, or reached its maximum number of events. */
  #missing({ until, most }: EventsPlan, { events: { length } }: EventStream): Finding | undefined {
    if (length === 0) return { found: 'the stream ended without an event' }
    const isMet = until.length === 0 ? length >= most : this.#current.firstUnmet(until) === undefined
    if (isMet) return undefined
    if (length < most) return { found: `the stream ended before ${wanted(until, most)}` }
    const found = `${counted(most, 'event')} came without ${wanted(until, most)}, and no more are read`
    return { found, advice: 'Correct `until`, or raise `most`.' }
  }

  /** The response did not arrive completely: the judge is notified, and the stream is closed. */
  fail(cause: FailureCause, reason: Reason, times: ExchangeTimes): void {
    this.#current.fail(cause, this.reasonOf(cause, reason, times), times)
    this.#stream?.letGo()
  }

  /** Reason of an incomplete response; for a stream with the events so far. */
  reasonOf(cause: FailureCause | 'no response', reason: Reason, times: ExchangeTimes): Reason {
    const [step, stream] = [this.#step, this.#stream]
    if (step === undefined || stream === undefined) return reason
    const isGivenUp = cause === 'timeout' || cause === 'no response' || cause === 'aborted'
    const { observer } = this.#current.user
    if (stream.events.length === 0 && isGivenUp)
      observer.onNoEvent?.(step.number, times.sent, times.ended, cause === 'aborted')
    if (!stream.isOpen) return reason
    const note = this.#note(stream)
    // Reasons that are not faults were reported already.
    if (!isFault(reason)) return { ...this.#fault(reason), note }
    if (cause !== 'timeout') return { ...reason, note }
    return { ...this.#late(step.events!, stream), note }
  }

  #late({ until, most, within }: EventsPlan, { events }: EventStream) {
    const what = events.length === 0 ? 'no event came' : `the stream did not come to ${wanted(until, most)}`
    const advice = 'Raise `within`, or make the application faster.'
    return this.#fault({ found: `${what} within ${formatMs(within, EXACT)}`, advice })
  }

  /** The current stream is not needed any more. */
  letGo(): void {
    this.#stream?.letGo()
    this.#stream = undefined
    this.#step = undefined
  }

  #fail(cause: 'events' | 'protocol', wrong: Finding, times: ExchangeTimes): void {
    this.#current.fail(cause, { ...this.#fault(wrong), note: this.#note(this.#stream!) }, times)
  }

  #fault({ found, advice }: Finding) {
    return { verb: 'read', thing: `the events of step "${this.#step!.step.stepId}"`, found, advice }
  }

  /** Secrets are masked before the text is cut, because half a secret cannot be recognized. */
  #note({ isOpen, events }: EventStream): string | undefined {
    if (!isOpen) return undefined
    const last = events.at(-1)
    if (last === undefined) return 'no event had come'
    noteSecrets(this.#current)
    const text = shortened(this.#current.user.secrets.mask(shownAsJson(last)), LONGEST)
    return `${counted(events.length, 'event')} had come, the last ${text}`
  }
}

const LONGEST = 200

const wanted = (until: EventsPlan['until'], most: number): string =>
  until.length === 0 ? counted(most, 'event') : until.map(({ source }) => source.text).join(' and ')

/** How long a stream is read where neither it nor its step says so. */
const WITHIN: Milliseconds = 60_000

/** How a step reads an event stream, compiled. */
export type EventsPlan = NonNullable<ReturnType<typeof compileEvents>>

export function compileEvents(
  step: Step,
  compile: (criterion: Criterion) => CriterionPlan,
  requestTimeout: Milliseconds,
) {
  if (step.events === undefined) return undefined
  const { until, most } = step.events
  // Many servers send the header of a stream with its first event: a step that says how long it waits means that, too.
  const isTimed = step.events.within !== undefined || step.timeout !== undefined
  const [first, ...others] = until
  return {
    /** Read until all of them are met; none: until `most` events have come. */
    until: until.map(compile),
    /** Whether an event meets `until` independently of earlier events; undefined if these matter as well. */
    isMetBy: first && others.length === 0 ? compileAnyItem(first.test) : undefined,
    most,
    /** Time from the request until there is enough. */
    within: timeOfStream(step),
    /** Time from the request until the response has begun; `Infinity`: no limit but `within`. */
    beginsWithin: isTimed || requestTimeout === 0 ? Number.POSITIVE_INFINITY : requestTimeout,
  }
}

/** Time that a step reads its event stream; 0 for other steps. */
export function timeOfStream({ events, timeout }: Pick<Step, 'events' | 'timeout'>): Milliseconds {
  if (events === undefined) return 0
  return Math.min(events.within ?? timeout ?? WITHIN, timeout ?? Number.POSITIVE_INFINITY)
}
