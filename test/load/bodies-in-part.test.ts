import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import type { LoadShape } from '../../src/measure/shape.ts'
import { renderHtmlReport } from '../../src/report/html/page.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { mergeReports } from '../../src/report/merge.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { cases } from '../builders/thorough.ts'

/** A megabyte of which the first value is read, as often as the server can give it. */
async function loaded(transport: 'wire' | 'undici', length: number, iterations: number) {
  const body = JSON.stringify({ id: 1, text: 'x'.repeat(length) })
  return run(transport, { vus: 4, iterations, threads: 1 }, () => body)
}

async function run(transport: 'wire' | 'undici', load: LoadShape, bodyOf: () => string | Buffer) {
  const headers = { 'content-type': 'application/json' }
  const { origin } = await serve(() => ({ headers, body: bodyOf() }))
  const folder = project({
    'api.json': openapi({ a: ['get', '/a'] }),
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps: [{ stepId: a, operationId: a, outputs: { id: $response.body#/id } }]
`),
  })
  return runLoad({ workflow: `${folder}/flow.arazzo.yaml#main`, servers: origin, load, transport })
}

const SAID = /JSON bod(?:y was|ies were) not checked in full: a fault in what is not read was not seen there/

test.each(cases(['wire'], ['undici']))(
  'bodies that were not checked in full are counted and told of (%s)',
  async name => {
    const report = await loaded(name, 1_000_000, 80)
    expect(report.errors).toEqual([])
    expect(report.bodiesReadInPart).toBeGreaterThan(0)
    expect(report.bodiesReadInPart).toBeLessThan(4 * 80)
    expect(renderLoadReport(report, { color: false, width: 200, verbose: true })).toMatch(SAID)
    expect(renderMarkdown([{ name: 'run', report }])).toMatch(SAID)
    expect(renderHtmlReport([{ name: 'run', report }])).toMatch(SAID)
    expect(mergeReports([report, report]).bodiesReadInPart).toBe(2 * report.bodiesReadInPart!)
  },
)

test.each(['wire', 'undici'] as const)(
  'long values before the last that is read are passed over, counted, and once one is broken all are checked (%s)',
  async name => {
    const item = (n: number) => `{"n":${n},"text":"${'x'.repeat(50)}"}`
    const body = (fault = '') =>
      `{"items":[${Array.from({ length: 20_000 }, (_, n) => item(n)).join(',')}${fault}],"id":1}`
    const [sound, broken] = [body(), body(',tru')]
    let sent = 0
    const report = await run(name, { vus: 1, iterations: 140, threads: 1 }, () => (++sent > 100 ? broken : sound))
    expect(report.bodiesReadInPart).toBeGreaterThan(0)
    expect(report.arrivals.failed + report.bodiesReadInPart!).toBeGreaterThanOrEqual(40)
    expect(report.arrivals.failed).toBeGreaterThan(0)
    expect(report.errors[0]!.message).toContain('unexpected "]" at byte')
  },
)

test('nothing is said where all were read', async () => {
  const report = await loaded('wire', 300, 20)
  expect(report).not.toHaveProperty('bodiesReadInPart')
  expect(renderLoadReport(report, { verbose: true })).not.toMatch(/not checked in full/)
})

test.each(cases(['wire'], ['undici']))(
  'one broken body among many that are the same fails, in the first load of a thread and in the next (%s)',
  async name => {
    const sound = JSON.stringify({ id: 1, text: 'x'.repeat(300) })
    const broken = `${sound.slice(0, -2)},}`
    for (let load = 0; load < 2; load++) {
      let sent = 0
      const bodyOf = () => (++sent % 10 === 0 ? broken : sound)
      const { arrivals } = await run(name, { vus: 1, iterations: 50, threads: 1 }, bodyOf)
      expect(arrivals).toMatchObject({ passed: 45, failed: 5 })
    }
  },
)

test.each(['wire', 'undici'] as const)(
  'a body that is not UTF-8 is an error with its place: short, long, or broken in a part that is not read (%s)',
  async name => {
    const latin = (text: string) => Buffer.from(text, 'latin1')
    const text = 'x'.repeat(100_000)
    const bodies = [
      latin('{"id":1,"name":"caf\xe9"}'),
      latin(`{"name":"${text}\xe9","id":1}`),
      latin('{"id":"caf\xe9"}'),
    ]
    let sent = 0
    const report = await run(name, { vus: 1, iterations: 6, threads: 1 }, () => bodies[sent++ % bodies.length]!)
    expect(report.arrivals).toMatchObject({ passed: 0, failed: 6 })
    expect(report.errors.map(({ message }) => message).join('\n')).toContain('its text is not UTF-8 at byte 19')
  },
)
