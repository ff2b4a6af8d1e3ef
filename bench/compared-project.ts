import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { root } from './readme-project.ts'

/**
 * An application that computes for about two milliseconds, or waits for some, two of a hundred times for much longer. It
 * counts its work in rounds, not in time: while another program has the core it does not get any of it done. A round is
 * native and allocates nothing, so that the work is known: neither compiled in one way or the other, nor that of a
 * garbage collector.
 */
const SERVER = `
import { pbkdf2Sync } from 'node:crypto'
import { createServer } from 'node:http'
const [work, slow] = [Number(process.env.WORK), Number(process.env.SLOW)]
const ROUNDS = Math.round(6000 * work)
let asked = 0
function answer(response) {
  const digest = pbkdf2Sync('secret', 'salt', ROUNDS, 32, 'sha256')
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ digest: digest.toString('hex') }))
}
createServer((request, response) => {
  if (request.url === '/health') return response.end('ok')
  if (slow === 0) return answer(response)
  setTimeout(answer, asked++ % 50 === 0 ? 10 * slow : 5, response)
}).listen(process.env.PORT, '127.0.0.1')
`

const OPENAPI = `openapi: 3.1.0
info: { title: Digests, version: 1.0.0 }
servers: [{ url: 'http://127.0.0.1' }]
paths:
  /digest:
    get:
      operationId: digest
      responses: { '200': { description: A digest, content: { application/json: { schema: { type: object } } } } }
`

const ARAZZO = `arazzo: 1.0.1
info: { title: Digests, version: 1.0.0 }
sourceDescriptions: [{ name: digests, url: ./openapi.yaml, type: openapi }]
workflows:
  - workflowId: digest
    steps:
      - stepId: digest
        operationId: digest
        successCriteria: [{ condition: $statusCode == 200 }]
`

/**
 * A project whose load test compares two builds of an application that are told apart by their environment.
 *
 * @param head how much more head works, and waits, than base.
 * @param budget the only budget; all three otherwise.
 */
export function comparedProject(head: { work?: number; slow?: number }, maxDuration: string, budget?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-compared-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const isSlow = head.slow !== undefined
  const envOf = (work = 1, slow = 1) => ({ WORK: String(isSlow ? work / 40 : work), SLOW: isSlow ? String(slow) : '0' })
  const all = { cpuPerRequest: 'base + 5%', p99: 'base + 10%', memory: 'base + 10MB' }
  const budgets = budget === undefined ? all : { [budget]: all[budget as keyof typeof all] }
  const [ofHead, ofBase] = [envOf(head.work, head.slow), envOf()].map(env => JSON.stringify(env))
  const files = {
    'server.js': SERVER,
    'openapi.yaml': OPENAPI,
    'digest.arazzo.yaml': ARAZZO,
    'package.json': '{ "type": "module" }',
    'digest.load.test.js': `import { loadTest } from 'vitest-arazzo'
loadTest('digest', {
  workflow: './digest.arazzo.yaml#digest',
  load: { ${loadOf(budget)}, duration: '1s' },
  budgets: ${JSON.stringify(budgets)},
})
`,
    'vitest.config.js': `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'
const url = 'http://127.0.0.1:{port}/health'
export default defineConfig({
  test: { include: ['*.load.test.js'] },
  plugins: [arazzo({
    server: { command: 'node server.js', url, env: ${ofHead} },
    compare: { command: 'node server.js', env: ${ofBase}, maxDuration: '${maxDuration}' },
  })],
})
`,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(join(root, 'node_modules/vitest'), join(folder, 'node_modules/vitest'))
  symlinkSync(root, join(folder, 'node_modules/vitest-arazzo'))
  return folder
}

/** Users that loop tell most of CPU time; latencies need a rate below half of saturation. */
function loadOf(budget: string | undefined): string {
  if (budget === 'cpuPerRequest') return 'vus: 2'
  return budget === 'p99' ? 'rps: 300' : 'rps: 200'
}
