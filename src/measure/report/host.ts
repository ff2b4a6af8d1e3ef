import { bytes, cores, count, field, milliseconds, number, type Of, object, optional, share, text } from '../kinds.ts'
import { fields, keyed, lesser, max, type Rule, sum } from '../rules.ts'

const CLOCK = {
  /** How far its clock was ahead of the coordinator's. */
  offset: number,
  /** How far off that may be: half of the shortest of several round trips. */
  within: milliseconds,
  /** By how much the offset had changed at the end; absent when it could not be asked again. */
  drift: optional(number),
}

const HOST = {
  /** Name of its agent. */
  host: field(text, lesser),
  /** Load threads that it ran. */
  threads: field(count, max),
  /** Its threads among all: its part of the arrivals. */
  share: field(share, max),
  /** Time of its last message if it was lost, from the start of the run; below 0 before that. */
  lostAt: field(optional(number), max),
  /** `Intel Xeon, 8 cores, 16.4 GB, Linux 6.1.0, Node v20.20.2`, for people. */
  machine: field(text, lesser),
  /** Its clock, compared with the coordinator's. */
  clock: field(object(CLOCK), lesser),
  /** Iterations that it began, over the whole run. */
  started: field(count, sum),
  /** 99 of 100 of its iterations began at most that late; absent when it was lost. */
  lateness: field(optional(milliseconds), max),
  /** Time in which its busiest thread had work, in the measured window. */
  eventLoopUtilization: field(optional(share), max),
  /** CPU that its process used in the measured window. */
  cpu: field(optional(cores), max),
  /** The most memory that its process used then. */
  memory: field(optional(bytes), max),
  /** Connections that it opened, over the whole run. */
  connectionsOpened: field(optional(count), sum),
}

/** Share of the load and state of one of several hosts. */
export interface HostFigures extends Of<typeof HOST> {}

export const host = object(HOST)

/** Hosts are identified by name. Of two runs, the larger value is kept. */
export const mergeHosts: Rule<HostFigures[]> = keyed<HostFigures>(({ host }) => host, fields(HOST))
