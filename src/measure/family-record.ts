import { readFileSync } from 'node:fs'
import { isObject } from '../ground/object.ts'
import { tried } from '../ground/tried.ts'
import { readProcStat } from './proc-stat.ts'

/** Notes of a supervisor on its application, by which its processes are known wherever they are by now. */
export interface FamilyRecord {
  supervisor: number
  /** `NAME=value` in the environment that the command was given. */
  mark: string
  /** The port that the application was given, if it was given one. */
  port?: number
  /** Ticks after boot at which the supervisor began: no process of the application began before. */
  since: number
  /** Folders that were made for it. */
  scratch?: readonly string[]
  /** Processes that adopt those whose parents have ended. */
  adopters: readonly number[]
  /** Ticks after boot at which each process began that was seen so far, by pid. */
  seen: Map<number, number>
  /** Output of the shell at first, as the system names that: a process that has it has inherited it. */
  outputs?: readonly string[]
  /** Process that listens at the port, if it does not belong to the application; null once another one does. */
  elsewhere?: string | null
}

/** Beginning of the names of such files. */
export const RECORD = 'vitest-arazzo-server-'

/** Path of the record of the application whose shell has this pid; undefined if it has no record. */
export function recordFor(pid: number): string | undefined {
  const parent = readProcStat(pid)?.ppid
  const words = tried(() => readFileSync(`/proc/${parent}/cmdline`, 'utf8'))?.split('\0') ?? []
  return words.find(word => word.includes(RECORD))
}

/** Reads a record: a line of JSON, and then one for each process that was seen, or for who listens. */
export function readRecord(path: string): FamilyRecord | undefined {
  const lines = tried(() => readFileSync(path, 'utf8'))?.split('\n') ?? []
  const [first, ...rest] = lines.map(line => tried(() => JSON.parse(line) as [number, number] | object))
  if (!isObject(first)) return undefined
  const record = { ...(first as unknown as FamilyRecord), seen: new Map<number, number>() }
  for (const line of rest) {
    if (Array.isArray(line)) record.seen.set(line[0], line[1])
    else if (line !== undefined) Object.assign(record, line)
  }
  return record
}
