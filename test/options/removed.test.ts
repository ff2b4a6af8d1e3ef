import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import '../../plugin/matchers/index.ts'
import { checkOptions } from '../../plugin/options.ts'
import { OPTIONS } from '../../src/ground/removed-names.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { readExtension } from '../../src/load/suites/options.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'

const workflow = resolve(import.meta.dirname, '../../fixtures/load/store.arazzo.yaml#browse')
const load = { vus: 1, iterations: 1 }
const at = { file: '/a.arazzo.yaml', line: 1, column: 1 }

type Attempt = () => unknown
const run = (options: object) => () => runLoad({ workflow, servers: 'http://127.0.0.1:1', load, ...options } as never)
const shaped = (shape: object) => run({ load: { rps: 1, duration: '1s', ...shape } })
const adaptive = (more: object) => run({ load: { adaptive: { maxVus: 2, latency: '50ms', ...more }, duration: '1s' } })
const plugin = (options: object) => () => checkOptions(options)
const each = (value: object) => () => {
  const { problems } = readExtension({ value: { each: value }, at, places: {} } as never, 'workflow')
  throw new Error(problems.map(({ message, hint }) => `${message} ${hint}`).join('\n'))
}

/** Ways to write each of them, by their place in the table. */
const WAYS: Record<keyof typeof OPTIONS, Attempt[]> = {
  'adaptive.limit': [adaptive({ limit: 'aimd' })],
  'adaptive.window': [adaptive({ window: '1s' })],
  'adaptive.deadBand': [adaptive({ deadBand: '5%' })],
  spike: [shaped({ spike: { to: 9, at: 0, for: '1s' } })],
  'warmUp.atLeast': [shaped({ warmUp: { atLeast: '5s' } })],
  'warmUp.atMost': [shaped({ warmUp: { atMost: '5s' } })],
  within: [
    run({ load: { capacity: { latency: 'p99 < 1s', within: '5%' } } }),
    () => expect(workflow).toSustain(100, { latency: 'p99 < 1s', within: '5%' } as never),
  ],
  shared: [run({ load: { ...load, shared: true } })],
  jsonl: [run({ inputs: { jsonl: './users.jsonl' } }), each({ jsonl: './users.jsonl' })],
  delimiter: [run({ inputs: { csv: './users.csv', delimiter: ';' } }), each({ csv: './users.csv', delimiter: ';' })],
  'inputs.constants': [run({ inputs: { rows: [{}], constants: { a: 1 } } })],
  'checks.mode': [
    run({ checks: { mode: 'warn' } }),
    plugin({ checks: { mode: 'error', all: true } }),
    () => runWorkflow(workflow, { checks: { mode: 'off' } } as never),
  ],
  'checks.all': [run({ checks: { all: true } })],
  memoryMean: [run({ target: { pid: 1 }, budgets: { memoryMean: '1GB' } })],
  gcPause: [run({ target: { pid: 1 }, budgets: { gcPause: '1s' } })],
  grace: [run({ budgets: { p99: { bound: 1, abortOnFail: true, grace: '5s' } } })],
  maxVisits: [run({ maxVisits: 5 }), plugin({ maxVisits: 5 }), () => runWorkflow(workflow, { maxVisits: 5 } as never)],
}

test('each option that was removed is in this table', () => {
  expect(Object.keys(WAYS)).toEqual(Object.keys(OPTIONS))
})

test.each(Object.entries(OPTIONS))('%s is refused with what to use instead', async (name, advice) => {
  for (const attempt of WAYS[name]!) {
    const refused = Promise.resolve().then(attempt)
    await expect(refused).rejects.toThrow(advice)
  }
})
