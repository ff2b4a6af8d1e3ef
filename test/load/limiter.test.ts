import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

/** The report of a load at a growing rate. @param statusOf the status of a response by the number of its request. */
async function saidOf(statusOf: (count: number) => number): Promise<string> {
  const { origin } = await serve((_, count) => ({ status: statusOf(count) }))
  const folder = project({
    'api.json': openapi({ ask: ['get', '/ask'] }),
    'flow.arazzo.yaml': arazzo('\n  - workflowId: main\n    steps: [{ stepId: ask, operationId: ask }]'),
  })
  const report = await runLoad({
    workflow: `${folder}/flow.arazzo.yaml#main`,
    servers: origin,
    load: {
      stages: [
        { rate: 20, hold: '1s' },
        { rate: 60, hold: '1s' },
      ],
      warmUp: 0,
      threads: 2,
    },
    budgets: { errorRate: '1%' },
  })
  expect(report.verdicts[0]!.verdict).toBe('fail')
  return renderLoadReport(report, { color: false, width: 200 })
}

test.each([429, 503])(
  'a limiter is named with the rate and the number of requests at which it began: %s',
  async status => {
    const said = await saidOf(count => (count > 40 ? status : 200))
    const sentence = new RegExp(
      `Status ${status} began between [\\d.]+ m?s and [\\d.]+ m?s into the run, after (\\d+) requests, at ([\\d.]+) requests/s\\.`,
    )
    const [before, rate] = sentence.exec(said)!.slice(1).map(Number) as [number, number]
    // A response that came before may be counted a second later.
    expect(before).toBeGreaterThan(15)
    expect(before).toBeLessThanOrEqual(40)
    expect(rate).toBeGreaterThan(20)
  },
)

test('nothing is said of other statuses, of a server that never did better, or if other failures came first', async () => {
  expect(await saidOf(count => (count > 40 ? 500 : 200))).not.toContain('began')
  expect(await saidOf(() => 503)).not.toContain('began')
  expect(await saidOf(count => (count > 40 ? 429 : count > 10 ? 404 : 200))).not.toContain('began')
})
