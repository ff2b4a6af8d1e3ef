import { readFileSync } from 'node:fs'

/** What Linux counts of each CPU, in ticks: `/proc/stat` (proc(5)). */
export interface CpuTicks {
  /** Taken by the host for other machines. */
  stolen: number
  /** Of any kind, stolen included. */
  total: number
}

/** First all CPUs together, then each. Empty where there is no such file. */
export function readCpuTicks(): CpuTicks[] {
  try {
    return parseCpuTicks(readFileSync('/proc/stat', 'latin1'))
  } catch {
    return []
  }
}

export function parseCpuTicks(text: string): CpuTicks[] {
  const lines = text.split('\n').filter(line => /^cpu\d*\s/.test(line))
  return lines.map(line => {
    // user nice system idle iowait irq softirq steal; what guests use is part of user and nice.
    const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number)
    return { stolen: ticks[7] ?? 0, total: ticks.reduce((sum, one) => sum + one, 0) }
  })
}
