import { asUserError, failed } from '../ground/fault.ts'
import type { Bytes, Milliseconds } from '../ground/units.ts'
import type { OpenFiles } from './process-tree-linux.ts'
import type { NodeUsage } from './report.ts'

/** A look at some processes. */
export interface Reading {
  /** Resident sets, added up; memory that processes share counts in each. */
  memory: Bytes
  /** How much of that counts more than once; absent if that is not known. */
  shared?: Bytes
  /** How much more memory there was for a while since the look before; absent if that is not known. */
  spike?: Bytes
  /** Whether `memory` is a sum over processes. Default false: it is what an exporter or the kernel says of all. */
  isOfProcesses?: boolean
  /** CPU used up to now, user and system, from an arbitrary start. Never falls. */
  cpuTime: Milliseconds
  /** Whether `cpuTime` has grown to the nanosecond since the look before, without any part that comes in ticks. */
  isFine?: boolean
  /** How many there are. */
  processes: number
  /** Process ids; absent if processes cannot be distinguished. */
  pids?: readonly number[]
  /** Open files of the process that is nearest to its limit; only in some looks. */
  openFiles?: OpenFiles | undefined
  /** Roots: processes that no other of them started. Default: all. */
  roots?: readonly number[]
  /** Process that responds to requests, if it is not one of them. */
  elsewhere?: string | undefined
  /** How it shows that what is measured was started again since the look before. */
  restarted?: string
  /** CPU time at the most, up to now, that ended processes used after they were last seen. Default 0. */
  cpuUnseen?: Milliseconds
  /** Processes that are there, and are not counted: those that only start what is. */
  leftOut?: readonly number[]
  /** Further values by name, as they are at the moment. */
  series?: Readonly<Record<string, number>>
  /** Figures of Node processes since the window began, if available. */
  node?: NodeUsage
  /** Why something has no value now: `memory`, `cpu` (which are then 0), `node`, `series.queue`. */
  missing?: Readonly<Record<string, string>>
  /** Names of figures whose values cannot be, and why; such a figure has no value in the whole window. */
  wrong?: Readonly<Record<string, string>>
  /** Name of the counter that the CPU time is from, if the counter may stand still although CPU is used. */
  counter?: string
}

export interface Probe {
  /** Measured subject: `pid 4711`, `this process`. */
  readonly subject: string
  /** Root of the processes that are measured; absent of other probes. */
  readonly pid?: number
  /** Title for this number of processes, after a look. Default: derived from `subject`. */
  title?(processes: number): string | undefined
  /** Time between two looks that it asks for. Default: the meter's. */
  readonly interval?: Milliseconds
  /** A look that fails may be followed by one that does not. Default false: what is gone is gone. */
  readonly comesBack?: boolean
  /** Rejects with a `ProbeError` when there is nothing (any more) to look at. */
  sample(): Promise<Reading>
  /** The measured window begins: what it adds up by itself begins anew. */
  mark?(): void
  /** Waits for outstanding values after the end of the window. */
  settle?(): Promise<NodeUsage | undefined>
  close?(): void
}

/** Resources could not be read. Not for figures that are merely doubtful. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    asUserError(this)
  }
}

/** Why there is no memory of an application that something is about to start again. */
export const NOTHING_RUNS = 'the application was not there, only what starts it'

export const notMeasured = (subject: string, found: string, advice: string, cause?: unknown): ProbeError =>
  new ProbeError(failed('measure', subject, found, advice), { cause })

export function noSuchProcess(pid: number, cause?: unknown): ProbeError {
  const advice = 'Check that the application is still running and that the pid is its own.'
  return notMeasured(`pid ${pid}`, 'no such process', advice, cause)
}

/** A sum of the same figures in another order is as good as equal. */
const SAME = 1 - 1e-9

/**
 * A counter that rises, and begins anew if what it counts is started again; or it is a sum, of which a part has ended.
 */
export class Rising {
  #last = 0
  #lost = 0

  /** Values between which it fell; undefined if it did not fall. */
  fall(value: number): { from: number; to: number } | undefined {
    return value < this.#last * SAME ? { from: this.#last, to: value } : undefined
  }

  /** Its sum from the beginning on. Of a fall no more is counted than certain: it adds nothing. */
  sum(value: number): number {
    this.#lost += Math.max(0, this.#last - value)
    this.#last = value
    return this.#lost + value
  }
}
