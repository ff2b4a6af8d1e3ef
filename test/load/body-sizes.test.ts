import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { renderHtmlReport } from '../../src/report/html/page.ts'
import { mergeReports } from '../../src/report/merge.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

/** Lists of 20 items, and one of 4, of which a step reads nothing but the status. */
async function loaded(transport: 'wire' | 'undici') {
  let count = 0
  const { origin } = await serve(({ url }) => {
    if (url === '/none') return { status: 204 }
    return { body: Array.from({ length: ++count === 3 ? 4 : 20 }, () => 'item') }
  })
  const folder = project({
    'api.json': openapi({ list: ['get', '/list'], none: ['get', '/none'] }),
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps: [{ stepId: list, operationId: list }, { stepId: none, operationId: none }]
`),
  })
  const workflow = `${folder}/flow.arazzo.yaml#main`
  return runLoad({ workflow, servers: origin, load: { vus: 1, iterations: 10, threads: 1 }, transport })
}

test.each(['wire', 'undici'] as const)('a report names how large the bodies of a step were (%s)', async transport => {
  const report = await loaded(transport)
  const [most, least] = [20, 4].map(length => JSON.stringify(Array(length).fill('item')).length) as [number, number]
  expect(report.steps.list!.bodies).toEqual({ responses: 10, bytes: 9 * most + least, least, most })
  expect(report.steps.none!.bodies).toEqual({ responses: 10, bytes: 0, least: 0, most: 0 })
  expect(mergeReports([report, report]).steps.list!.bodies).toMatchObject({ responses: 20, least, most })
  const said = 'list 29 B to 141 B, 130 B in the mean'
  expect(renderLoadReport(report, { color: false, verbose: true })).toContain(said)
  expect(renderLoadReport(report, { color: false })).not.toContain(said)
  expect(renderHtmlReport([{ name: 'run', report }])).toContain(said)
})
