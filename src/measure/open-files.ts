import { readdirSync, readFileSync } from 'node:fs'
import { tried } from '../ground/tried.ts'

/** Files and sockets that a process has open, and how many it may have. */
export interface OpenFiles {
  count: number
  limit: number
}

/** Open files of the process that is nearest to its limit; undefined if no process can be read. */
export function openFilesOf(pids: readonly number[]): OpenFiles | undefined {
  const all = pids.flatMap(pid => {
    const count = tried(() => readdirSync(`/proc/${pid}/fd`).length)
    const limits = tried(() => readFileSync(`/proc/${pid}/limits`, 'latin1')) ?? ''
    const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1])
    return count === undefined || !(limit > 0) ? [] : [{ count, limit }]
  })
  return all.sort((a, b) => b.count / b.limit - a.count / a.limit)[0]
}
