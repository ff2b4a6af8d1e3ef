import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import '../../plugin/matchers/index.ts'
import { checkOptions } from '../../plugin/options.ts'
import { readLoadCase } from '../../plugin/runtime/load-case.ts'
import { readArazzo } from '../../src/document/read.ts'
import { OPTIONS } from '../../src/ground/removed-names.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { loadTestProblems } from '../../src/load/plan/document-tests.ts'
import { readExtension } from '../../src/load/suites/options.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'

const workflow = resolve(import.meta.dirname, '../../fixtures/load/store.arazzo.yaml#browse')
const load = { vus: 1, iterations: 1 }
const at = { file: '/a.arazzo.yaml', line: 1, column: 1 }

type Attempt = () => unknown
const run = (options: object) => () => runLoad({ workflow, servers: 'http://127.0.0.1:1', load, ...options } as never)
const shaped = (shape: object) => run({ load: { rps: 1, duration: '1s', ...shape } })
const adaptive = (more: object) => run({ load: { adaptive: { maxVus: 2, latency: '50ms', ...more }, duration: '1s' } })
const plugin = (options: object) => async () => checkOptions(options)
const metrics = (key: string) => [run({ metrics: { [key]: 1 } }), plugin({ reports: { metrics: { [key]: 1 } } })]
const METRICS = ['every', 'headers', 'labels', 'otlp', 'port', 'prefix', 'pushgateway']
const ready = (value: object) => [plugin({ server: { command: 'a', ready: value } })]
const extended = (value: object, of: 'document' | 'workflow') => async () => {
  const { problems } = readExtension({ value, at, places: {} } as never, of)
  throw new Error(problems.map(({ message, hint }) => `${message} ${hint}`).join('\n'))
}
const suite = (value: object) => extended(value, 'workflow')
/** Inputs of a load test, and of suites. */
const fed = (inputs: object) => [run({ inputs }), suite({ inputs })]

/** Ways to write each of them, by their place in the table. */
const WAYS: Record<string, Attempt[]> = {
  'adaptive.limit': [adaptive({ limit: 'aimd' })],
  'adaptive.window': [adaptive({ window: '1s' })],
  'adaptive.signal': [adaptive({ signal: 'p95' })],
  'adaptive.deadBand': [adaptive({ deadBand: '5%' })],
  spike: [shaped({ spike: { to: 9, at: 0, for: '1s' } })],
  'warmUp.atLeast': [shaped({ warmUp: { atLeast: '5s' } })],
  'warmUp.atMost': [shaped({ warmUp: { atMost: '5s' } })],
  within: [
    run({ load: { capacity: { latency: 'p99 < 1s', within: '5%' } } }),
    () => expect(workflow).toSustain(100, { latency: 'p99 < 1s', within: '5%' } as never),
  ],
  shared: [run({ load: { ...load, shared: true } })],
  whenExhausted: [run({ inputs: { rows: [{}], whenExhausted: 'stop' } })],
  'inputs.csv': fed({ csv: './users.csv', order: 'unique' }),
  'inputs.json': fed({ json: './users.json' }),
  'inputs.jsonl': fed({ jsonl: './users.jsonl' }),
  'inputs.call': fed({ call: () => ({}) }),
  'x-vitest.each': [suite({ each: './users.csv' }), suite({ each: { csv: './users.csv' } })],
  delimiter: fed({ rows: './users.csv', delimiter: ';' }),
  'inputs.constants': [run({ inputs: { rows: [{}], constants: { a: 1 } } })],
  'checks.mode': [
    run({ checks: { mode: 'warn' } }),
    plugin({ checks: { mode: 'error', all: true } }),
    () => runWorkflow(workflow, { checks: { mode: 'off' } } as never),
  ],
  'checks.all': [run({ checks: { all: true } })],
  memoryMean: [run({ target: { pid: 1 }, budgets: { memoryMean: '1GB' } })],
  gcPause: [run({ target: { pid: 1 }, budgets: { gcPause: '1s' } })],
  ...Object.fromEntries(METRICS.map(key => [`metrics.${key}`, metrics(key)])),
  'ready.command': ready({ command: 'b' }),
  'ready.port': [
    ...ready({ port: '{port}', command: 'b' }),
    plugin({ server: { db: { command: 'a', ready: { port: 6379 } } } }),
  ],
  maxRetryAfter: [run({ maxRetryAfter: '5s' }), plugin({ maxRetryAfter: '5s' })],
  grace: [run({ budgets: { p99: { bound: 1, abortOnFail: true, grace: '5s' } } })],
  maxVisits: [run({ maxVisits: 5 }), plugin({ maxVisits: 5 }), () => runWorkflow(workflow, { maxVisits: 5 } as never)],
}

/* Every option that there was is refused with what to use instead. */

const inTest = (options: object) => () => readLoadCase({ workflow, load, ...options } as never, {})

/** A load test of a document. */
const documented = (options: object) => async () => {
  const folder = project({
    'api.json': openapi({ a: ['get', '/a'] }),
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    x-load-test: ${JSON.stringify({ ...load, ...options })}
    steps: [{ stepId: a, operationId: a }]
`),
  })
  const { document } = await readArazzo(`${folder}/flow.arazzo.yaml`)
  const problems = await loadTestProblems(document!, document!.workflows[0]!, {})
  throw new Error(problems.map(({ message, hint }) => `${message} ${hint}`).join('\n'))
}

const connections = (key: string) => [run({ connections: { [key]: 1 } }), inTest({ connections: { [key]: 1 } })]
const agents = (key: string) => [run({ agents: { nats: 'a', [key]: 1 } }), inTest({ agents: { nats: 'a', [key]: 1 } })]
const credentials = (key: string) => {
  const written = { security: { store: { login: { [key]: 'a' } } } }
  return [run(written), inTest(written), plugin(written), () => runWorkflow(workflow, written as never)]
}
const compare = (key: string) => [plugin({ compare: { git: 'main', [key]: 1 } })]

/** By the key of the table: each place where it was written. */
const CASES: Record<string, (() => Promise<unknown>)[]> = {
  'agents.tls': agents('tls'),
  'agents.user': agents('user'),
  'agents.wait': agents('wait'),
  arrivals: [shaped({ arrivals: 'poisson' }), documented({ arrivals: 'uniform' })],
  gracefulStop: [shaped({ gracefulStop: '1s' }), documented({ gracefulStop: 0 })],
  cgroup: [
    run({ target: { cgroup: '/a' } }),
    run({ targets: { db: { cgroup: '/a' } } }),
    plugin({ target: { cgroup: '/a' } }),
    documented({ target: { cgroup: '/a' } }),
  ],
  'compare.onUndecided': compare('onUndecided'),
  'compare.required': compare('required'),
  'compare.setupTimeout': compare('setupTimeout'),
  'compare.stopWhenFailed': compare('stopWhenFailed'),
  'connections.bodyTimeout': connections('bodyTimeout'),
  'connections.connectTimeout': connections('connectTimeout'),
  'connections.headersTimeout': connections('headersTimeout'),
  'connections.idleTimeout': connections('idleTimeout'),
  'connections.maxBodyBytes': connections('maxBodyBytes'),
  'connections.maxHeld': connections('maxHeld'),
  'connections.maxIdle': connections('maxIdle'),
  'connections.perUser': connections('perUser'),
  'connections.streams': connections('streams'),
  'connections.tls': connections('tls'),
  files: [
    run({ files: './a' }),
    inTest({ files: './a' }),
    plugin({ files: './a' }),
    () => runWorkflow(workflow, { files: './a' } as never),
  ],
  clientAuthentication: credentials('clientAuthentication'),
  passphrase: credentials('passphrase'),
  scopes: credentials('scopes'),
  isolate: [plugin({ isolate: true })],
  metrics: [plugin({ metrics: 0 }), inTest({ metrics: 0 }), documented({ metrics: 0 })],
  read: [run({ read: {} }), inTest({ read: {} }), () => runWorkflow(workflow, { read: {} } as never)],
  'x-vitest.only': [extended({ only: true }, 'document'), extended({ only: true }, 'workflow')],
}

test('a key that every object has is unknown as any other', async () => {
  const text = await extended({ constructor: 1 }, 'document')().catch(String)
  expect(text).toContain('constructor: there is no such key. ')
  expect(text).not.toContain('native code')
})

test('each option that was removed is in this table', () => {
  expect(Object.keys({ ...WAYS, ...CASES }).sort()).toEqual(Object.keys(OPTIONS).sort())
})

test.each(Object.entries(WAYS))('%s is refused with what to use instead', async (name, attempts) => {
  for (const attempt of attempts) {
    const refused = Promise.resolve().then(attempt)
    await expect(refused).rejects.toThrow(OPTIONS[name]!)
  }
})

test.each(Object.entries(CASES))('%s is refused with advice, wherever it was', async (name, attempts) => {
  const key = name.split('.').at(-1)
  for (const attempt of attempts) {
    const message = await attempt().then(
      () => 'taken',
      (error: Error) => error.message,
    )
    expect(message).toContain(`${key}: there is no such key. ${OPTIONS[name]}`)
  }
})
