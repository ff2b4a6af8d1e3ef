import {
  byName,
  bytes,
  cores,
  count,
  field,
  milliseconds,
  number,
  type Of,
  object,
  optional,
  share,
  text,
} from '../kinds.ts'
import { fields, first, inBoth, last, max, mean, min, names, phrases, type Rule, sum, turns } from '../rules.ts'

const GROWTH = {
  /** Steepness of a line through the readings. */
  value: number,
  /** Lower confidence limit; absent when there are too few readings for one. */
  lower: optional(number),
  /** Upper confidence limit; absent when there are too few readings for one. */
  upper: optional(number),
}

/**
 * How a figure changes for each unit of something else, with one-sided 95 % confidence limits (together: a 90 %
 * interval).
 */
export interface Growth extends Of<typeof GROWTH> {}

/** How memory grew from one run to the other is not known: the steeper slope stands, within all that either may be. */
const steeper: Rule<Growth> = (a, b) => {
  const value = Math.max(a.value, b.value)
  const limits = [a.lower, b.lower, a.upper, b.upper].filter(limit => limit !== undefined)
  return limits.length < 4 ? { value } : { value, lower: Math.min(...limits), upper: Math.max(...limits) }
}

const MEMORY_GROWTH = {
  /** Bytes a minute. */
  perMinute: field(object(GROWTH), steeper),
  /** Bytes for each 1,000 requests that got a response. */
  per1000Requests: field(optional(object(GROWTH)), steeper),
}

const DELAY = { p50: field(milliseconds, max), p99: field(milliseconds, max), max: field(milliseconds, max) }

const COLLECTIONS = {
  /** How many pauses. */
  count: field(count, sum),
  total: field(milliseconds, sum),
  longest: field(milliseconds, max),
}

const TRIPS = {
  /** Round trips. */
  count: field(count, turns(max, sum)),
  /** Time in which a response was due, added up over connections. */
  waited: field(milliseconds, turns(max, sum)),
}

const ROUND_TRIPS = {
  /** Requests that got a response in the same time. */
  requests: field(count, turns(max, sum)),
  /** Round trips by destination: `127.0.0.1:5432`, `/run/postgresql/.s.PGSQL.5432`. */
  to: field(byName(object(TRIPS)), names(fields(TRIPS))),
}

/** Round trips of an application to other services. */
export interface RoundTrips extends Of<typeof ROUND_TRIPS> {}

const NODE = {
  /** How late their event loops came round; of the process that was latest. */
  eventLoopDelay: field(object(DELAY), fields(DELAY)),
  /** Time in which the event loop of the busiest process had work. */
  eventLoopUtilization: field(share, max),
  /** Heaps in use at the same time, added up: at the last look, and the most that was seen. */
  heap: field(bytes, turns(max, last)),
  heapPeak: field(bytes, max),
  /** Pauses for the garbage collector, of all processes. */
  gc: field(object(COLLECTIONS), fields(COLLECTIONS)),
  /** Writes to outgoing connections that were followed by data, while a request was in progress. */
  roundTrips: field(optional(object(ROUND_TRIPS)), fields(ROUND_TRIPS)),
  /**
   * Longest time before the end of a process, or of the window, in which it did not respond to the probe; absent if all
   * responded.
   */
  unread: field(optional(milliseconds), max),
  /** Number of Node processes that responded. */
  processes: field(count, max),
}

/** Figures of the Node processes of an application over the measured window. */
export interface NodeUsage extends Of<typeof NODE> {}

interface Readings {
  samples: number
  missing?: Record<string, string>
}

/** A value that was never read is 0 and does not count in a mean. */
const isRead = ({ missing }: Readings, name: string) => missing?.[name] === undefined

/** Series of a target. Of runs side by side the most stands; one after the other, the mean weighted by readings. */
const SERIES = {
  /** Lowest value, in the unit of the series, as all of these. */
  min: field(number, min),
  /** Mean of the readings. */
  mean: field(
    number,
    turns(
      max,
      mean((_, { outer }, side) => (outer!.of![side] as Readings).samples),
    ),
  ),
  /** Highest reading. */
  max: field(number, max),
  /** Last reading. */
  last: field(number, turns(max, last)),
}

/** The values of a series over the measured window. */
export interface SeriesUsage extends Of<typeof SERIES> {}

const REPLACED = {
  /** Processes that were there for most of a second or longer, and ended in the window. */
  ended: field(count, sum),
  /** Processes that began in the window. */
  began: field(count, sum),
}

/** Processes that others of the application started, as they were replaced. */
export interface Replaced extends Of<typeof REPLACED> {}

const OPEN_FILES = {
  /** At the beginning of the window. */
  start: field(count, turns(min, first)),
  /** At the same time, the most of all looks. */
  most: field(count, max),
  /** How many the process may have (`ulimit -n`). */
  limit: field(count, min),
}

export const USAGE = {
  /** Highest memory of the whole tree, in bytes. */
  memoryPeak: field(bytes, max),
  /**
   * Measure of all memory figures: `RSS` (resident set) of a single process; of several `PSS`, in which shared pages
   * count once, or `sum of RSS` where PSS cannot be read. Absent for exporters.
   */
  memoryMeasure: field(optional(text), phrases('; ')),
  memoryMean: field(
    bytes,
    turns(
      max,
      mean<Readings>(usage => (isRead(usage, 'memory') ? usage.samples : 0)),
    ),
  ),
  /** Memory when the window began and ended. */
  memoryStart: field(bytes, turns(min, first)),
  memoryEnd: field(bytes, turns(max, last)),
  /** How the memory grows, in bytes; absent with fewer than three readings. */
  memoryGrowth: field(optional(object(MEMORY_GROWTH)), fields(MEMORY_GROWTH)),
  /** Mean CPU over the window as a share of one core: 1.5 is one core and a half. */
  cpu: field(
    share,
    turns(
      max,
      mean<Readings>((usage, at, side) => (isRead(usage, 'cpu') ? at.spans[side].measured : 0)),
    ),
  ),
  /**
   * CPU at the most that ended processes used after they were last seen, and that `cpu` does not have, as a share of
   * one core; absent if all was seen.
   */
  cpuUnseen: field(optional(share), max),
  /** CPU spent for each request that got a response meanwhile. */
  cpuPerRequest: field(
    optional(milliseconds),
    turns(
      max,
      mean((_, { spans }, side) => spans[side].requests),
    ),
  ),
  cores: field(cores, max),
  /** Figures of Node processes, if the probe is loaded in them. */
  node: field(optional(object(NODE)), fields(NODE)),
  /** Series of a Prometheus target, by the name that they were given. */
  series: field(optional(byName(object(SERIES))), names(fields(SERIES))),
  /** How many readings there were. */
  samples: field(count, sum),
  /** Measured subject: `node server.js (pid 4711) and 2 children, without npm, sh`. */
  of: field(text, phrases('; ')),
  /** Root of the processes that were measured, which is another one in each launch; absent of other targets. */
  pid: field(optional(count), min),
  /** Workers that were replaced while the process that started them lived on; absent if none was. */
  replaced: field(optional(object(REPLACED)), fields(REPLACED)),
  /** Files and sockets that are open in the process that is nearest to its limit; absent if they cannot be read. */
  openFiles: field(optional(object(OPEN_FILES)), fields(OPEN_FILES)),
  /** Values that were never read, with the reason: `memory`, `cpu` (which are then 0), `node`, `series.queue`. */
  missing: field(optional(byName(text)), inBoth, {}),
  /** Process that listens at the address of the application, if it was not measured itself. */
  elsewhere: field(optional(text), phrases('; ')),
  /** Why the readings ended before the window did. */
  lost: field(optional(text), phrases('; ')),
}

/** Resources that a set of processes used over the measured window. */
export interface ResourceUsage extends Of<typeof USAGE> {}

export const usage = object(USAGE)
export const mergeUsage = fields(USAGE)
