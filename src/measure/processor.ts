import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tried } from '../ground/tried.ts'

/** Numbers of the processors that this process may use; none where the system does not say. */
export function ownProcessors(): number[] {
  const status = tried(() => readFileSync('/proc/self/status', 'utf8'))
  return processorsIn(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status ?? '')?.[1] ?? '')
}

/** Processors of a list in the kernel's form: `0-2,5`. */
export function processorsIn(list: string): number[] {
  return list
    .split(',')
    .filter(Boolean)
    .flatMap(range => {
      const [from, to = from] = range.split('-').map(Number) as [number, number?]
      return Array.from({ length: to! - from + 1 }, (_, i) => from + i)
    })
}

/**
 * Holds processes to some processors, with all their threads and what these begin from now on, by `taskset` of
 * util-linux.
 *
 * @returns whether each of them is held now: not where there is no taskset, or where a process may not be held.
 */
export async function holdToProcessors(pids: readonly number[], processors: readonly number[]): Promise<boolean> {
  const held = await Promise.all(pids.map(pid => hold(pid, processors)))
  return held.length > 0 && held.every(Boolean)
}

function hold(pid: number, processors: readonly number[]): Promise<boolean> {
  return new Promise(resolve => {
    execFile('taskset', ['-a', '-c', '-p', processors.join(), String(pid)], { timeout: 5_000 }, error => {
      resolve(error === null)
    })
  })
}
