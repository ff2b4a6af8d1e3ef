import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A small application with a suite of two steps, a load test of three tests, and a unit test: six tests in all. */
export const TESTS = 6

const server = `import { createServer } from 'node:http'
createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(request.url === '/pets' ? '[{"id":7}]' : '{"id":7,"name":"Rex"}')
}).listen(process.env.PORT, '127.0.0.1')
`
const openapi = `openapi: 3.1.0
info: { title: Pets, version: 1.0.0 }
paths:
  /pets: { get: { operationId: list, responses: { '200': { description: All } } } }
  /pets/{id}:
    get:
      operationId: one
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { '200': { description: One } }
`
const document = `arazzo: 1.0.1
info: { title: Pets, version: 1.0.0 }
sourceDescriptions: [{ name: pets, url: ./openapi.yaml, type: openapi }]
workflows:
  - workflowId: find
    steps:
      - { stepId: list, operationId: list, outputs: { id: $response.body#/0/id } }
      - stepId: one
        operationId: one
        parameters: [{ name: id, in: path, value: $steps.list.outputs.id }]
        successCriteria: [{ condition: $response.body#/name == 'Rex' }]
`
const load = `import { loadTest } from 'vitest-arazzo'

loadTest('find', {
  workflow: './pets.arazzo.yaml#find',
  load: { vus: 2, iterations: 20 },
  budgets: { errorRate: '0%' },
})
`
const unit = `import { expect, test } from 'vitest'

test('the environment is the one that was asked for', () => {
  expect(typeof document).toBe(process.env.COMPAT_DOM ? 'object' : 'undefined')
})
`
/** Of the types: everything that the package gives, as a user writes it. */
const types = `import { loadTest, runLoad, runWorkflow, readArazzo, type LoadReport } from 'vitest-arazzo'
import { runWorkflow as engine } from 'vitest-arazzo/engine'
import arazzo from 'vitest-arazzo/plugin'
import { expect } from 'vitest'

export const plugin = arazzo({ server: { command: 'node server.mjs', url: 'http://127.0.0.1:{port}/pets' } })
export async function all(): Promise<LoadReport> {
  const report = await runLoad({ workflow: './a.arazzo.yaml', load: { vus: 1, duration: '1s' } })
  expect(report).toSustainRps(1)
  expect(report.steps.list).toHoldPercentile(99, '80ms')
  await runWorkflow('a.arazzo.yaml')
  await engine('a.arazzo.yaml')
  await readArazzo('a.arazzo.yaml')
  return report
}
export const register = (): void => loadTest('a', { workflow: 'a', load: { rate: 1, duration: '1s' }, budgets: { p99: '1s' } })
`

/**
 * Writes the project.
 * @param {string} folder
 * @param {{ type?: 'module' | 'commonjs', dependencies?: Record<string, string>, resolutions?: Record<string, string>,
 * test?: string }} [options] `resolutions`: versions that others are held to; `test`: more of the configuration's `test`,
 * as JavaScript
 */
export function writeProject(folder, { type = 'module', dependencies = {}, resolutions = {}, test = '' } = {}) {
  const config = `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'

export default defineConfig({
  plugins: [arazzo({ server: { command: 'node server.mjs', url: 'http://127.0.0.1:{port}/pets' } })],
  test: { ${test} },
})
`
  const all = {
    'server.mjs': server,
    'openapi.yaml': openapi,
    'pets.arazzo.yaml': document,
    'vitest.config.mts': config,
    'load.test.ts': load,
    'unit.test.ts': unit,
    'types.ts': types,
  }
  // Package managers write into it: what they wrote stays.
  if (!existsSync(join(folder, 'package.json'))) {
    const manifest = { name: 'compat', private: true, type, devDependencies: dependencies, resolutions }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  }
  for (const [file, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
}
