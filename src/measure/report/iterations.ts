import { count, field, list, milliseconds, type Of, object, optional, text } from '../kinds.ts'
import { fields, greater } from '../rules.ts'

const ATTEMPT = {
  /** The step's key, as in `steps`. */
  step: text,
  /** When its request was sent, from the start of the iteration. */
  start: milliseconds,
  /** Time until the response, or until it was given up. */
  length: milliseconds,
  /** Status of the response; absent without one. */
  status: optional(count),
}

const ITERATION = {
  /** Time from the start of the run. */
  at: milliseconds,
  /** Service time. */
  latency: milliseconds,
  /** Number of the thread, from 1. */
  thread: count,
  /** Host of the thread, if there are several. */
  host: optional(text),
  /** Its requests as they were sent, the first 50. */
  attempts: list(object(ATTEMPT)),
}

/** An iteration of the measured window, with the times of its requests. */
interface IterationTrace extends Of<typeof ITERATION> {}

const SAMPLES = {
  /** The iteration of a sample whose service time is next to the median of its thread. */
  typical: field(
    object(ITERATION),
    greater<IterationTrace>(({ latency }) => -latency),
  ),
  /** The one with the longest service time. */
  slowest: field(
    object(ITERATION),
    greater<IterationTrace>(({ latency }) => latency),
  ),
}

export const iterations = field(optional(object(SAMPLES)), fields(SAMPLES))
