import { readFileSync } from 'node:fs'
import { tried } from '../ground/tried.ts'

/** What Linux counts of each CPU, in ticks: `/proc/stat` (proc(5)). */
export interface CpuTicks {
  /** Which one; undefined for all of them together. */
  cpu?: number
  /** Time with nothing to run, also while it waited for a disk. */
  idle: number
  /** Taken by the host for other machines. */
  stolen: number
  /** Time of any kind, stolen included. */
  total: number
}

/** First all CPUs together, then each. Empty where there is no such file. */
export function readCpuTicks(): CpuTicks[] {
  return parseCpuTicks(tried(() => readFileSync('/proc/stat', 'latin1')) ?? '')
}

export function parseCpuTicks(text: string): CpuTicks[] {
  const lines = text.split('\n').filter(line => /^cpu\d*\s/.test(line))
  return lines.map(line => {
    // user nice system idle iowait irq softirq steal; what guests use is part of user and nice.
    const [name = '', ...fields] = line.trim().split(/\s+/)
    const ticks = fields.slice(0, 8).map(Number)
    return {
      ...(name !== 'cpu' && { cpu: Number(name.slice(3)) }),
      idle: (ticks[3] ?? 0) + (ticks[4] ?? 0),
      stolen: ticks[7] ?? 0,
      total: ticks.reduce((sum, one) => sum + one, 0),
    }
  })
}
