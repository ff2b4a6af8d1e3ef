import { join } from 'node:path'
import process from 'node:process'
import type { Bytes, Milliseconds } from '../../ground/units.ts'

/** Names the folder in which each Node process of an application listens, at `<pid>.sock`. */
export const FOLDER_VARIABLE = 'VITEST_ARAZZO_PROBE'

/** Socket in the folder that a process listens at; on Windows an empty file, whose pipe has a name of its own. */
export function fileOf(folder: string, pid: number): string {
  return join(folder, `${pid}.sock`)
}

export function socketOf(folder: string, pid: number): string {
  return process.platform === 'win32' ? `\\\\.\\pipe\\vitest-arazzo-${pid}` : fileOf(folder, pid)
}

/** A line of text to the process: forget what was seen, or tell it. */
export type Ask = 'mark' | 'tell'

/** Round trips to one destination, and the time in which a response was due. */
export interface Trips {
  count: number
  waited: Milliseconds
}

/** Response of a process, as a line of JSON. Delays and pauses cover the time since the last reset. */
export interface NodeFigures {
  pid: number
  /** How much later than due the event loop came round. */
  delay: { p50: Milliseconds; p99: Milliseconds; max: Milliseconds }
  /** Memory in use by JavaScript now. */
  heap: Bytes
  gc: { count: number; total: Milliseconds; max: Milliseconds }
  /** Time that the event loop was active and idle since the last reset. */
  loop: { active: Milliseconds; idle: Milliseconds }
  /** Round trips of all its threads, by destination, since the last reset. */
  trips: Record<string, Trips>
  /** Requests that came to its HTTP servers since the last reset. */
  requests: number
}
