import { byName, count, field, list, milliseconds, type Of, object, optional, text } from '../kinds.ts'
import { fields, keyed, lesser, names, ordered, places, type Rule, sum } from '../rules.ts'
import { bounded, KEPT, worstFirst } from './bounds.ts'

const RESPONSE = {
  /** Status of the response; absent of a message. */
  status: optional(count),
  /** Secrets masked. */
  headers: byName(text),
  /** Shortened when it is long; its beginning, and its length in bytes, where it was too long to be held. */
  body: optional(text),
}

const EXCHANGE = {
  /** `GET`; `send` or `receive` for a message. */
  method: text,
  /** URL of the request; of a message, the address of its channel. */
  url: text,
  /** Secrets masked. */
  headers: byName(text),
  /** Shortened when it is long. */
  body: optional(text),
  /** The response, or the message; absent where none came. */
  response: optional(object(RESPONSE)),
  /** Why there was none, or why it could not be used. */
  failure: optional(text),
  /** Id of the trace that the request's header `traceparent` names; absent without one. */
  trace: optional(text),
}

/** A request and its response as readers want them: secrets masked, long bodies shortened. */
export interface ShownExchange extends Of<typeof EXCHANGE> {}

const EXEMPLAR = {
  ...EXCHANGE,
  /** Time from the start of the run. */
  at: milliseconds,
  /** Time until the response, or until it was given up. */
  latency: milliseconds,
  /** Number of the thread, from 1. */
  thread: count,
  /** Host of the thread, if there are several. */
  host: optional(text),
}

/** One failure of many with the same cause. The criterion and its place are those of its group. */
export interface FailureExemplar extends Of<typeof EXEMPLAR> {}

const SLOW = {
  /** The step's key, as in `steps`. */
  step: text,
  latency: milliseconds,
  /** When it was sent, from the start of the run. */
  at: milliseconds,
  /** Number of the thread, from 1. */
  thread: count,
  /** Host of the thread, if there are several. */
  host: optional(text),
  /** `GET http://127.0.0.1:3000/items/7`. */
  request: text,
  /** Status of the response; absent where no response came, and of a message. */
  status: optional(count),
  /** How it failed, if it did: `criterion`, `timeout`. */
  failure: optional(text),
  /** Id of the trace that its header `traceparent` names; absent without one. */
  trace: optional(text),
}

/** One of the slowest requests of the measured window, secrets masked. */
export interface SlowRequest extends Of<typeof SLOW> {}

export const slow = object(SLOW)

/** Three of each step, the slowest of all first. */
export const mergeSlowest: Rule<SlowRequest[]> = (a, b) => threeOfEach(ordered([...a, ...b], ({ latency }) => -latency))

/** The first three of each step. */
function threeOfEach<T extends { step: string }>(all: readonly T[]): T[] {
  const seen = new Map<string, number>()
  return all.filter(({ step }) => {
    const count = (seen.get(step) ?? 0) + 1
    seen.set(step, count)
    return count <= KEPT
  })
}

const { failure: _, ...PASSED } = EXEMPLAR

const EXAMPLE = {
  /** The step's key, as in `steps`. */
  step: text,
  ...PASSED,
}

/** Requests that passed, with their responses, secrets masked: three of each step, the earliest first. */
export const examples = field(list(object(EXAMPLE)), (a, b) => threeOfEach(ordered([...a, ...b], ({ at }) => at)))

const PLACE = {
  /** Path of the document. */
  file: text,
  /** Line, from 1. */
  line: count,
  /** Column, from 1. */
  column: count,
}

const ERRORS = {
  /** The step's key, as in `steps`, or that of a step that runs a workflow. */
  step: field(text, lesser),
  /**
   * `criterion`, `openapi`, `events`, `output`, `timeout`, `no response`, `refused`, `reset`, `aborted`, `protocol`,
   * `request`, `runaway`.
   */
  kind: field(text, lesser),
  /** Message in one line: `$statusCode == 200 is not met (503)`. */
  message: field(text, lesser),
  /** How many attempts failed so. */
  count: field(count, sum),
  /** How many of these the document tried again; absent when none. */
  retried: field(optional(count), sum),
  /** Place of the criterion in the document. */
  at: field(optional(object(PLACE)), lesser),
  /** The first three of each thread, three in all. */
  exemplars: field(list(object(EXEMPLAR)), (a, b) => ordered([...a, ...b], ({ at }) => at).slice(0, KEPT)),
}

/** Failures with one cause. */
export interface ErrorGroup extends Of<typeof ERRORS> {}

export const errors = object(ERRORS)

const byCause = keyed<ErrorGroup>(({ step, kind, message }) => [step, kind, message].join('\n'), fields(ERRORS))

/**
 * Puts causes first that were not retried, of them and of the others the most frequent. Associative as long as there
 * are no more causes than are kept apart.
 */
export const mergeErrors: Rule<ErrorGroup[]> = (a, b, at) =>
  bounded(
    worstFirst(
      ordered(
        byCause(a, b, at)!,
        ({ count }) => -count,
        ({ step, kind, message }) => [step, kind, message],
      ),
    ),
  )

const FIRSTS = {
  /** All of them, added up. */
  durations: field(milliseconds, sum),
  /** Buckets like those of responses. */
  buckets: field(list(count), places(sum)),
}

const RESPONSES = {
  /** The step's key, as in `steps`, or that of a step that runs a workflow. */
  step: field(text, lesser),
  /** `GET`; `SEND` and `RECEIVE` of messages; `none` of a step that runs a workflow. */
  method: field(text, lesser),
  /** `200`; `none` if there was no response; `other` for statuses after the step's first ten. */
  status: field(text, lesser),
  /** Sent, with a response or without. */
  requests: field(count, sum),
  /** Sum of the service times of requests that reached a server. */
  durations: field(milliseconds, sum),
  /**
   * How many of these took at most 0.05, 0.1, 0.25, 0.5, 1, 2.5, … 10,000 ms but longer than the bound before, and how
   * many longer than all.
   */
  buckets: field(list(count), places(sum)),
  /** Failed attempts by kind, as in `errors`. */
  errors: field(byName(count), names(sum)),
  /** Attempts that poll, as `retried` of a step; they are in no kind of `errors`. Absent when there were none. */
  retried: field(optional(count), sum),
  /** Server-sent events; absent where none came. */
  events: field(optional(count), sum),
  /** Time to the first event of each stream. */
  firstEvents: field(optional(object(FIRSTS)), fields(FIRSTS)),
}

/** Attempts at one step that ended alike, over the whole run, warm-up and ramps included. */
export interface AnswerGroup extends Of<typeof RESPONSES> {}

export const responses = object(RESPONSES)
export const mergeResponses = keyed<AnswerGroup>(
  ({ step, method, status }) => [step, method, status].join('\n'),
  fields(RESPONSES),
)
