import type { LoadReport } from '../../src/measure/report.ts'
import type { LoadResult } from '../../src/report/result.ts'
import { aReport, aStep, someProcesses, spreadOut } from './report.ts'

export interface Launched {
  /** Number of the run, which gives it a time and a process of its own. */
  n: number
  cpu?: number
  p50?: number
  memory?: number
  over?: Partial<LoadReport>
  whose?: Partial<LoadResult>
}

/** What one run of `checkout` measured. */
export function aResultOf({ n, cpu = 0.5, p50 = 13, memory = 181e6, over = {}, whose = {} }: Launched): LoadResult {
  const report = aReport({
    startedAt: new Date(Date.parse('2026-03-01T12:00:00.000Z') + n * 60_000).toISOString(),
    responseTime: spreadOut(6000, p50, 49),
    steps: { login: aStep(), list: aStep() },
    target: someProcesses({
      cpuPerRequest: cpu,
      memoryPeak: memory,
      pid: 4000 + n,
      of: `node server.js (pid ${5000 + n}), without sh`,
    }),
    ...over,
  })
  return { name: 'checkout', file: '/p/shop.load.test.ts', ...whose, report }
}
