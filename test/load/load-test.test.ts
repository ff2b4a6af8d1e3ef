import { rmSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { withTestLabel } from '../../plugin/runtime/load-case.ts'
import { sentenceOf } from '../../src/ground/fault.ts'
import { type Around, loadTestOrThrow, readLoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { prepare } from '../../src/load/run/prepare.ts'
import { arazzo, openapi, project } from '../builders/project.ts'

const servers = 'http://127.0.0.1:9'
const load = { vus: 1, iterations: 1 }
const secured = { security: [{ key: [] }] }

function files(step = 'operationId: op'): string {
  const api = JSON.parse(openapi({ op: ['get', '/'], locked: ['get', '/locked', secured] }))
  api.components = { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-key' } } }
  const text = arazzo(`  - workflowId: main\n    steps: [{ stepId: one, ${step} }]`)
  return project({ 'api.json': JSON.stringify(api), 'flow.arazzo.yaml': text })
}

async function faultsOf(options: object, around?: Around): Promise<string[]> {
  const workflow = `${files()}/flow.arazzo.yaml`
  const { faults = [] } = await readLoadTest({ workflow, servers, load, ...options } as LoadOptions, around)
  return faults.map(fault => `${fault.path} ${sentenceOf(fault)}`)
}

afterEach(() => vi.unstubAllEnvs())

test('a document is read once: the load runs by what was read', async () => {
  const folder = files()
  const read = loadTestOrThrow(await readLoadTest({ workflow: 'flow.arazzo.yaml', servers, load }, { folder }))
  rmSync(folder, { recursive: true })
  const { plan, load: planned } = await prepare(read)
  expect(plan).toBe(read.plan)
  expect(planned).toMatchObject({ kind: 'iterations', iterations: 1 })
})

test('a document may be named by the text of its file URL, as in a functional run', async () => {
  const { href } = pathToFileURL(`${files()}/flow.arazzo.yaml`)
  for (const workflow of [`${href}#main`, { document: href }])
    expect(loadTestOrThrow(await readLoadTest({ workflow, servers, load })).plan.workflowId).toBe('main')
})

test('rows and functions are a feed, whatever the inputs of the workflow are called', async () => {
  const inputs = { type: 'object', properties: { rows: {} } }
  const flow = arazzo(
    `  - workflowId: main\n    inputs: ${JSON.stringify(inputs)}\n    steps: [{ stepId: one, operationId: op }]`,
  )
  const workflow = `${project({ 'api.json': openapi({ op: ['get', '/'] }), 'flow.arazzo.yaml': flow })}/flow.arazzo.yaml`
  const feedOf = async (source: LoadOptions['inputs']) =>
    (await prepare(loadTestOrThrow(await readLoadTest({ workflow, servers, load, inputs: source })))).inputs
  expect(await feedOf([{ rows: 1 }, { rows: 2 }])).toMatchObject({ kind: 'rows', rows: [{ rows: 1 }, { rows: 2 }] })
  expect(await feedOf(() => ({ rows: 1 }))).toMatchObject({ kind: 'called' })
})

test('a target that is undefined is none', async () => {
  expect(await faultsOf({ targets: { db: undefined }, budgets: { targets: { db: { memory: '1MB' } } } })).toEqual([
    '/budgets/targets/db Failed to read budget targets.db: there is no such target. ' +
      'None has a name. Give it one: targets: { db: { pid: 4711 } }.',
  ])
  const workflow = `${files()}/flow.arazzo.yaml`
  const read = loadTestOrThrow(await readLoadTest({ workflow, servers, load, targets: { db: undefined as never } }))
  expect(read.targets).toEqual({ targets: {} })
})

test('every fault is told at once, each with its path', async () => {
  expect(
    await faultsOf({
      load: { vus: 1, duration: '1' },
      budgets: { p99: '10MB', steps: { two: { p99: 1 } } },
      checks: 'eror',
      inputs: 7,
      metrics: 'all',
      target: { pdi: 1 },
      servers: { apy: servers },
    }),
  ).toMatchInlineSnapshot(`
    [
      "/checks Failed to read checks: "eror" is not one of its values. Did you mean "error"?",
      "/servers/apy Failed to read servers.apy: the document has no such source. Did you mean "api"?",
      "/load/duration Failed to read load.duration: "1": it has no unit. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.",
      "/inputs Failed to read inputs: 7 is not an object of inputs. Write names and values.",
      "/metrics Failed to read metrics: it is "all". Write a port from 0 to 65535: 9464.",
      "/target/pdi Failed to read target.pdi: there is no such key. Did you mean "pid"?",
      "/budgets/p99 Failed to read budget p99: "10MB" is not a duration: "MB" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.",
      "/budgets/steps/two Failed to read budget steps.two: the workflow has no such step. Steps are one.",
    ]
  `)
})

describe('what is not known yet', () => {
  const options = (workflow: string): LoadOptions => ({
    workflow: `${workflow}/flow.arazzo.yaml`,
    servers,
    load,
    security: { api: { key: { env: 'TEST_KEY' } } },
    budgets: { steps: { one: { p99: '1s' } } },
  })

  test('a secret that is there when the load runs', async () => {
    const read = loadTestOrThrow(await readLoadTest(options(files('operationId: locked'))))
    expect(read.budgets.map(({ key }) => key)).toEqual(['steps.one.p99'])
    await expect(prepare(read)).rejects.toThrow('the environment has no TEST_KEY')
    vi.stubEnv('TEST_KEY', 'k')
    const { plan, planOptions } = await prepare(read)
    expect(plan.origins).toEqual([servers])
    expect(planOptions.security).toEqual({ api: { key: { env: 'TEST_KEY' } } })
  })

  test('what was added to its metrics since it was read stays', async () => {
    const read = loadTestOrThrow(await readLoadTest({ ...options(files('operationId: locked')), metrics: 0 }))
    vi.stubEnv('TEST_KEY', 'k')
    const { metrics } = await prepare(withTestLabel(read, { test: 'at peak' }))
    expect(metrics).toMatchObject({ port: 0, labels: { test: 'at peak' } })
  })

  test('the port of an application that is not there', async () => {
    const target = { prometheus: 'http://127.0.0.1:{port}/metrics' }
    const written = { ...options(files()), target, budgets: { memory: '1GB' } }
    const read = loadTestOrThrow(await readLoadTest(written))
    expect(read.budgets).toHaveLength(1)
    await expect(prepare(read)).rejects.toThrow('is not an http or https URL')
    const withPort = loadTestOrThrow(
      await readLoadTest(written, { applications: [{ origin: 'http://127.0.0.1:4711', node: false }] }),
    )
    expect(withPort.targets.target).toEqual({ prometheus: 'http://127.0.0.1:4711/metrics' })
    await expect(prepare(withPort)).resolves.toMatchObject({ budgets: withPort.budgets })
  })
})

describe('what holds for all load tests', () => {
  const defaults = {
    servers: 'http://127.0.0.1:1',
    transport: 'undici' as const,
    inputs: { name: 'all' },
    metrics: 0,
    targets: { db: { pid: 1 } },
  }

  test('gives way to what one says, and not to what it leaves out', async () => {
    const workflow = `${files()}/flow.arazzo.yaml`
    const own = { workflow, servers, load, transport: undefined } as LoadOptions
    const { options } = loadTestOrThrow(await readLoadTest({ ...own, targets: { api: { pid: 2 } } }, { defaults }))
    expect(options).toMatchObject({
      servers,
      transport: 'undici',
      metrics: 0,
      targets: { db: { pid: 1 }, api: { pid: 2 } },
    })
  })

  test.each([undefined, 0])('does not hide that metrics are empty (%j)', async metrics => {
    const found = await faultsOf({ metrics: null }, { defaults: { ...(metrics !== undefined && { metrics }) } })
    expect(found).toEqual(['/metrics Failed to read metrics: it is null. Write a port from 0 to 65535: 9464.'])
  })

  test('does not hide what is wrong with what one says', async () => {
    const wrong = { inputs: 'many', metrics: '3', targets: 'db', target: 0, channels: null }
    expect(await faultsOf(wrong, { defaults })).toMatchInlineSnapshot(`
      [
        "/inputs Failed to read inputs: "many" is not an object of inputs. Write names and values.",
        "/metrics Failed to read metrics: it is "3". Write a port from 0 to 65535: 9464.",
        "/target Failed to read target: 0 is not an object. Write { pid: 4711 } or { prometheus: 'http://127.0.0.1:9090/metrics' }.",
        "/targets Failed to read targets: "db" is not an object. Write an object: { db: { pid: 4711 } }.",
      ]
    `)
  })
})
