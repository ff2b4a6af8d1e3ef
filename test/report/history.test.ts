import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import { writeResult } from '../../src/report/files.ts'
import { historyOf, sparkline } from '../../src/report/history.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { freshFolder } from '../builders/folder.ts'
import { aMachine } from '../builders/report.ts'
import { aResultOf, type Launched } from '../builders/results.ts'

const { budgets } = readBudgets({ p50: '20ms', memory: '200MB' }, { steps: [], target: true })
const run = ({ over, ...launched }: Launched) => aResultOf({ ...launched, over: { budgets, ...over } })
const reportOf = (launched: Launched) => run(launched).report

test('runs of the same plan on the same machine, in the order of time, this one last', () => {
  const earlier = [2, 1].map(n => reportOf({ n, p50: 10 + n }))
  const history = historyOf(reportOf({ n: 3, p50: 14 }), earlier)!
  const [p50, memory] = history.here.figures
  expect(p50!.points.map(({ value }) => Math.round(value!))).toEqual([11, 12, 14])
  for (const { value, low, high } of p50!.points) {
    expect(low).toBeLessThanOrEqual(value!)
    expect(high).toBeGreaterThanOrEqual(value!)
  }
  expect(memory!.points[0]).toEqual({ at: '2026-03-01T12:01:00.000Z', value: 181e6 })
  expect(history.elsewhere).toEqual([])
})

test('another machine stands apart; another plan, and a run that was cut short or lost a host, do not count', () => {
  const earlier = [
    reportOf({ n: 0 }),
    reportOf({ n: 1, over: { environment: { ...aMachine, memoryLimit: 1e9 } } }),
    reportOf({ n: 2, over: { shape: { vus: 5, duration: '5s' } } }),
    reportOf({ n: 3, over: { state: 'cut short' } }),
    reportOf({
      n: 3,
      over: { doubts: [{ kind: 'lost host', host: 'eu-1', at: 1_000, share: 0.5, found: 'It was lost.' }] },
    }),
  ]
  const history = historyOf(reportOf({ n: 5 }), earlier)!
  expect(history.here.figures[0]!.points).toHaveLength(2)
  expect(history.elsewhere.map(({ machine }) => machine)).toEqual([
    'AMD EPYC, 2 cores, 8 GB (1 GB by limit), Linux 6.1.0, Node v20.20.2',
  ])
  expect(historyOf(reportOf({ n: 5 }), [])).toBeUndefined()
  expect(historyOf(reportOf({ n: 5, over: { budgets: [] } }), earlier)).toBeUndefined()
})

test('the terminal has a line for each budget, the page a section, the summary a table', () => {
  const folder = join(freshFolder('history'), '.vitest-arazzo')
  const write = (launched: Launched) => writeResult(run(launched), { folder, keep: 3 })
  for (const n of [1, 2, 3, 4]) write({ n, p50: 10 + n })
  const files = write({ n: 5, p50: 18 })
  // Three kept ones, and this one.
  expect(files.history!.here.figures[0]!.points).toHaveLength(4)
  const shown = renderLoadReport(reportOf({ n: 5 }), {
    history: files.history,
    color: false,
    width: 120,
    verbose: true,
  })
  expect(shown).toMatch(/history {6}4 runs of this plan on this machine, the last one last\n/)
  expect(shown).toMatch(/\n {15}p50 {5}▁▂▃█ {2}12 ms, 13 ms, 14 ms, 18 ms \(17\.\d ms to 18\.\d ms\)\n/)
  expect(shown).toMatch(/\n {15}memory {2}▅▅▅▅ {2}181 MB, 181 MB, 181 MB, 181 MB/)
  const page = readFileSync(files.html, 'utf8')
  expect(page).toContain('Last runs of this plan on this machine')
  expect(page).toContain('data-history="0"')
  expect(readFileSync(files.markdown, 'utf8')).toMatch(
    /Last runs on this machine<\/summary>\n\n\| Run \| p50 \\<= 20 ms \| memory \\<= 200 MB \|/,
  )
})

test('a kept result that cannot be read is none, and without keep there is no history', () => {
  const folder = join(freshFolder('history'), '.vitest-arazzo')
  const { json } = writeResult(run({ n: 1 }), { folder, keep: 2 })
  writeFileSync(json, '{')
  expect(writeResult(run({ n: 2 }), { folder, keep: 2 }).history).toBeUndefined()
  expect(writeResult(run({ n: 3 }), { folder, keep: 0 }).history).toBeUndefined()
})

test('bars', () => {
  expect(sparkline([1, undefined, 8, 4.5])).toBe('▁ █▅')
  expect(sparkline([3, 3])).toBe('▅▅')
  expect(sparkline([])).toBe('')
})
