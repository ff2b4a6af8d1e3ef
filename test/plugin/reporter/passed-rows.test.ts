import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { cellsOf, countLine, passedRows } from '../../../plugin/reporter/passed-rows.ts'
import { colorsOf } from '../../../src/report/color.ts'
import { aReport } from '../../builders/report.ts'
import { aComparison, aRun, failedTest, passedTest, undecidedTest } from './runs.ts'

const colors = colorsOf(false)
const rowsOf = (...tests: Parameters<typeof passedRows>[0]) => passedRows(tests, 100, colors)
const kept = { p99: 'base + 10%' }
const same = () => ({ cpuTime: 400, latency: 5 })

test('a load test that passed is a line, and no other has one', () => {
  const lines = rowsOf(passedTest(), failedTest(), undecidedTest(), passedTest('searching by two words'))
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(/^ {2}✓ browsing +\S+\/s +p50 .* p99 .*49 ms.* failed/)
  expect(new Set(lines.map(line => line.length)).size).toBe(1)
})

test('a narrow terminal loses columns, and never the percentile with its bound', () => {
  const [line] = passedRows([passedTest('a name that is rather long for a load test of a shop')], 50, colors)
  expect(line!.length).toBeLessThanOrEqual(50)
  expect(line).toMatch(/^ {2}✓ a na.*p99 .*49 ms/)
})

test('a comparison alone has the figures of head, and the change', () => {
  const comparison = aComparison(kept, same)
  const [line] = rowsOf(passedTest('checkout', { report: undefined, comparison }))
  expect(line).toMatch(/^ {2}✓ checkout .*against base p99 0 %$/)
  const many = aComparison({ ...kept, cpuPerRequest: 'base + 5%', memory: 'base + 5%', errorRate: 'base + 1%' }, same)
  const [short] = rowsOf(passedTest('checkout', { report: undefined, comparison: many }))
  expect(short).toMatch(/against base p99 0 %, cpuPerRequest 0 %, memory 0 %, 1 more$/)
})

test('what must be seen keeps its block: failures without a budget, bodies read in part, differences of the sides', () => {
  expect(cellsOf(passedTest())).toBeDefined()
  const { verdicts } = passedTest().report!
  const failures = { measuredArrivals: { ...aReport().measuredArrivals, failed: 3 } }
  const differences = [{ what: 'Node.js', base: '20', head: '22' }]
  const comparison = aComparison(kept, same, { differences })
  for (const over of [{ bodiesReadInPart: 1 }, failures, { verdicts: [] }])
    expect(cellsOf(passedTest('a', { report: aReport({ verdicts, ...over }) }))).toBeUndefined()
  expect(cellsOf(passedTest('b', { comparison }))).toBeUndefined()
})

test('the last line counts load tests and budgets, and leads to the page', () => {
  const line = (...tests: Parameters<typeof aRun>[0]) => countLine(aRun(tests), 'out/summary.md', colors)
  expect(line(passedTest())).toBe(' Load tests  1 passed (1), 1 budget kept: out/summary.md')
  expect(line(passedTest(), undecidedTest(), failedTest('x', { comparison: aComparison() }))).toMatch(
    /^ Load tests {2}1 failed \| 1 undecided \| 1 passed \(3\), \d budgets missed, \d undecided, \d kept: out\/summary.md$/,
  )
  expect(stripVTControlCharacters(countLine(aRun([passedTest()]), undefined, colorsOf(true)))).toBe(
    ' Load tests  1 passed (1), 1 budget kept',
  )
})
