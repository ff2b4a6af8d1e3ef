import { expect, test } from 'vitest'
import { runLoad } from '../../src/load/run/run.ts'
import { renderHtmlReport } from '../../src/report/html/page.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { mergeReports } from '../../src/report/merge.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

/** A megabyte of which the first value is read, as often as the server can give it. */
async function loaded(transport: 'wire' | 'undici', length: number, iterations: number) {
  const body = JSON.stringify({ id: 1, text: 'x'.repeat(length) })
  const headers = { 'content-type': 'application/json' }
  const { origin } = await serve(() => ({ headers, body }))
  const folder = project({
    'api.json': openapi({ a: ['get', '/a'] }),
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps: [{ stepId: a, operationId: a, outputs: { id: $response.body#/id } }]
`),
  })
  const load = { vus: 4, iterations, threads: 1 }
  return runLoad({ workflow: `${folder}/flow.arazzo.yaml#main`, servers: origin, load, transport })
}

const SAID = /JSON bodies were not read to the end: a fault behind the last value that is read was not seen/

test.each(['wire', 'undici'] as const)(
  'bodies that were not read to the end are counted and told of (%s)',
  async name => {
    const report = await loaded(name, 1_000_000, 100)
    expect(report.errors).toEqual([])
    expect(report.bodiesReadInPart).toBeGreaterThan(0)
    expect(report.bodiesReadInPart).toBeLessThan(400)
    expect(renderLoadReport(report, { color: false, width: 200 })).toMatch(SAID)
    expect(renderMarkdown([{ name: 'run', report }])).toMatch(SAID)
    expect(renderHtmlReport([{ name: 'run', report }])).toMatch(SAID)
    expect(mergeReports([report, report]).bodiesReadInPart).toBe(2 * report.bodiesReadInPart!)
  },
)

test('nothing is said where all were read', async () => {
  const report = await loaded('wire', 300, 20)
  expect(report).not.toHaveProperty('bodiesReadInPart')
  expect(renderLoadReport(report)).not.toMatch(/not read to the end/)
})
