import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { arazzo, openapi } from '../../builders/project.ts'
import { askCli } from '../../cli/cli.ts'
import { builtPlugin } from '../server/built.ts'
import { runSuite, writeSuite } from './run-suite.ts'

/** A server that speaks HTTP/2 without TLS, and nothing else. */
async function serveHttp2() {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.httpVersion} ${request.url}`)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"name":"Rex"}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', socket => sockets.add(socket))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const document = arazzo(`
  - workflowId: main
    x-load-test:
      - { name: as the plugin says, vus: 2, iterations: 3 }
      - { name: by itself, vus: 1, iterations: 2, protocol: h1 }
    steps:
      - { stepId: ask, operationId: ask, successCriteria: [{ condition: $response.body#/name == 'Rex' }] }`)

const configOf = (options: string) => `import arazzo from 'vitest-arazzo/plugin'
export default { plugins: [arazzo(${options})] }
`

const files = { 'api.json': openapi({ ask: ['get', '/ask'] }), 'talk.arazzo.yaml': document }

test('protocol: of the plugin, of x-load-test, of a load test, of runWorkflow', async () => {
  const { origin, seen } = await serveHttp2()
  const folder = await writeSuite({
    ...files,
    'vitest.config.js': configOf(`{ servers: '${origin}', protocol: 'h2', reports: false }`),
    'calls.test.js': `import { expect, test } from 'vitest'
import { runLoad, runWorkflow } from 'vitest-arazzo'

test('of the plugin', async () => {
  await expect(runWorkflow('./talk.arazzo.yaml')).resolves.toMatchObject({ state: 'passed', protocol: 'h2' })
})
test('of its own', async () => {
  await expect(runWorkflow('./talk.arazzo.yaml', { protocol: 'h1' })).resolves.toMatchObject({ state: 'failed' })
})
test('in the report', async () => {
  const { transport } = await runLoad({ workflow: './talk.arazzo.yaml', load: { vus: 4, iterations: 2, threads: 1 } })
  expect(transport).toMatchObject({ name: 'http2', protocol: 'h2', connectionsOpened: 1, streams: { count: 8 } })
}, 620_000)
`,
    'wire.test.js': `import { loadTest } from 'vitest-arazzo'

loadTest('wire', { workflow: './talk.arazzo.yaml', load: { vus: 1, iterations: 1 }, transport: 'wire' })
`,
  })
  const { tree, output } = await runSuite(folder)
  expect(tree.replaceAll(/\n *notice.*/g, '')).toMatchInlineSnapshot(`
    "calls.test.js
      ✓ of the plugin
      ✓ of its own
      ✓ in the report
    talk.arazzo.yaml
      main
        ✓ ask
        as the plugin says
          ✓ 2 virtual users, 3 iterations each
        by itself
          × 1 virtual user, 2 iterations each (LoadError)
    wire.test.js
      ! LoadOptionsError: Failed to read transport: "wire" speaks HTTP/1.1 only, and protocol is "h2". Leave transport out, or write protocol: 'h1'."
  `)
  expect(output).toContain(
    `Failed to read transport: "wire" speaks HTTP/1.1 only, and protocol is "h2". Leave transport out, or write protocol: 'h1'.`,
  )
  // The document, its load test, two calls; what spoke HTTP/1.1 has reached nobody.
  expect(seen).toEqual(Array(1 + 6 + 1 + 8).fill('2.0 /ask'))
})

test('run and load speak it if the configuration says so', async () => {
  const { origin, seen } = await serveHttp2()
  const built = await builtPlugin()
  const folder = await writeSuite(files)
  const configure = (options: string) => writeFileSync(join(folder, 'vitest.config.js'), configOf(options))
  configure("{ protocol: 'h2' }")
  const cli = (...args: string[]) =>
    askCli(built, [...args, join(folder, 'talk.arazzo.yaml'), '--server', origin], folder)
  expect(await cli('run')).toMatchObject({ code: 0 })
  const load = ['load', '--vus', '2', '--iterations', '3', '--verbose', '--quiet']
  const loaded = await cli(...load)
  expect(loaded).toMatchObject({ code: 0, stderr: '' })
  expect(loaded.stdout).toMatch(
    /connections +1 opened over HTTP\/2, [\d.]+ streams at once on one in the mean and [12] at most/,
  )
  expect(seen).toEqual(Array(1 + 6).fill('2.0 /ask'))
  configure("{ protocol: 'h2', transport: 'undici' }")
  const both = await cli(...load)
  expect(both.code).not.toBe(0)
  expect(both.stderr.replaceAll(/\s+/g, ' ')).toContain('"undici" speaks HTTP/1.1 only')
  configure("{ protocol: 'h3' }")
  expect(await cli('run')).toMatchObject({ code: 2, stderr: expect.stringContaining('option protocol') })
})
