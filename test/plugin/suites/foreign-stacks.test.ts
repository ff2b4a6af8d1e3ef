import { expect, test } from 'vitest'
import { arazzo, openapi } from '../../builders/project.ts'
import { serve } from '../../builders/server.ts'
import { runSuite, writeSuite } from './run-suite.ts'

/** Starts Vitest. */
const STACK = 'Error: boom\n    at pay (/app/pay.js:3:7)\nlater@/app/later.js:4:8\n    at (native)'
const step = `
  - workflowId: buy
    steps: [{ stepId: pay, operationId: pay, successCriteria: [{ condition: $statusCode == 200 }] }]
`
const config = (server: string) => `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'
export default defineConfig({ plugins: [arazzo({ ${server} })] })`
const files = (server: string) => ({
  'vitest.config.js': config(server),
  'api.json': openapi({ pay: ['post', '/pay'] }),
  'pay.arazzo.yaml': arazzo(step),
})
/** Places that Vitest shows in files of the application. */
const framesIn = (printed: string) => printed.match(/❯ .*(pay|later)\.js:\d+:\d+.*$|❯ .*\(native\).*$/gm) ?? []

test('stack lines in a response are part of the message, and no places of the failure', async () => {
  const { origin } = await serve(() => ({ status: 500, headers: { 'content-type': 'text/plain' }, body: STACK }))
  const { printed, tree } = await runSuite(await writeSuite(files('servers: process.env.API')), [], { API: origin })
  expect(tree).toContain('× pay')
  expect(printed).toContain('at pay (/app/pay.js:3:7)')
  expect(printed).toContain('❯ pay > successCriteria[0] pay.arazzo.yaml')
  expect(framesIn(printed)).toEqual([])
})

test('stack lines of an application that does not start are part of its log', async () => {
  const failing = `setTimeout(() => { process.stderr.write(${JSON.stringify(`${STACK}\n`)}); process.exit(3) }, 50)`
  const server = "server: { command: 'node app.mjs', url: 'http://127.0.0.1:9/' }"
  const folder = await writeSuite({ ...files(server), 'app.mjs': failing })
  const { printed } = await runSuite(folder)
  expect(printed).toContain('later@/app/later.js:4:8')
  expect(framesIn(printed)).toEqual([])
})
