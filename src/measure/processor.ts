import { execFile } from 'node:child_process'

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
