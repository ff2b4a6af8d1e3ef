import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { isWindows } from '../builders/system.ts'

/** A server that opens so many files for each request, and may have 120. */
const APPLICATION = `
const { openSync } = require('node:fs')
require('node:http').createServer((request, response) => {
  try {
    for (let n = 0; n < Number(process.env.LEAKS); n++) openSync('/dev/null')
    response.end('{}')
  } catch {
    response.writeHead(request.url === '/' ? 500 : 200).end()
  }
}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`

beforeEach(({ skip }) => skip(isWindows, 'there is no ulimit'))

async function loaded(leaks: number) {
  const env = { ...process.env, LEAKS: String(leaks) }
  const server = spawn('sh', ['-c', `ulimit -n 120; exec "${process.execPath}" -e "$0"`, APPLICATION], { env })
  onTestFinished(() => void server.kill('SIGKILL'))
  const [port] = await once(server.stdout, 'data')
  const folder = project({
    'api.json': openapi({ ask: ['get', '/'] }),
    'flow.arazzo.yaml': arazzo('\n  - workflowId: main\n    steps: [{ stepId: ask, operationId: ask }]'),
  })
  return runLoad({
    workflow: `${folder}/flow.arazzo.yaml#main`,
    servers: `http://127.0.0.1:${Number(port)}`,
    load: { rate: 40, duration: '4s', warmUp: 0, threads: 1 },
    target: { pid: server.pid! },
    budgets: { errorRate: '1%' },
  })
}

test.runIf(process.platform === 'linux')('open files that leak until there are none left are named', async () => {
  const report = await loaded(1)
  const { start, most, limit } = report.target!.openFiles!
  expect(limit).toBe(120)
  expect(start).toBeLessThan(most)
  expect(most).toBeGreaterThanOrEqual(114)
  const [verdict] = report.verdicts
  expect(verdict).toMatchObject({ budget: 'errorRate', verdict: 'fail' })
  expect(verdict!.because).toMatch(/Open files of the application went from \d+ to 1[12]\d, and it may have 120\./)
  expect(renderLoadReport(report, { color: false, verbose: true })).toMatch(
    /1[12]\d open files at most, of 120 allowed/,
  )
})

test.runIf(process.platform === 'linux')('nothing is said of open files that stay', async () => {
  const report = await loaded(0)
  expect(report.target!.openFiles!.most).toBeLessThan(100)
  expect(report.verdicts[0]).toMatchObject({ verdict: 'pass' })
})
