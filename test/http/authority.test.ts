import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { withDefaults } from '../../src/http/authority.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { askCli } from '../cli/cli.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { runSuite, writeSuite } from '../plugin/suites/run-suite.ts'

/** Starts Vitest. */
const read = (name: string) => readFileSync(join(import.meta.dirname, `tls/${name}.pem`), 'utf8')
const pem = read('cert')
const flow = `
  - workflowId: main
    steps: [{ stepId: a, operationId: a, successCriteria: [{ condition: $statusCode == 200 }] }]
    x-load-test: { vus: 1, iterations: 3, budgets: { errorRate: 0 } }
`
const files = {
  'api.json': openapi({ a: ['get', '/a'] }),
  'flow.arazzo.yaml': arazzo(flow),
  'ca.pem': pem,
  'empty.pem': 'nothing',
}

/** Speaks HTTP/1.1 and HTTP/2; its certificate is signed by itself. */
async function target(): Promise<string> {
  const server = createSecureServer({ key: read('key'), cert: pem, allowHTTP1: true }, (_, response) => {
    response.writeHead(200)
    response.end()
  })
  server.on('tlsClientError', () => {})
  const sockets: Socket[] = []
  server.on('connection', socket => sockets.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe.each([
  ['h1', 'wire'],
  ['h1', 'undici'],
  ['h2', undefined],
] as const)('%s, %s', (protocol, transport) => {
  test.each(['path', 'text'])('an authority is trusted, given by its %s, and not without it', async form => {
    const folder = project(files)
    const workflow = `${folder}/flow.arazzo.yaml#main`
    const options = { servers: await target(), protocol, ca: form === 'path' ? join(folder, 'ca.pem') : pem }
    expect((await runWorkflow(workflow, options)).state).toBe('passed')
    const refused = await runWorkflow(workflow, { ...options, ca: undefined })
    expect(refused.because).toContain('set the option ca to a PEM file')
    const load = { vus: 2, iterations: 4, threads: 1 }
    const report = await runLoad({ workflow, load, ...options, ...(transport && { transport }) })
    expect(report.measuredArrivals).toMatchObject({ passed: 8, failed: 0 })
  })
})

test('documents, load tests, scripts and the command line take it, each relative to its place', async () => {
  const API = await target()
  const config = (options: string) => `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'
export default defineConfig({ plugins: [arazzo({ servers: process.env.API${options} })] })`
  const own = `import { expect, test } from 'vitest'
import { loadTest, runWorkflow } from 'vitest-arazzo'
const ca = '../ca.pem'
test('by hand', async () => expect((await runWorkflow('../flow.arazzo.yaml', { ca })).state).toBe('passed'))
loadTest('load', { workflow: '../flow.arazzo.yaml', ca, load: { vus: 1, iterations: 3 }, budgets: { errorRate: 0 } })`
  const folder = await writeSuite({
    ...files,
    'vitest.config.js': config(", ca: './ca.pem'"),
    'none.config.js': config(''),
    'tests/own.test.js': own,
  })
  const ofPlugin = await runSuite(folder, ['flow'], { API })
  expect(ofPlugin.tree).toMatch(/✓ a\n.*✓ budget: errorRate/s)
  expect(ofPlugin.exitCode).toBe(0)
  expect((await runSuite(folder, ['own', '--config', 'none.config.js'], { API })).exitCode).toBe(0)
  expect((await runSuite(folder, ['flow', '--config', 'none.config.js'], { API })).exitCode).toBe(1)
  const built = await builtPlugin()
  const ask = () => askCli(built, ['run', 'flow.arazzo.yaml#main', '--server', API], folder)
  expect((await ask()).code).toBe(0)
  writeFileSync(join(folder, 'vitest.config.js'), config(", ca: './empty.pem'"))
  const empty = await ask()
  expect(empty.code).not.toBe(0)
  expect(empty.stderr).toContain('Write the path of a PEM file, or its text')
  rmSync(join(folder, 'vitest.config.js'))
  rmSync(join(folder, 'none.config.js'))
  expect((await ask()).code).toBe(1)
})

test('the metrics of a target are read by it', async () => {
  const origin = await target()
  const options = {
    workflow: `${project(files)}/flow.arazzo.yaml#main`,
    servers: origin,
    load: { vus: 1, iterations: 1 },
  }
  const { warnings = [] } = await runLoad({ ...options, target: { prometheus: `${origin}/metrics` }, ca: pem })
  // It is empty.
  expect(warnings.join()).not.toContain('certificate')
  const refused = await runLoad({ ...options, target: { prometheus: `${origin}/metrics` } })
  expect(refused.warnings!.join()).toContain('certificate')
})

test('default authorities are still trusted', () => {
  const trusted = withDefaults(pem)
  expect(trusted).toContain(pem.trim())
  expect(trusted.split('-----BEGIN CERTIFICATE-----').length - 1).toBeGreaterThan(rootCertificates.length / 2)
})
