import { mergeSummaries } from '../histogram.ts'
import { bytes, count, type Field, field, milliseconds, type Of, object, optional, text } from '../kinds.ts'
import { fields, max, min, names, sum } from '../rules.ts'

const LATENCY = {
  /** How many values. */
  count,
  min: milliseconds,
  mean: milliseconds,
  max: milliseconds,
  stddev: milliseconds,
  p50: milliseconds,
  p90: milliseconds,
  p95: milliseconds,
  p99: milliseconds,
  p999: milliseconds,
  /** HdrHistogram V2, compressed, base64, in microseconds: summaries merge. */
  histogram: text,
  /**
   * Latencies without the time that the load generator itself may have added to each: late starts, and responses that
   * were there before its thread read them. As `histogram`; absent if it added nothing notable.
   */
  undelayed: optional(text),
  /**
   * Latencies also without the time that the application may have waited for a core that other programs had. As
   * `histogram`; absent without such waits, or if they are unknown for single requests.
   */
  undisturbed: optional(text),
  /**
   * Values among them that are lower bounds, since the wait was cut: at a timeout, or after the graceful stop. As
   * `histogram`; absent without such values.
   */
  cut: optional(text),
}

/** Figures in milliseconds. */
export interface LatencySummary extends Of<typeof LATENCY> {}

export const latencies: Field<LatencySummary, false> = field(object(LATENCY), mergeSummaries)

const EVENTS = {
  /** Samples within the measured window. */
  count: field(count, sum),
  /** Streams whose requests were sent within the measured window, as far as an event came. */
  streams: field(count, sum),
  /**
   * Time from sending the request until the first event of a stream is complete, of those streams; those that were
   * given up without an event count with the time they had waited.
   */
  firstEvent: latencies,
}

/** Server-sent events of a step. */
export interface EventStatistics extends Of<typeof EVENTS> {}

const CONTRACT = {
  /** Responses that met all criteria, and whose operation is described. */
  responses: field(count, sum),
  /** Responses among them that were checked against the description: status, headers and body. */
  checked: field(count, sum),
  /** Checked responses that were not as described. */
  broken: field(count, sum),
}

/** Responses of a step against the OpenAPI description. */
export interface ContractStatistics extends Of<typeof CONTRACT> {}

const BODIES = {
  /** Responses to requests that were sent within the measured window, with a body or without; no event streams. */
  responses: field(count, sum),
  /** The sum of their bodies, as they were received: compressed if they were. */
  bytes: field(bytes, sum),
  /** The smallest body. */
  least: field(bytes, min),
  /** The largest body. */
  most: field(bytes, max),
}

/** Bodies of a step's responses. */
export interface BodyStatistics extends Of<typeof BODIES> {}

const STEP = {
  /** Sent within the measured window, with a response or without. */
  requests: field(count, sum),
  /** Attempts that failed; those whose request could not be built are not requests. */
  errors: field(count, sum),
  /**
   * Requests that the document itself tried again after a status below 500 that the description lists; they are no
   * errors. Absent when there were none.
   */
  retried: field(optional(count), sum),
  /** Service time of requests that reached a server: until the response, or until it was given up. */
  serviceTime: latencies,
  /** Its server-sent events; absent if it reads none. */
  events: field(optional(object(EVENTS)), fields(EVENTS)),
  /**
   * Responses against the OpenAPI description; absent without a description, and if `checks` is not `error`.
   */
  contract: field(optional(object(CONTRACT)), fields(CONTRACT)),
  /** Bodies of its responses; absent without a response. */
  bodies: field(optional(object(BODIES)), fields(BODIES)),
}

export interface StepStatistics extends Of<typeof STEP> {}

export const step = object(STEP)
export const mergeSteps = names(fields(STEP))
