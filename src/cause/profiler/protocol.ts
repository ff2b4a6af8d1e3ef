import { join } from 'node:path'
import process from 'node:process'
import type { Location } from '../../ground/errors.ts'
import type { Bytes, Milliseconds } from '../../ground/units.ts'

/** Names the folder in which each thread of an application listens for the profiler. */
export const FOLDER_VARIABLE = 'VITEST_ARAZZO_PROFILE'

/** File that is there while the profiler runs: threads and processes that begin then start theirs at once. */
export const runningFile = (folder: string): string => join(folder, 'running')

/** Set if threads watch allocations from their start. */
export const HEAP_VARIABLE = 'VITEST_ARAZZO_PROFILE_HEAP'

/** Name of a thread in the folder. The main thread of a process has the number 0. */
export const threadName = (pid: number, thread: number): string => `${pid}-${thread}`

/** Socket at which a thread listens; on Windows a named pipe. */
export function socketOf(folder: string, name: string): string {
  return process.platform === 'win32' ? `\\\\.\\pipe\\vitest-arazzo-profile-${name}` : join(folder, `${name}.sock`)
}

/** A line of text to a thread. */
export type Ask = 'start' | 'stop' | 'heap'

/** Response of a thread, as a line of JSON: nothing, or why it has no profile. */
export interface Answer {
  refused?: string
}

/** Time between two samples. */
export const SAMPLING: Milliseconds = 1
/** Bytes that are allocated between two samples of the heap. */
export const HEAP_SAMPLING: Bytes = 16_384

/** Node of a call tree, as V8 writes it, with what source maps add. */
export interface ProfileNode {
  id: number
  callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number }
  children?: number[]
  positionTicks?: { line: number; ticks: number; sourceLine?: number }[]
  /** Place of the function in the file that the script was made from; absent without a source map. */
  source?: Location & { name?: string }
}

/** `.cpuprofile` of one thread. Times are microseconds of the system's monotonic clock. */
export interface CpuProfile {
  nodes: ProfileNode[]
  startTime: number
  endTime: number
  samples: number[]
  timeDeltas: number[]
  /** Whether it is of another program, which does not say when a sample was taken. */
  isUntimed?: boolean
}

/** Node of the call tree of allocations. */
export interface HeapNode extends Pick<ProfileNode, 'id' | 'callFrame' | 'source'> {
  /** Bytes of its objects that are still there. */
  selfSize: Bytes
  /** Place of the node above it in the list; -1 of the first. */
  parent: number
}

/** Memory of one thread after a collection, in bytes. */
export interface HeapReading {
  /** Resident set of the whole process. */
  rss: Bytes
  heap: Bytes
  buffers: Bytes
  nodes: HeapNode[]
  /** All loaded scripts with their lengths, at the first reading. */
  scripts: [url: string, length: number][]
}
