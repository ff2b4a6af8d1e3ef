import { describe, expect, test } from 'vitest'
import type { Workflow } from '../../src/document/model.ts'
import { readArazzo } from '../../src/document/read.ts'
import type { Location } from '../../src/ground/errors.ts'
import { loadTestProblems, loadTestsOf } from '../../src/load/plan/document-tests.ts'
import { arazzo, openapi, project } from '../builders/project.ts'

const file = 'shop.arazzo.yaml'

describe('load tests of a document', () => {
  test('one, named after its workflow', () => {
    const value = { mode: 'rps', rps: 100, duration: '30s', rampUp: '5s', budgets: { p99: '100ms' } }
    const [one, ...others] = read(value)
    expect(others).toEqual([])
    expect(one).toMatchObject({
      name: 'checkout under load',
      at: place(''),
      options: { load: { mode: 'rps', rps: 100, duration: '30s', rampUp: '5s' }, budgets: { p99: '100ms' } },
    })
    const paths = ['', '/load', '/load/mode', '/load/rampUp', '/budgets', '/budgets/p99', '/budgets/p50']
    expect(paths.map(path => known[one!.placeOf(path).line - 1])).toEqual([
      ...['', '', '/mode', '/rampUp', '/budgets', '/budgets/p99', '/budgets'],
    ])
  })

  test('a transport of its own', async () => {
    const [one] = read({ vus: 1, iterations: 1, transport: 'undici' })
    expect(one).toMatchObject({ options: { load: { vus: 1, iterations: 1 }, transport: 'undici' } })
    expect(one!.placeOf('/transport')).toEqual(place('/transport'))
    expect(await faultsOf({ vus: 1, iterations: 1, transport: 'wires' })).toMatchInlineSnapshot(
      `"/transport invalid-load-test: Failed to read transport: "wires" is not one of its values. Did you mean "wire"?"`,
    )
  })

  test('a budget that no run can miss, where it stands', async () => {
    const budgets = { errorRate: { bound: 1 }, steps: { login: { errorRate: '100%' } } }
    const problems = await problemsOf({ vus: 1, iterations: 1, budgets })
    expect(problems.map(({ message, hint, at }) => [message, hint, at])).toEqual([
      [
        'Failed to read budget errorRate.bound: the bound is 100 %, which no run can miss.',
        "Did you mean '1%'?",
        place('/budgets/errorRate/bound'),
      ],
      [
        'Failed to read budget steps.login.errorRate: the bound is 100 %, which no run can miss.',
        "Write a share such as '1%'.",
        place('/budgets/steps/login/errorRate'),
      ],
    ])
  })

  test('several, each with its name and its own places', async () => {
    const value = [
      { name: 'at peak', mode: 'constant', vus: 50, duration: '30s', threads: 2 },
      { name: 'once each', vus: 2, iterations: 1 },
    ]
    expect(await faultsOf(value)).toBe('')
    const tests = read(value)
    expect(tests.map(({ name, options }) => [name, options.load])).toEqual([
      ['at peak', { mode: 'constant', vus: 50, duration: '30s', threads: 2 }],
      ['once each', { vus: 2, iterations: 1 }],
    ])
    expect(['', '/name', '/load/vus'].map(tests[1]!.placeOf)).toEqual([place('/1'), place('/1/name'), place('/1/vus')])
  })

  test('none', () => {
    expect(loadTestsOf({ ...workflow, extensions: {} })).toEqual({ tests: [], problems: [] })
  })
})

describe('what is wrong with them', () => {
  test('a slip in an option beside the load has its place, and what was meant', async () => {
    const faults = await faultsOf(
      {
        ...{ vus: 1, iterations: 1, protocol: 'h3', traceparent: 1, target: 'ap' },
        ...{ setup: { uv: '#checkout' }, teardown: { iteration: '#chekout' } },
        budgets: { requests: { p99: '1 parsec', p9: 1, errorrate: 0 }, request: { p99: '1s' } },
      },
      { applications: [{ name: 'api', origin: 'http://127.0.0.1:1', node: false }] },
    )
    expect(faults).toMatchInlineSnapshot(`
      "/traceparent invalid-load-test: Failed to read traceparent: 1 is neither true nor false.
      /protocol invalid-load-test: Failed to read protocol: "h3" is not one of its values. It is "auto" or "h1" or "h2".
      /target invalid-load-test: Failed to read target: there is no application "ap". Did you mean "api"?
      /budgets/requests/p99 invalid-budget: Failed to read budget requests.p99: "1 parsec" is not a duration: "parsec" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
      /budgets/requests/errorrate invalid-budget: Failed to read budget requests.errorrate: unknown key. Did you mean "errorRate"? Known keys are mean, max, any percentile (p50, p99, p99.9), errorRate and contract.
      /budgets/request invalid-budget: Failed to read budget request: unknown key. Did you mean "requests"? Known keys are rps, iterationRate, eventsRate, bytesRate, capacity, mean, max, any percentile (p50, p99, p99.9), errorRate, contract, dropped, resent, memory, memoryGrowth, cpu, cpuPerRequest, eventLoopDelay, heap, roundTrips, series, targets, requests, firstEvent, steps and generator.
      /setup/uv invalid-load-test: Failed to read setup.uv: there is no such key. Known keys are run, vu.
      /teardown/iteration invalid-load-test: Failed to read teardown.iteration: its document has no workflow "chekout". Did you mean "checkout"?"
    `)
  })

  test('is said all at once, each with its place', async () => {
    const faults = await faultsOf([
      { mode: 'rps', rps: 100, duration: '30' },
      { name: 'a', mode: 'adaptive' },
      { name: 'a', vus: 1, iterations: 1 },
      { name: 7, vus: 1, durration: '1s' },
      'lots',
    ])
    expect(faults).toMatchInlineSnapshot(`
      "/0/duration invalid-load-test: Failed to read x-load-test[0].duration: "30": it has no unit. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
      /0 invalid-load-test: Failed to read x-load-test[0]: it has no name. Tests in a list need different names.
      /1/mode invalid-load-test: Failed to read x-load-test[1].mode: the mode is adaptive, but there is no adaptive. Add adaptive: { maxVus: 100, latency: '50ms' }.
      /1 invalid-load-test: Failed to read x-load-test[1]: it does not say how long. Add a duration, such as '30s'.
      /2/name invalid-load-test: Failed to read x-load-test[2]: there is another "a". Give each its own name.
      /3/durration invalid-load-test: Failed to read x-load-test[3].durration: there is no such key. Did you mean "duration"?
      /3/name invalid-load-test: Failed to read x-load-test[3]: its name is not text. Tests in a list need different names.
      /4 invalid-load-test: Failed to read x-load-test[4]: it is not an object. Write how much and how long, such as { rps: 100, duration: '30s' }."
    `)
  })

  test('budgets are checked against what is known', async () => {
    const value = { vus: 1, iterations: 1, budgets: { p99: '10MB', memory: '1GB', steps: { logn: { p99: 10 } } } }
    expect(await faultsOf(value)).toMatchInlineSnapshot(`
      "/budgets/p99 invalid-budget: Failed to read budget p99: "10MB" is not a duration: "MB" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
      /budgets/memory invalid-budget: Failed to read budget memory: no target process is known. Let the plugin start the application (server), or give target: { pid }.
      /budgets/steps/logn invalid-budget: Failed to read budget steps.logn: the workflow has no such step. Did you mean "login"?"
    `)
  })

  test('targets, whose address may hold the port of the application', async () => {
    const targets = {
      api: { prometheus: 'http://127.0.0.1:{port}/metrics', series: { queue: 'queue' } },
      db: { pid: 4711 },
    }
    const value = { vus: 1, iterations: 1, targets, budgets: { targets: { api: { series: { queue: 5 } } } } }
    expect(await faultsOf(value)).toBe('')
    expect(read(value)).toMatchObject([{ options: { targets } }])
    expect(
      await faultsOf({ ...value, target: { pid: 'x' }, targets: { db: {} }, budgets: { heap: '1GB' } }),
    ).toMatchInlineSnapshot(`
      "/target/pid invalid-load-test: Failed to read target.pid: it is "x". Write the number of a process.
      /targets/db invalid-load-test: Failed to read targets.db: it is empty. Write { pid: 4711 } or { prometheus: 'http://127.0.0.1:9090/metrics' }.
      /budgets/heap invalid-budget: Failed to read budget heap: only Node processes with the probe loaded tell it. Let the plugin load it (server: { probe: true }), or give the folder in which they listen as probe."
    `)
  })

  test('where nothing is known of the application and other targets, budgets of them may be right', async () => {
    const budgets = { memory: '1GB', targets: { db: { memory: '1GB', cpu: '10MB' } } }
    expect(
      await faultsOf({ vus: 1, iterations: 1, budgets }, { application: true, others: 'any' }),
    ).toMatchInlineSnapshot(
      `"/budgets/targets/db/cpu invalid-budget: Failed to read budget targets.db.cpu: "10MB" is not a CPU share: "MB" is not a unit of CPU. Write a share of one core as a number (0.7), or text such as '70%', '1.5 cores' or '70% of machine'."`,
    )
  })

  test('an empty list', async () => {
    expect(await faultsOf([])).toMatchInlineSnapshot(
      `"(all) invalid-load-test: Failed to read x-load-test: it is an empty list. Write a load test, or leave the field out."`,
    )
  })
})

const workflow = { workflowId: 'checkout' } as Workflow

/** Places are told apart by their line: the position in the text. */
const known: string[] = ['']
function place(pointer: string): Location {
  if (!known.includes(pointer)) known.push(pointer)
  return { file, line: known.indexOf(pointer) + 1, column: pointer.length }
}

function extensionOf(value: unknown): Workflow['extensions'] {
  return { 'x-load-test': { value, at: place(''), places: placesOf(value, '') } }
}

const read = (value: unknown) => loadTestsOf({ ...workflow, extensions: extensionOf(value) }).tests

/** A document whose workflow has the one step `login`. */
async function problemsOf(value: unknown, around: Parameters<typeof loadTestProblems>[2] = {}) {
  const folder = project({
    'api.json': openapi({ op: ['get', '/'] }),
    [file]: arazzo('  - workflowId: checkout\n    steps: [{ stepId: login, operationId: op }]'),
  })
  const { document } = await readArazzo(`${folder}/${file}`)
  const [checkout] = document!.workflows
  Object.assign(checkout!, { extensions: extensionOf(value) })
  return loadTestProblems(document!, checkout!, around)
}

async function faultsOf(value: unknown, around?: Parameters<typeof loadTestProblems>[2]): Promise<string> {
  const problems = await problemsOf(value, around)
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
