import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'

/** What a CPU quota has cost so far (`cpu.stat` of the control group). */
export interface Throttling {
  periods: number
  /** Periods in which the quota was used up. */
  throttled: number
  /** Time in which nothing ran for that. */
  time: Milliseconds
}

/** Reads the control group of this process, version 2 or 1; undefined where there is none, or it has no quota. */
export function readThrottling(root = '/sys/fs/cgroup', own = '/proc/self/cgroup'): Throttling | undefined {
  for (const file of candidates(root, textOf(own) ?? '')) {
    const text = textOf(file)
    const found = text === undefined ? undefined : parseThrottling(text)
    if (found !== undefined) return found
  }
  return undefined
}

/** Within a container the group's own path is often not there, but its file stands at the root. */
function candidates(root: string, groups: string): string[] {
  const files: string[] = []
  for (const line of groups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (path === undefined || controllers === undefined) continue
    if (controllers === '') files.push(join(root, path, 'cpu.stat'), join(root, 'unified', path, 'cpu.stat'))
    else if (controllers.split(',').includes('cpu'))
      files.push(join(root, controllers, path, 'cpu.stat'), join(root, 'cpu', path, 'cpu.stat'))
  }
  return [...files, join(root, 'cpu.stat'), join(root, 'cpu', 'cpu.stat')]
}

export function parseThrottling(text: string): Throttling | undefined {
  const fields = new Map(text.split('\n').map(line => line.split(' ') as [string, string]))
  const field = (name: string) => (fields.has(name) ? Number(fields.get(name)) : undefined)
  const [periods, throttled] = [field('nr_periods'), field('nr_throttled')]
  if (periods === undefined || throttled === undefined) return undefined
  const time = (field('throttled_usec') ?? 0) / 1e3 + (field('throttled_time') ?? 0) / 1e6
  return { periods, throttled, time }
}

function textOf(file: string): string | undefined {
  return tried(() => readFileSync(file, 'latin1'))
}
