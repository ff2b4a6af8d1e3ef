import { describe, expect, test } from 'vitest'
import type { Extension, Workflow } from '../../src/document/model.ts'
import type { Location } from '../../src/ground/errors.ts'
import { readLoadTests } from '../../src/load/plan/load-tests.ts'

const file = 'shop.arazzo.yaml'

describe('load tests of a document', () => {
  test('one, named after its workflow', () => {
    const { tests, problems } = read({
      mode: 'rps',
      rps: 100,
      duration: '30s',
      rampUp: '5s',
      budgets: { p99: '100ms' },
    })
    expect(problems).toEqual([])
    expect(tests).toEqual([
      {
        name: 'checkout under load',
        at: place(''),
        options: { load: { rps: 100, duration: '30s', rampUp: '5s' }, budgets: { p99: '100ms' } },
        places: {
          '': place(''),
          '/load/mode': place('/mode'),
          '/load/rps': place('/rps'),
          '/load/duration': place('/duration'),
          '/load/rampUp': place('/rampUp'),
          '/budgets': place('/budgets'),
          '/budgets/p99': place('/budgets/p99'),
        },
      },
    ])
  })

  test('a transport of its own', () => {
    const { tests } = read({ vus: 1, iterations: 1, transport: 'undici' })
    expect(tests[0]).toMatchObject({
      options: { load: { vus: 1, iterations: 1 }, transport: 'undici' },
      places: { '/transport': place('/transport') },
    })
    expect(
      read({ vus: 1, iterations: 1, transport: 'wires' }).problems.map(({ message }) => message),
    ).toMatchInlineSnapshot(`
        [
          "Failed to read x-load-test: its transport is "wires".",
        ]
      `)
  })

  test('metrics of its own, but not where they are sent', () => {
    const load = { vus: 1, iterations: 1 }
    const { tests } = read({ ...load, metrics: { port: 0 } })
    expect(tests[0]).toMatchObject({
      options: { load, metrics: { port: 0 } },
      places: { '/metrics/port': place('/metrics/port') },
    })
    const { problems } = read({ ...load, metrics: { prot: 0, otlp: 'http://127.0.0.1:4318' } })
    expect(problems.map(({ message, hint, at }) => [message, hint, at])).toEqual([
      ['Failed to read metrics.prot: there is no such key.', 'Did you mean "port"?', place('/metrics/prot')],
      [
        'Failed to read metrics.otlp: a document does not say where metrics are sent.',
        "Move it to the plugin's options.",
        place('/metrics/otlp'),
      ],
    ])
  })

  test('several, each with its name and its own places', () => {
    const { tests, problems } = read([
      { name: 'at peak', mode: 'constant', vus: 50, duration: '30s', threads: 2 },
      { name: 'once each', vus: 2, iterations: 1 },
    ])
    expect(problems).toEqual([])
    expect(tests.map(({ name, options }) => [name, options.load])).toEqual([
      ['at peak', { vus: 50, duration: '30s', threads: 2 }],
      ['once each', { vus: 2, iterations: 1 }],
    ])
    expect(tests[1]!.places).toEqual({
      '': place('/1'),
      '/name': place('/1/name'),
      '/load/vus': place('/1/vus'),
      '/load/iterations': place('/1/iterations'),
    })
  })

  test('none', () => {
    expect(readLoadTests({ ...workflow, extensions: {} })).toEqual({ tests: [], problems: [] })
  })
})

describe('what is wrong with them', () => {
  test('is said all at once, each with its place', () => {
    const faults = faultsOf([
      { mode: 'rps', rps: 100, duration: '30' },
      { name: 'a', mode: 'adaptive' },
      { name: 'a', vus: 1, iterations: 1 },
      { name: 7, vus: 1, durration: '1s' },
      'lots',
    ])
    expect(faults).toMatchInlineSnapshot(`
      "/0/duration invalid-load-test: Failed to read x-load-test[0].duration: "30": it has no unit. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
      /0 invalid-load-test: Failed to read x-load-test[0]: it has no name. Tests in a list need a name to be told apart by.
      /1/mode invalid-load-test: Failed to read x-load-test[1].mode: the mode is adaptive, but there is no adaptive. Add adaptive: { maxVus: 100, latency: '50ms' }.
      /1 invalid-load-test: Failed to read x-load-test[1]: it does not say how long. Add a duration, such as '30s'.
      /2/name invalid-load-test: Failed to read x-load-test[2]: there is another "a". Give each its own name.
      /3/durration invalid-load-test: Failed to read x-load-test[3].durration: there is no such key. Did you mean "duration"?
      /3/name invalid-load-test: Failed to read x-load-test[3]: its name is no text. Tests in a list need a name to be told apart by.
      /4 invalid-load-test: Failed to read x-load-test[4]: it is no object. Write how much and how long, such as { rps: 100, duration: '30s' }."
    `)
  })

  test('budgets are checked where their steps are known', () => {
    const value = {
      vus: 1,
      iterations: 1,
      budgets: { p99: '10MB', memory: '1GB', steps: { logn: { p99: 10 } } },
    }
    expect(read(value).problems).toEqual([])
    expect(faultsOf(value, { steps: ['login'], target: false })).toMatchInlineSnapshot(`
      "/budgets/p99 invalid-budget: Failed to read budget p99: "10MB" is not a duration: "MB" is no unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
      /budgets/memory invalid-budget: Failed to read budget memory: no target process is known. Let the plugin start the application (server), or give target: { pid }.
      /budgets/steps/logn invalid-budget: Failed to read budget steps.logn: the workflow has no such step. Steps are login. Did you mean "login"?"
    `)
  })

  test('targets, whose address may hold the port of the application', () => {
    const targets = {
      api: { prometheus: 'http://127.0.0.1:{port}/metrics', series: { queue: 'queue' } },
      db: { cgroup: '/db' },
    }
    const value = { vus: 1, iterations: 1, targets, budgets: { targets: { api: { series: { queue: 5 } } } } }
    expect(read(value, { steps: [], target: false })).toMatchObject({
      problems: [],
      tests: [{ options: { targets } }],
    })
    expect(
      faultsOf(
        { ...value, target: { pid: 'x' }, targets: { db: {} }, budgets: { heap: '1GB' } },
        { steps: [], target: false },
      ),
    ).toMatchInlineSnapshot(`
      "/target/pid invalid-load-test: Failed to read target.pid: it is "x". Write the number of a process.
      /targets/db invalid-load-test: Failed to read targets.db: it is empty. Write { pid: 4711 }, { prometheus: 'http://127.0.0.1:9090/metrics' } or { cgroup: '/system.slice/api.service' }.
      /budgets/heap invalid-budget: Failed to read budget heap: only Node processes with the probe loaded tell it. Let the plugin load it (server: { probe: true }), or give the folder in which they listen as probe."
    `)
  })

  test('what can be read is there even so', () => {
    expect(
      read([
        { name: 'a', rps: 0, duration: '1s' },
        { name: 'b', vus: 1, iterations: 1 },
      ]).tests.map(t => t.name),
    ).toEqual(['b'])
  })
})

const workflow = { workflowId: 'checkout' } as Workflow

/** Places are told apart by their line: the position in the text. */
const known: string[] = ['']
function place(pointer: string): Location {
  if (!known.includes(pointer)) known.push(pointer)
  return { file, line: known.indexOf(pointer) + 1, column: pointer.length }
}

function read(value: unknown, context?: Parameters<typeof readLoadTests>[1]) {
  const extension: Extension = { value, at: place(''), places: placesOf(value, '') }
  return readLoadTests({ ...workflow, extensions: { 'x-load-test': extension } }, context)
}

function faultsOf(value: unknown, context?: Parameters<typeof readLoadTests>[1]): string {
  const { problems } = read(value, context)
  const at = (location: Location) => known[location.line - 1] || '(all)'
  return problems
    .map(({ code, message, hint, at: location }) => `${at(location)} ${code}: ${message} ${hint ?? ''}`.trimEnd())
    .join('\n')
}

function placesOf(value: unknown, base: string): Record<string, Location> {
  const places = { [base]: place(base) }
  if (typeof value !== 'object' || value === null) return places
  for (const [key, item] of Object.entries(value)) Object.assign(places, placesOf(item, `${base}/${key}`))
  return places
}
