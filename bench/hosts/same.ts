import { setTimeout as sleep } from 'node:timers/promises'
import { runLoad } from 'vitest-arazzo/engine'
import type { Bars } from '../bars.ts'
import { Fleet } from './fleet.ts'
import { startNumbered } from './numbered-server.ts'
import { WORKFLOW } from './troubles.ts'

const [RATE, SECONDS] = [100, 10]
/** Of each way; twice that is a round trip. */
const DELAY = 25

/** The same plan by 1, 2 and 4 agents: the same rows at the same moments, and percentiles that are alike. */
export async function measureSameness(bars: Bars): Promise<void> {
  const rows = Array.from({ length: RATE * SECONDS }, (_, row) => ({ row }))
  // One in a hundred takes 80 ms, one in ten 20 ms, all others 5 ms.
  const server = await startNumbered(row => (row % 100 === 7 ? 80 : row % 10 === 3 ? 20 : 5))
  const runs = []
  for (const count of [1, 2, 4]) {
    const fleet = await Fleet.start(
      Array.from({ length: count }, (_, n) => `a${n}`),
      DELAY,
    )
    const report = await runLoad({
      workflow: WORKFLOW,
      servers: server.origin,
      load: { rate: RATE, duration: SECONDS * 1_000, warmUp: 0 },
      inputs: { rows, order: 'unique' },
      agents: { nats: fleet.nats, count, timeout: '20s' },
    })
    const seen = server.take()
    // From the moment that all were told to begin at, since the first arrival may itself be late.
    const start = Date.parse(report.startedAt) - performance.timeOrigin
    runs.push({ count, report, begun: new Map([...seen].map(([row, at]) => [row, at - start])) })
    await fleet.end()
    await sleep(200)
  }
  server.close()
  const [one, ...others] = runs as [(typeof runs)[number], ...typeof runs]
  for (const { count, report, begun } of others) {
    const apart = [...begun].map(([row, at]) => Math.abs(at - (one.begun.get(row) ?? Number.POSITIVE_INFINITY)))
    const worst = Math.max(...apart)
    const isSame = begun.size === one.begun.size && Number.isFinite(worst)
    bars.check(`rows of ${count} agents`, `${begun.size} of ${one.begun.size}, each once`, isSame)
    const near = apart.filter(time => time <= 10).length / apart.length
    const text = `${(near * 100).toFixed(1)} % within 10 ms, ${worst.toFixed(1)} ms at most (bar: 99 %)`
    bars.check(`moments of ${count} agents`, text, near >= 0.99)
    const figures = (['p50', 'p99', 'p999'] as const).map(name => {
      const [a, b] = [one.report.serviceTime[name], report.serviceTime[name]]
      return { text: `${name} ${a.toFixed(1)} and ${b.toFixed(1)} ms`, isAlike: Math.abs(a - b) <= 3 + 0.05 * a }
    })
    const all = figures.map(({ text }) => text).join(', ')
    bars.check(
      `percentiles of ${count} agents`,
      `${all} (bar: 3 ms and 5 %)`,
      figures.every(({ isAlike }) => isAlike),
    )
  }
}
