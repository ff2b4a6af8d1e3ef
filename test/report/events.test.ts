import { expect, test } from 'vitest'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { requestsOf } from '../../src/measure/all-requests.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { renderHtmlReport } from '../../src/report/html/page.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { aReport, aStep, latencies, spread } from '../builders/report.ts'

const stream = (p50: number) => ({
  count: 60_000,

  streams: 6_000,
  firstEvent: latencies(spread(600, p50, 900)),
})

function watching(names: readonly string[]): LoadReport {
  const steps = {
    login: aStep(),
    ...Object.fromEntries(names.map((name, i) => [name, aStep({ events: stream(70 + i) })])),
  }
  const report = aReport({ steps, allRequests: requestsOf({ steps }) })
  const written = {
    requests: { p50: '1s' },
    firstEvent: { p50: '3s' },
    steps: { watch: { p50: '4s', firstEvent: { p50: '2s' } } },
  }
  const { budgets } = readBudgets(written, { steps: Object.keys(steps), target: true })
  return { ...report, budgets, verdicts: judge(report, budgets) }
}

test('events stand behind the requests that they are of, in the terminal, in Markdown and on the page', () => {
  const report = watching(['watch', 'follow'])
  const table = renderLoadReport(report, { color: false, verbose: true, width: 120 })
  const rows = table.split('\n').filter(line => /^\s+(requests|login|watch|follow|events) /.test(line))
  expect(rows.map(line => line.trim().replaceAll(/\s{2,}/g, ' | '))).toEqual([
    expect.stringMatching(/^requests \| /),
    expect.stringMatching(/^events \(time to the first\) \| 120,000 \| 4,000\/s \| /),
    expect.stringMatching(/^login \| /),
    expect.stringMatching(/^watch \| 6,000 \| /),
    expect.stringMatching(/^events \(time to the first\) \| 60,000 \| 2,000\/s \| 70(\.\d)? ms \| /),
    expect.stringMatching(/^follow \| 6,000 \| /),
    expect.stringMatching(/^events \(time to the first\) \| 60,000 \| 2,000\/s \| 71(\.\d)? ms \| /),
  ])
  // One step's are those of all.
  expect(renderLoadReport(watching([]), { color: false, verbose: true })).not.toContain('events')
  expect(
    renderMarkdown([{ name: 'events', report }]).match(/events \(time to the first\) \| 60,000 \| 2,000\/s/g),
  ).toHaveLength(2)
  const page = renderHtmlReport([{ name: 'events', report }])
  const cells = [...page.matchAll(/<tr class="events">.*?<\/tr>/gs)].map(([row]) => row.replaceAll(/<[^>]*>|\s+/g, ' '))
  expect(cells).toHaveLength(3)
  expect(cells.filter(row => row.includes('≤ 3 s'))).toHaveLength(1)
  expect(cells.filter(row => row.includes('≤ 2 s'))).toHaveLength(1)
  expect(cells.some(row => row.includes('≤ 1 s') || row.includes('≤ 4 s'))).toBe(false)
})
