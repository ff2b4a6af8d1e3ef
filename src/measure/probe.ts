import type { Bytes, Milliseconds } from '../units.ts'

/** A look at some processes. */
export interface Reading {
  /** Resident sets, added up; memory that processes share counts in each. */
  memory: Bytes
  /** CPU used up to now, user and system, from an arbitrary start. Never falls. */
  cpuTime: Milliseconds
  /** How many there are. */
  processes: number
  /** Which they are; absent where there is no telling them apart. */
  pids?: readonly number[]
  /** Further values by name, as they are at the moment. */
  gauges?: Readonly<Record<string, number>>
}

export interface Probe {
  /** What is measured: `pid 4711`, `this process`. */
  readonly subject: string
  /** Time between two looks that it asks for. Default: the meter's. */
  readonly interval?: Milliseconds
  /** Rejects with a `ProbeError` when there is nothing (any more) to look at. */
  sample(): Promise<Reading>
}

/** Resources could not be read. Not for figures that are merely doubtful. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError'
}

export function noSuchProcess(pid: number, cause?: unknown): ProbeError {
  return new ProbeError(
    `Failed to measure pid ${pid}: no such process. Check that the application is still running and that the pid is its own.`,
    { cause },
  )
}
