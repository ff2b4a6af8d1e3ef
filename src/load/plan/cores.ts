import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, posix } from 'node:path'
import { tried } from '../../ground/tried.ts'

/** The text of a file; undefined when it cannot be read. */
type ReadText = (path: string) => string | undefined

/**
 * Cores that this process may keep busy: those it may run on (affinity, cpuset), and no more than the CPU quota of its
 * control groups pays for. A container with two cores' worth of a machine of 64 has two. Whole ones, at least one.
 */
export function usableCores(cores: number = availableParallelism(), read: ReadText = readText): number {
  return Math.max(1, Math.floor(Math.min(cores, cpuQuota(read) ?? cores)))
}

/**
 * CPU quota of this process in cores, the least of its control group and those above it; undefined without one.
 * Version 2 has it in `cpu.max` (`200000 100000`, or `max 100000`; Documentation/admin-guide/cgroup-v2.rst), version 1
 * in `cpu.cfs_quota_us` (-1 for none) and `cpu.cfs_period_us` (scheduler/sched-bwc.rst).
 */
export function cpuQuota(read: ReadText = readText): number | undefined {
  const mounts = read('/proc/self/mountinfo')?.split('\n') ?? []
  let least: number | undefined
  for (const line of read('/proc/self/cgroup')?.split('\n') ?? []) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) continue
    if (controllers !== '' && !controllers.split(',').includes('cpu')) continue
    const mount = mountOf(mounts, controllers === '')
    if (mount === undefined) continue
    for (const folder of foldersOf(mount, path)) {
      const quota = controllers === '' ? quotaOfMax(read(join(folder, 'cpu.max'))) : quotaOfCfs(folder, read)
      if (quota !== undefined) least = Math.min(least ?? quota, quota)
    }
  }
  return least
}

/**
 * The control group that is mounted, and where. Reads `/proc/self/mountinfo` (proc(5)): `36 35 0:29 root point options
 * ... - type source options`.
 */
function mountOf(lines: readonly string[], isVersion2: boolean): { root: string; point: string } | undefined {
  for (const line of lines) {
    const [before, after] = line.split(' - ')
    const [, , , root, point] = before?.split(' ') ?? []
    const [type, , options = ''] = after?.split(' ') ?? []
    const fits = isVersion2 ? type === 'cgroup2' : type === 'cgroup' && options.split(',').includes('cpu')
    if (fits && root !== undefined && point !== undefined) return { root, point }
  }
  return undefined
}

/** Folder of the group and its parents. If the group is outside of the mount, the mount is a container's own. */
function foldersOf({ root, point }: { root: string; point: string }, path: string): string[] {
  const below = posix.relative(root, path)
  const folders = [point]
  if (below === '' || below.startsWith('..')) return folders
  for (const name of below.split('/')) folders.push(posix.join(folders.at(-1)!, name))
  return folders
}

function quotaOfMax(text: string | undefined): number | undefined {
  const [quota, period] = text?.trim().split(' ').map(Number) ?? []
  return share(quota, period)
}

function quotaOfCfs(folder: string, read: ReadText): number | undefined {
  const [quota, period] = ['quota', 'period'].map(name => Number(read(join(folder, `cpu.cfs_${name}_us`))))
  return share(quota, period)
}

function share(quota = Number.NaN, period = Number.NaN): number | undefined {
  return quota > 0 && period > 0 ? quota / period : undefined
}

const readText = (path: string): string | undefined => tried(() => readFileSync(path, 'utf8'))
