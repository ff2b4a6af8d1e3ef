import { describe, expect, test } from 'vitest'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { shareOut } from '../../src/hosts/coordinator/hosts.ts'
import type { Hello } from '../../src/hosts/messages.ts'
import { renderMetrics } from '../../src/load/metrics/figures.ts'
import { doubtsOfHosts } from '../../src/load/run/doubts.ts'
import type { HostOfRun } from '../../src/load/run/pool.ts'
import type { HostFigures } from '../../src/measure/report.ts'
import { renderHtmlReport } from '../../src/report/html/page.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { aReport } from '../builders/report.ts'

describe('threads are shared out', () => {
  const hello = (name: string, threads: number) => ({ name, threads }) as Hello
  const shares = (agents: Hello[], total?: number) =>
    shareOut(agents, total).map(({ first, threads }) => [first, threads])

  test.each<[string, Hello[], number | undefined, number[][]]>([
    [
      'all that there are',
      [hello('a', 2), hello('b', 4)],
      undefined,
      [
        [0, 2],
        [2, 4],
      ],
    ],
    [
      'fewer, in the same proportion',
      [hello('a', 2), hello('b', 4)],
      3,
      [
        [0, 1],
        [1, 2],
      ],
    ],
    [
      'one at least, also behind one that has most',
      [hello('a', 8), hello('b', 1), hello('c', 1)],
      3,
      [
        [0, 1],
        [1, 1],
        [2, 1],
      ],
    ],
  ])('%s', (_, agents, total, expected) => {
    expect(shares(agents, total)).toEqual(expected)
  })
})

const used = (machine: object) => ({ generator: {}, machine: { clockJump: 0, ...machine } }) as HostOfRun['used']
const aHost = (more: Partial<HostOfRun>): HostOfRun => ({
  ...{ host: 'eu-1', machine: 'a machine', first: 0, threads: 1 },
  clock: { offset: 3, within: 0.1, drift: 0.2 },
  ...more,
})

describe('doubts of one host', () => {
  const of = (host: HostOfRun) => doubtsOfHosts({ hosts: [host], measured: 10_000, plan: { threads: 4 } as never })

  test('name it, and weigh by its part of the load', () => {
    expect(of(aHost({ used: used({}) }))).toEqual([])
    const [stolen] = of(aHost({ used: used({ stolen: { share: 0.2, longest: 50 } }) }))
    expect(stolen).toMatchObject({ kind: 'stolen CPU', host: 'eu-1', longest: 50, share: 0.05 })
    expect(stolen!.found).toMatch(/^On eu-1, which had 25 % of the load, the host took 20 % of this machine's CPU time/)
  })

  test('a clock that went apart from ours touches rates, by the part of the window that it makes up', () => {
    expect(of(aHost({ clock: { offset: 3, within: 0.1, drift: -5 } }))).toEqual([])
    const doubts = of(aHost({ clock: { offset: 3, within: 0.1, drift: -100 } }))
    expect(doubts).toMatchObject([{ kind: 'clock drift', host: 'eu-1', drift: -100 }])
    const verdictOf = (rps: number) => {
      const { budgets } = readBudgets({ rps }, { steps: [], target: false })
      return judge(aReport({ rps: 1_000, measured: 10_000, doubts, model: 'closed' }), budgets)[0]!.verdict
    }
    expect([980, 995, 1_005, 1_020].map(verdictOf)).toEqual(['pass', 'inconclusive', 'inconclusive', 'fail'])
  })
})

test('hosts of a run are a table in terminals, Markdown and HTML, and series of metrics', async () => {
  const host: HostFigures = {
    ...{ host: 'eu-<1>', threads: 2, share: 0.5, machine: 'Xeon, 8 cores', started: 1_200, lateness: 1.5 },
    ...{ clock: { offset: -12.4, within: 0.2, drift: 0.3 }, eventLoopUtilization: 0.4, cpu: 0.8, memory: 120_000_000 },
    connectionsOpened: 16,
  }
  const { lateness: _, ...rest } = host
  const report = aReport({ hosts: [host, { ...rest, host: 'eu-2', lostAt: 12_000 }] })
  const lines = renderLoadReport(report, { width: 120, color: false, verbose: true }).split('\n')
  const at = lines.findIndex(line => line.trimStart().startsWith('hosts'))
  expect(lines.slice(at, at + 3).map(line => line.trim().replaceAll(/ +/g, ' '))).toEqual([
    'hosts share begun late busy CPU memory connections clock',
    'eu-<1> 50 % 1,200 1.5 ms 40 % 80 % 120 MB 16 -12.4 ms, drift 0.3 ms',
    'eu-2 50 % 1,200 lost at 12 s 40 % 80 % 120 MB 16 -12.4 ms, drift 0.3 ms',
  ])
  const metrics = await renderMetrics(report)
  expect(metrics.match(/^arazzo_load_host_.*$/gm)!.map(line => line.replace(/workflow="[^"]*",?/, ''))).toEqual([
    'arazzo_load_host_up{host="eu-<1>"} 1',
    'arazzo_load_host_up{host="eu-2"} 0',
    'arazzo_load_host_iterations_started_total{host="eu-<1>"} 1200',
    'arazzo_load_host_iterations_started_total{host="eu-2"} 1200',
  ])
  expect(renderMarkdown([{ name: 'a', report }])).toContain('lost at 12 s')
  expect(renderHtmlReport([{ name: 'a', report }])).toContain('eu-&lt;1&gt;')
})
