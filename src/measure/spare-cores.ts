import { readFileSync } from 'node:fs'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'
import { readUnits } from './proc-stat.ts'
import { type CpuTicks, readCpuTicks } from './stolen.ts'

let tick: Milliseconds | undefined

/**
 * How long the cores on which this process may run (`Cpus_allowed_list` of `/proc/self/status`, proc(5)) have done
 * nothing since the machine was started, added up. Undefined where the system does not tell.
 */
export function sparedByCores(): Milliseconds | undefined {
  const cores = readCpuTicks()
  const allowed = readAllowed()
  tick ??= readUnits().tick
  return cores.length > 1 && allowed ? idleOf(cores, allowed) * tick : undefined
}

/** @returns ticks */
export function idleOf(cores: readonly CpuTicks[], allowed: readonly number[]): number {
  return cores.reduce((sum, { cpu, idle }) => (cpu !== undefined && allowed.includes(cpu) ? sum + idle : sum), 0)
}

function readAllowed(): number[] | undefined {
  return tried(() => parseAllowed(readFileSync('/proc/self/status', 'latin1')))
}

/** `0-2,5` is 0, 1, 2, 5 (cpuset(7), list format). */
export function parseAllowed(status: string): number[] | undefined {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1]
  return list?.split(',').flatMap(range => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, n) => from + n)
  })
}
