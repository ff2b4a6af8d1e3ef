import { expect, test } from 'vitest'
import type { Budgets } from '../../src/budget/budget.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { sentenceOf } from '../../src/ground/fault.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { figuresOf } from '../../src/load/metrics/figures.ts'
import { expose, textOf } from '../../src/load/metrics/registry.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { mergeReports } from '../../src/report/merge.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { aReport, aStep } from '../builders/report.ts'
import { serve } from '../builders/server.ts'

const context = { steps: ['login', 'list', 'pay'], target: true, base: true }
const read = (budgets: unknown) => readBudgets(budgets, context)
const wrong = (bytesRate: unknown) => read({ bytesRate }).problems.map(sentenceOf)[0]

/** 18,000 responses in 30 s: 6,000 each of 10 kB and 2 kB, and 6,000 without a body, which are 2.4 MB/s. */
function withBodies(over: Partial<LoadReport> = {}): LoadReport {
  const bodies = (size: number) => ({ responses: 6_000, bytes: 6_000 * size, least: size, most: size })
  const [login, list, pay] = [0, 10_000, 2_000].map(size => aStep({ bodies: bodies(size) })) as [never, never, never]
  return aReport({ steps: { login, list, pay }, ...over })
}

function told(report: LoadReport, budgets: Budgets): string[] {
  const { budgets: all, problems } = read(budgets)
  expect(problems).toEqual([])
  return judge(report, all).map(({ verdict, title, because, note }) => [verdict, title, because, note].join(' ').trim())
}

test('a bound is bytes a second as a number, or text with a unit of time', () => {
  const bounds = [5e6, '5MB/s', '5 MiB / sec', '300MB/min', '> 18GB/h'].map(bytesRate => read({ bytesRate }).budgets[0])
  expect(bounds.map(budget => [budget?.operator, budget?.bound, budget?.unit])).toEqual([
    ...[5e6, 5e6, 5 * 2 ** 20, 5e6].map(bound => ['>=', bound, 'bytes per second']),
    ['>', 5e6, 'bytes per second'],
  ])
  expect(bounds.map(budget => budget?.title).slice(1, 3)).toEqual(['bytesRate >= 5 MB/s', 'bytesRate >= 5 MiB/s'])
  expect(read({ steps: { list: { bytesRate: '1MB/s' } } }).budgets[0]?.title).toBe('list bytesRate >= 1 MB/s')
})

test('what is wrong with a bound is said, with what to write', () => {
  expect(wrong('5MB')).toBe(
    'Failed to read budget bytesRate: "5MB" is not a rate of bytes: it does not say per what. Write bytes a second as a ' +
      "number, or text such as '5MB/s', '5MiB/s' or '300MB/min'.",
  )
  expect(wrong('5Mbit/s')).toContain('"Mbit" is not a unit of size')
  expect(wrong('5MB/day')).toContain('"/day" is not a unit of a rate')
  expect(wrong('<= 0B/s')).toContain('a run in which nothing comes has no data')
  expect(wrong(0)).toContain('every run has at least 0')
  expect(wrong('base - 3%')).toContain('it cannot be compared with a base. Compare rps')
  expect(wrong({ bound: 1, everyWindow: '5s' })).toContain('the bytes of bodies are counted when the run is over')
  expect(wrong({ bound: 1, abortOnFail: true })).toContain('the bytes of bodies are counted when the run is over')
  expect(read({ byteRate: 1 }).problems.map(sentenceOf)[0]).toContain('Did you mean "bytesRate"?')
  expect(read({ requests: { bytesRate: 1 } }).problems).toHaveLength(1)
})

test('bodies of all responses, and those of a step, are held against a bound', () => {
  expect(told(withBodies(), { bytesRate: '2.4MB/s', steps: { list: { bytesRate: '2MB/s' } } })).toEqual([
    'pass bytesRate >= 2.4 MB/s',
    'pass list bytesRate >= 2 MB/s',
  ])
  expect(told(withBodies(), { bytesRate: '3MB/s' })).toEqual([
    'fail bytesRate >= 3 MB/s Expected bytesRate >= 3 MB/s, received 2.4 MB/s (20 % under; 18,000 responses with a ' +
      'body of 4 kB on average).',
  ])
  expect(told(withBodies(), { bytesRate: '< 2MB/s' })[0]).toMatch(/^fail/)
  const twice = mergeReports([withBodies(), withBodies({ startedAt: '2026-03-01T13:00:00.000Z' })])
  expect(told(twice, { bytesRate: '2.4MB/s' })).toEqual(['pass bytesRate >= 2.4 MB/s'])
})

test('without any body there are no data, which keep no bound of either side', () => {
  const none = withBodies({ steps: { login: aStep(), list: aStep(), pay: aStep() } })
  const why = 'received no data: no response with a body came in the measured window.'
  for (const bytesRate of [1, '<= 5MB/s'])
    expect(told(none, { bytesRate })[0]).toMatch(new RegExp(`^fail .*${why.replaceAll('.', '\\.')}$`))
  expect(told(withBodies(), { steps: { login: { bytesRate: '<= 5MB/s' } } })[0]).toContain(
    'no response of step login with a body came',
  )
})

test('bodies that came after the window do not count in it', () => {
  // Twice as many as the server can respond to: the other half came after the window.
  expect(told(withBodies({ requests: 9_000, rps: 300 }), { bytesRate: '1.3MB/s' })[0]).toContain('received 1.2 MB/s')
})

test('error pages are not what was asked for', () => {
  const failing = (errors: number, failed: number) => {
    const report = withBodies()
    report.steps.list!.errors = errors
    const measuredArrivals = { ...report.measuredArrivals, passed: 6_000 - failed, failed }
    return { ...report, measuredArrivals, errorRate: failed / 6_000 }
  }
  expect(told(failing(3_000, 3_000), { bytesRate: '2MB/s' })[0]).toMatch(
    /^inconclusive .* Without the failures it would be between 1\.4 MB\/s and 2\.4 MB\/s\./,
  )
  expect(told(failing(60, 60), { bytesRate: '2MB/s' })).toEqual(['pass bytesRate >= 2 MB/s'])
  expect(told(failing(6_000, 6_000), { bytesRate: 1, steps: { list: { bytesRate: 1 } } })).toEqual([
    expect.stringContaining('all 6,000 iterations failed, and the rate of failures decides nothing'),
    expect.stringContaining('each request of step list failed, and the rate of failures decides nothing'),
  ])
})

test('a load generator that was late, and a lost host, leave it open', () => {
  const late = { kind: 'late answers', p99: 30, found: 'Late.' } as const
  expect(told(withBodies({ doubts: [late] }), { bytesRate: '2.5MB/s' })[0]).toMatch(/^inconclusive/)
  const lost = { kind: 'lost host', host: 'eu-2', at: 1, share: 0.5, missing: 100, found: 'Lost.' } as const
  expect(told(withBodies({ doubts: [lost] }), { bytesRate: '2MB/s' })[0]).toMatch(/^inconclusive/)
})

test.each(['wire', 'undici'] as const)('a run measures it over %s', async transport => {
  const { origin } = await serve(() => ({ body: 'x'.repeat(1_000) }))
  const folder = project({
    'api.json': openapi({ list: ['get', '/list'] }),
    'flow.arazzo.yaml': arazzo('\n  - workflowId: main\n    steps: [{ stepId: list, operationId: list }]\n'),
  })
  const report = await runLoad({
    ...{ workflow: `${folder}/flow.arazzo.yaml#main`, servers: origin, transport },
    load: { rps: 50, duration: '1s', warmUp: 0 },
    budgets: { bytesRate: '< 1GB/s', steps: { list: { bytesRate: '> 1B/s' } } },
  })
  const { bytes, responses } = report.steps.list!.bodies!
  expect(bytes).toBe(1_000 * responses)
  const value = report.verdicts[0]!.judged!.value
  expect(value / ((bytes * 1_000) / report.measured)).toBeGreaterThan(0.5)
  expect(report.verdicts.map(({ verdict }) => verdict)).toEqual(['pass', 'pass'])
  expect(textOf(expose(figuresOf(report)))).toContain('unit="bytes_per_second"')
})
