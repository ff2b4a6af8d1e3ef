import { expect, test } from 'vitest'
import { loadError } from '../../plugin/failure/load-error.ts'
import { colorsOf } from '../../src/report/color.ts'
import { errorEntries } from '../../src/report/figures.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { commonErrorOf, describeCommonError } from '../../src/report/verdict-block.ts'
import { aReport } from '../builders/report.ts'

test('what follows a sentence in the same line comes before its full stop', () => {
  const message = "Failed to read the events: none has data '[DONE]'."
  const shown = { method: 'GET', url: 'http://127.0.0.1/', headers: {}, response: { status: 200, headers: {} } }
  const exemplar = { ...shown, at: 1, thread: 0, trace: 'abc' }
  const at = { file: '/x/shop.arazzo.yaml', line: 3, column: 4 }
  const errors = [{ step: 'watch', kind: 'events', message, count: 2, at, exemplars: [exemplar] }]
  const report = aReport({
    errors: errors as never,
    measuredArrivals: { ...aReport().measuredArrivals, passed: 0, failed: 2 },
  })
  const texts = [
    ...errorEntries(report.errors, colorsOf(false)).map(({ text }) => text),
    describeCommonError(commonErrorOf(report)!),
    renderMarkdown([{ name: 'watching', report }]),
    loadError('watching', report, [])!.message,
  ]
  for (const text of texts) expect(text).not.toMatch(/'\]?\.(?:,| \(|;)/)
  expect(texts.join('\n')).toContain("data '[DONE]', shop.arazzo.yaml:3:4")
})
