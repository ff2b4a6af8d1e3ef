import { bytes, cores, count, milliseconds, number, type Of, object, optional, share, text } from '../kinds.ts'
import { keyed, type Rule } from '../rules.ts'

const CLOCK = {
  /** How far its clock was ahead of the coordinator's. */
  offset: number,
  /** How far off that may be: half of the shortest of 25 round trips. */
  within: milliseconds,
  /** By how much the offset had changed at the end; absent when it could not be asked again. */
  drift: optional(number),
}

const HOST = {
  /** Name of its agent. */
  host: text,
  /** Load threads that it ran. */
  threads: count,
  /** Its threads among all: its part of the arrivals. */
  share,
  /** When it was lost, from the start of the run; absent when it was not. */
  lostAt: optional(number),
  /** `Linux 6.1.0, x64, 8 cores`, for people. */
  machine: text,
  /** Its clock, held against the coordinator's. */
  clock: object(CLOCK),
  /** Iterations that it began, over the whole run. */
  started: count,
  /** 99 of 100 of its iterations began at most that late; absent when it was lost. */
  lateness: optional(milliseconds),
  /** Time in which its busiest thread had work, in the measured window. */
  eventLoopUtilization: optional(share),
  /** CPU that its process used in the measured window. */
  cpu: optional(cores),
  /** The most memory that its process used then. */
  memory: optional(bytes),
  /** Connections that it opened, over the whole run. */
  connectionsOpened: optional(count),
}

/** What one of several hosts of a run had of the load, and how well it could run it. */
export interface HostFigures extends Of<typeof HOST> {}

export const host = object(HOST)

/** Those of one run are told apart by their names; of two runs those of the first are kept, which ran on the same. */
export const mergeHosts: Rule<HostFigures[]> = keyed<HostFigures>(
  ({ host }) => host,
  (a, b) => ({ ...a, started: a.started + b.started }),
)
