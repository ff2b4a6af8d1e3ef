import { describe, expect, test } from 'vitest'
import { type BudgetContext, readBudgets } from '../../src/budget/read.ts'
import { sentenceOf } from '../../src/ground/fault.ts'

const context: BudgetContext = { steps: ['login', 'list', 'payment.charge'], target: true, cores: 2 }

function titles(input: unknown): string[] {
  const { budgets, problems } = readBudgets(input, context)
  return [...budgets.map(({ title }) => title), ...problems.map(sentenceOf)]
}

/** Path and sentence of each problem, a line each. */
function problems(input: unknown, over: Partial<BudgetContext> = {}): string {
  const { problems } = readBudgets(input, { ...context, ...over })
  return problems.map(problem => `${problem.path}\n  ${sentenceOf(problem)}`).join('\n')
}

describe('budgets are read', () => {
  test('each into its metric, its natural direction and a title', () => {
    const { budgets } = readBudgets({ rps: 1900, p99: '100ms', 'p99.9': 250, errorRate: '0.1%' }, context)
    expect(budgets).toEqual([
      {
        key: 'rps',
        path: ['rps'],
        of: 'iterations',
        metric: 'rps',
        operator: '>=',
        bound: 1900,
        unit: 'per second',
        title: 'rps >= 1,900/s',
      },
      {
        key: 'p99',
        path: ['p99'],
        of: 'iterations',
        metric: 'percentile',
        quantile: 0.99,
        operator: '<=',
        bound: 100,
        unit: 'milliseconds',
        title: 'p99 <= 100 ms',
      },
      {
        key: 'p99.9',
        path: ['p99.9'],
        of: 'iterations',
        metric: 'percentile',
        quantile: 0.999,
        operator: '<=',
        bound: 250,
        unit: 'milliseconds',
        title: 'p99.9 <= 250 ms',
      },
      {
        key: 'errorRate',
        path: ['errorRate'],
        of: 'iterations',
        metric: 'errorRate',
        operator: '<=',
        bound: 0.001,
        unit: 'share',
        title: 'errorRate <= 0.1 %',
      },
    ])
  })

  test('of the application, of steps and of the generator', () => {
    const input = {
      memory: '200MB',
      cpu: '70%',
      steps: { login: { p99: '50ms', errorRate: 0 }, 'payment.charge': { 'p99.9': '1s' } },
      generator: { memory: '100MiB', cpu: '1.5 cores' },
    }
    const { budgets } = readBudgets(input, context)
    expect(budgets.map(({ key, of, step, bound, title }) => [key, of, step, bound, title])).toEqual([
      ['memory', 'target', undefined, 200_000_000, 'memory <= 200 MB'],
      ['cpu', 'target', undefined, 0.7, 'cpu <= 70 %'],
      ['steps.login.p99', 'step', 'login', 50, 'login p99 <= 50 ms'],
      ['steps.login.errorRate', 'step', 'login', 0, 'login errorRate <= 0 %'],
      ['steps.payment.charge.p99.9', 'step', 'payment.charge', 1000, 'payment.charge p99.9 <= 1 s'],
      ['generator.memory', 'generator', undefined, 104_857_600, 'generator memory <= 100 MiB'],
      ['generator.cpu', 'generator', undefined, 1.5, 'generator cpu <= 150 %'],
    ])
  })

  test.each([
    [{ p99: '< 100ms' }, 'p99 < 100 ms'],
    [{ p99: '<=1.234s' }, 'p99 <= 1.234 s'],
    [{ rps: '> 1000' }, 'rps > 1,000/s'],
    [{ rps: '<= 2000 rps' }, 'rps <= 2,000/s'],
    [{ iterationRate: '600/min' }, 'iterationRate >= 10/s'],
    [{ mean: 12.5 }, 'mean <= 12.5 ms'],
    [{ max: '2m' }, 'max <= 2 min'],
    [{ p50: '250us' }, 'p50 <= 0.25 ms'],
    [{ cpu: '70% of machine' }, 'cpu <= 140 % (70 % of machine)'],
    [{ cpu: '< 70 % of the machine' }, 'cpu < 140 % (70 % of machine)'],
    [{ memory: 209_715_200 }, 'memory <= 200 MiB'],
    [{ memory: '1.5GB' }, 'memory <= 1.5 GB'],
    [{ dropped: 0 }, 'dropped <= 0'],
    [{ dropped: '10' }, 'dropped <= 10'],
    [{ dropped: '< 1%' }, 'dropped < 1 %'],
    [{ dropped: 0.005 }, 'dropped <= 0.5 %'],
    [{ dropped: '50%' }, 'dropped <= 50 %'],
  ])('%j as %j', (input, title) => {
    expect(titles(input)).toEqual([title])
  })

  test.each([
    [{ memoryGrowth: '1MB/min' }, 'memoryGrowth <= 1 MB/min', { per: 'minute', bound: 1e6 }],
    [{ memoryGrowth: '30 MB per hour' }, 'memoryGrowth <= 500 kB/min', { per: 'minute', bound: 5e5 }],
    [
      { memoryGrowth: '< 100KB/1000 requests' },
      'memoryGrowth < 100 kB/1,000 requests',
      { per: '1000 requests', bound: 1e5 },
    ],
    [
      { memoryGrowth: '50 bytes/request' },
      'memoryGrowth <= 50 kB/1,000 requests',
      { per: '1000 requests', bound: 5e4 },
    ],
    [{ cpuPerRequest: '2ms' }, 'cpuPerRequest <= 2 ms', {}],
    [{ eventLoopDelay: 20 }, 'eventLoopDelay <= 20 ms', {}],
    [{ heap: '64MiB' }, 'heap <= 64 MiB', {}],
    [{ series: { queue: 100 } }, 'series.queue <= 100', { series: 'queue' }],
    [{ targets: { db: { cpu: '50%' } } }, 'db cpu <= 50 %', { key: 'targets.db.cpu', target: 'db' }],
    [
      { targets: { db: { series: { free: '> 1,000' } } } },
      'db series.free > 1,000',
      { key: 'targets.db.series.free', target: 'db', series: 'free' },
    ],
  ])('of a target: %j as %j', (input, title, fields) => {
    const { budgets, problems } = readBudgets(input, { ...context, targets: { db: true } })
    expect(problems).toEqual([])
    expect(budgets).toMatchObject([{ of: 'target', title, ...fields }])
  })

  test('none from nothing, and a key without a value is left out', () => {
    expect(readBudgets(undefined, context)).toEqual({ budgets: [], relative: [], problems: [] })
    expect(readBudgets({ p99: undefined, steps: undefined }, context)).toEqual({
      budgets: [],
      relative: [],
      problems: [],
    })
  })
})

describe('what is wrong is said', () => {
  test('all at once, beside the budgets that are right', () => {
    const input = { p99: '100MB', p95: '80ms', rsp: 100, steps: { logni: { p99: '1ms' }, list: { rps: 5 } } }
    expect(readBudgets(input, context).budgets.map(({ title }) => title)).toEqual(['p95 <= 80 ms'])
    expect(problems(input)).toMatchInlineSnapshot(`
      "/p99
        Failed to read budget p99: "100MB" is not a duration: "MB" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
      /rsp
        Failed to read budget rsp: unknown key. Did you mean "rps"? Known keys are rps, iterationRate, eventsRate, bytesRate, capacity, mean, max, any percentile (p50, p99, p99.9), errorRate, contract, dropped, resent, memory, memoryGrowth, cpu, cpuPerRequest, eventLoopDelay, heap, roundTrips, series, targets, requests, firstEvent, steps and generator.
      /steps/logni
        Failed to read budget steps.logni: the workflow has no such step. Did you mean "login"? Steps are login, list, payment.charge.
      /steps/list/rps
        Failed to read budget steps.list.rps: unknown key. Known keys are eventsRate, bytesRate, mean, max, any percentile (p50, p99, p99.9), errorRate, contract and firstEvent."
    `)
  })

  test('memory and cpu without a target, though the generator is always known', () => {
    const input = { memory: '200MB', cpu: '70%', generator: { memory: '200MB' } }
    expect(problems(input, { target: false })).toMatchInlineSnapshot(`
      "/memory
        Failed to read budget memory: no target process is known. Let the plugin start the application (server), or give target: { pid }.
      /cpu
        Failed to read budget cpu: no target process is known. Let the plugin start the application (server), or give target: { pid }."
    `)
  })

  test('budgets of targets, of their series, and of what they cannot tell', () => {
    const input = {
      memoryGrowht: '1MB/min',
      memoryGrowth: '1MB',
      heap: '1GB',
      series: { lag: 1 },
      targets: {
        api: { eventLoopDelay: '10ms', series: { queu: 5 }, p99: 1 },
        dv: { memory: '1GB' },
        db: { heap: '1MB', memoryGrowth: { bound: 0, everyWindow: '1s' } },
      },
      'targets.api.cpu': 1,
    }
    const known: Partial<BudgetContext> = {
      target: { kind: 'process', node: false, series: [] },
      targets: {
        api: { kind: 'prometheus', node: false, series: ['queue'] },
        db: { kind: 'process', node: false, series: [] },
      },
    }
    expect(problems(input, known)).toMatchInlineSnapshot(`
      "/memoryGrowht
        Failed to read budget memoryGrowht: unknown key. Did you mean "memoryGrowth"? Known keys are rps, iterationRate, eventsRate, bytesRate, capacity, mean, max, any percentile (p50, p99, p99.9), errorRate, contract, dropped, resent, memory, memoryGrowth, cpu, cpuPerRequest, eventLoopDelay, heap, roundTrips, series, targets, requests, firstEvent, steps and generator.
      /memoryGrowth
        Failed to read budget memoryGrowth: "1MB" is not a growth: it does not say per what. Write what may be added and per what: '1MB/min', '10MB/h', '100KB/1000 requests' or '50 bytes/request'.
      /heap
        Failed to read budget heap: only Node processes with the probe loaded tell it. Let the plugin load it (server: { probe: true }), or give the folder in which they listen as probe.
      /series/lag
        Failed to read budget series.lag: the target has no such series. The target names none. Give it series: { queue: 'sum(app_queue_length)' }.
      /targets/api/eventLoopDelay
        Failed to read budget targets.api.eventLoopDelay: only Node processes with the probe loaded tell it. Give the series that holds it a name, such as series: { lag: 'nodejs_eventloop_lag_p99_seconds' }.
      /targets/api/series/queu
        Failed to read budget targets.api.series.queu: the target has no such series. Did you mean "queue"?
      /targets/api/p99
        Failed to read budget targets.api.p99: unknown key. Known keys are memory, memoryGrowth, cpu, cpuPerRequest, eventLoopDelay, heap, roundTrips and series.
      /targets/dv
        Failed to read budget targets.dv: there is no such target. Targets are api, db.
      /targets/db/heap
        Failed to read budget targets.db.heap: only Node processes with the probe loaded tell it. Let the plugin load it (server: { probe: true }), or give the folder in which they listen as probe.
      /targets/db/memoryGrowth/everyWindow
        Failed to read budget targets.db.memoryGrowth.everyWindow: memoryGrowth is judged over the whole measured window. Remove it.
      /targets.api.cpu
        Failed to read budget targets.api.cpu: unknown key. Did you mean targets: { api: { cpu: … } }? Known keys are rps, iterationRate, eventsRate, bytesRate, capacity, mean, max, any percentile (p50, p99, p99.9), errorRate, contract, dropped, resent, memory, memoryGrowth, cpu, cpuPerRequest, eventLoopDelay, heap, roundTrips, series, targets, requests, firstEvent, steps and generator."
    `)
    expect(problems({ cpu: 1, targets: { a: { cpu: 1 } } }, { target: false })).toMatchInlineSnapshot(`
      "/cpu
        Failed to read budget cpu: no target process is known. Let the plugin start the application (server), or give target: { pid }.
      /targets/a
        Failed to read budget targets.a: there is no such target. None has a name. Give it one: targets: { a: { pid: 4711 } }."
    `)
    expect(problems({ cpu: 1 }, { ...known, target: false })).toMatchInlineSnapshot(`
      "/cpu
        Failed to read budget cpu: no target process is known. Let the plugin start the application (server), or give target: { pid }. Of api it is targets: { api: { cpu: … } }."
    `)
    expect(problems({ targets: { db: { memoryGrowth: 0 } }, memoryGrowth: '0 B/min' }, known)).toMatchInlineSnapshot(`
      "/targets/db/memoryGrowth
        Failed to read budget targets.db.memoryGrowth: 0 is not a growth: it does not say per what. Write what may be added and per what: '1MB/min', '10MB/h', '100KB/1000 requests' or '50 bytes/request'.
      /memoryGrowth
        Failed to read budget memoryGrowth: the bound is 0, and no figure is as exact as that. Write how little does not matter, such as '100KB/min'."
    `)
    expect(problems({ memoryGrowth: '1MB/week' }, known)).toMatchInlineSnapshot(`
      "/memoryGrowth
        Failed to read budget memoryGrowth: "1MB/week" is not a growth: "week" is nothing to grow with. Write what may be added and per what: '1MB/min', '10MB/h', '100KB/1000 requests' or '50 bytes/request'."
    `)
  })

  test('percentiles that do not exist', () => {
    expect(problems({ p0: 1, p100: 1, p999: 1, 'p99.': 1, p: 1 })).toMatchInlineSnapshot(`
      "/p0
        Failed to read budget p0: there is no such percentile. Did you mean "p50"? Write one above p0 and below p100, such as p95 or p99.9; the highest value is max.
      /p100
        Failed to read budget p100: there is no such percentile. Write one above p0 and below p100, such as p95 or p99.9; the highest value is max.
      /p999
        Failed to read budget p999: there is no such percentile. Did you mean "p99.9"? Write one above p0 and below p100, such as p95 or p99.9; the highest value is max.
      /p99.
        Failed to read budget p99.: there is no such percentile. Did you mean "p99"? Write one above p0 and below p100, such as p95 or p99.9; the highest value is max.
      /p
        Failed to read budget p: unknown key. Known keys are rps, iterationRate, eventsRate, bytesRate, capacity, mean, max, any percentile (p50, p99, p99.9), errorRate, contract, dropped, resent, memory, memoryGrowth, cpu, cpuPerRequest, eventLoopDelay, heap, roundTrips, series, targets, requests, firstEvent, steps and generator."
    `)
  })

  test('bounds that no run can meet, and bounds that each run meets', () => {
    const input = { p99: 0, mean: '0ms', errorRate: '< 0', rps: 0, cpu: 0, generator: { memory: '0MB' } }
    expect(problems(input)).toMatchInlineSnapshot(`
      "/p99
        Failed to read budget p99: the bound is 0 ms, and every response takes some time. Write the time it may take, such as '100ms'.
      /mean
        Failed to read budget mean: the bound is 0 ms, and every response takes some time. Write the time it may take, such as '100ms'.
      /errorRate
        Failed to read budget errorRate: nothing is less than 0. Write <= 0 to allow none.
      /rps
        Failed to read budget rps: every run has at least 0. Write what is wanted, or leave the budget out.
      /cpu
        Failed to read budget cpu: the bound is 0, and a running application uses some. Write what it may use.
      /generator/memory
        Failed to read budget generator.memory: the bound is 0, and a running generator uses some. Write what it may use."
    `)
  })

  test.each<[Record<string, unknown>, string]>([
    [{ errorRate: 1 }, "errorRate: the bound is 100 %, which no run can miss. Did you mean '1%'?"],
    [{ errorRate: '1' }, "errorRate: the bound is 100 %, which no run can miss. Did you mean '1%'?"],
    [{ errorRate: '<= 1' }, "errorRate: the bound is 100 %, which no run can miss. Did you mean '1%'?"],
    [{ errorRate: '100%' }, 'errorRate: the bound is 100 %, which no run can miss. Write a share'],
    [{ errorRate: '> 100%' }, 'errorRate: nothing is more than 100 %.'],
    [{ errorRate: '>= 100%' }, 'errorRate: the bound is 100 %, which a run keeps in which nothing passes.'],
    [{ errorRate: '>= 0' }, 'errorRate: every run has at least 0.'],
    [{ errorRate: -0.1 }, 'errorRate: -0.1 is not a share: it is negative.'],
    [{ dropped: '100%' }, 'dropped: the bound is 100 %, which no run can miss.'],
    [
      { requests: { errorRate: 1 } },
      "requests.errorRate: the bound is 100 %, which no run can miss. Did you mean '1%'?",
    ],
    [
      { steps: { login: { errorRate: 1 } } },
      'steps.login.errorRate: the bound is 100 %, which no run can miss. Did you',
    ],
    [{ errorRate: { bound: 1, everyWindow: '1s' } }, 'errorRate.bound: the bound is 100 %, which no run can miss. Did'],
    [{ errorRate: [1, 'base + 1%'] }, "errorRate: the bound is 100 %, which no run can miss. Did you mean '1%'?"],
    [{ errorRate: 'base + 100%' }, "errorRate: no two shares differ by more than 100 %. Did you mean 'base + 1%'?"],
    [{ errorRate: 'base + 1' }, "errorRate: no two shares differ by more than 100 %. Did you mean 'base + 1%'?"],
    [{ contract: 1 }, "contract: the bound is 100 %, which no run can miss. Did you mean '1%'?"],
    [{ contract: 'base + 1%' }, 'contract: it cannot be compared with a base. Write an absolute bound: contract: 0.'],
    [{ contract: { bound: 0, everyWindow: '1s' } }, 'contract.everyWindow: contract is judged over the whole'],
    [{ contract: { bound: 0, abortOnFail: true } }, 'contract.abortOnFail: contract is judged over the whole'],
    [{ contracts: 0 }, 'contracts: unknown key. Did you mean "contract"?'],
    [{ rps: '<= 0' }, 'rps: a run in which nothing comes has no data, which keeps no budget.'],
    [{ cpu: '100% of machine' }, 'cpu: no run uses more than the whole machine.'],
    [{ eventLoopDelay: 0 }, 'eventLoopDelay: the bound is 0 ms, and every event loop comes round late.'],
  ])('a bound that decides nothing: %j', (input, found) => {
    expect(problems(input, { base: true })).toContain(`Failed to read budget ${found}`)
  })

  test.each([{ errorRate: '< 100%' }, { errorRate: 0.99 }, { dropped: 1 }, { cpu: '100%' }, { cpu: '99% of machine' }])(
    'a bound that some run misses: %j',
    input => expect(problems(input)).toBe(''),
  )

  test('a contract without a description', () => {
    const input = { contract: 0, requests: { contract: 0 }, steps: { list: { contract: 0 }, login: { contract: 0 } } }
    expect(problems(input, { contracts: ['login'] })).toBe(
      "/steps/list/contract\n  Failed to read budget steps.list.contract: no response of the step is checked against an OpenAPI description. Describe its responses, with checks: 'error'.",
    )
    expect(problems({ contract: 0 }, { contracts: [] })).toContain('budget contract: no response is checked against')
  })

  test('units and values that do not fit', () => {
    const input = { rps: '100ms', memory: '200', cpu: 70, errorRate: 5, dropped: '10/s', max: null, p99: [['1s']] }
    expect(problems(input)).toMatchInlineSnapshot(`
      "/rps
        Failed to read budget rps: "100ms" is not a rate: "ms" is not a unit of a rate. Write events a second as a number, or text such as '1000', '1000/s', '1000 rps' or '60/min'.
      /memory
        Failed to read budget memory: "200" is not a size: it has no unit. Write bytes as a number, or text such as '200MB' (1 MB is 1,000,000 bytes) or '200MiB' (1 MiB is 1,048,576).
      /cpu
        Failed to read budget cpu: 70 is not a CPU share: a number is a share of one core, and this machine has 2. Did you mean '70%'? Write a share of one core as a number (0.7), or text such as '70%', '1.5 cores' or '70% of machine'.
      /errorRate
        Failed to read budget errorRate: 5 is not a share: it is more than the whole. Did you mean '5%'? Write a number from 0 to 1, or text such as '0.1%'.
      /dropped
        Failed to read budget dropped: "10/s" is not a count or share: "/s" is not a unit of a share. Write a count (10), or a share such as '0.1%'.
      /max
        Failed to read budget max: null is not a duration: it is neither a number nor text. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
      /p99
        Failed to read budget p99: a list is not a duration: it is neither a number nor text. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'."
    `)
  })

  test('a step of a nested workflow without its workflow', () => {
    expect(problems({ steps: { charge: { p99: '1s' } } })).toMatchInlineSnapshot(`
      "/steps/charge
        Failed to read budget steps.charge: the workflow has no such step. Did you mean "payment.charge"? Steps are login, list, payment.charge."
    `)
  })

  test('a step when there are none', () => {
    expect(problems({ steps: { login: { p99: '1s' } } }, { steps: [] })).toMatchInlineSnapshot(`
      "/steps/login
        Failed to read budget steps.login: the workflow has no such step. The workflow has no steps that send requests."
    `)
  })

  test('keys as titles and reports print them', () => {
    expect(problems({ 'steps.login.p99.9': '50ms', 'generator.cpu': 1 })).toMatchInlineSnapshot(`
      "/steps.login.p99.9
        Failed to read budget steps.login.p99.9: unknown key. Did you mean steps: { login: { p99.9: … } }? Known keys are rps, iterationRate, eventsRate, bytesRate, capacity, mean, max, any percentile (p50, p99, p99.9), errorRate, contract, dropped, resent, memory, memoryGrowth, cpu, cpuPerRequest, eventLoopDelay, heap, roundTrips, series, targets, requests, firstEvent, steps and generator.
      /generator.cpu
        Failed to read budget generator.cpu: unknown key. Did you mean generator: { cpu: … }? Known keys are rps, iterationRate, eventsRate, bytesRate, capacity, mean, max, any percentile (p50, p99, p99.9), errorRate, contract, dropped, resent, memory, memoryGrowth, cpu, cpuPerRequest, eventLoopDelay, heap, roundTrips, series, targets, requests, firstEvent, steps and generator."
    `)
  })

  test('things that are no objects', () => {
    expect(problems(100)).toMatchInlineSnapshot(
      `
      "
        Failed to read budgets: 100 is not an object. Write an object, such as { p99: '100ms', errorRate: '0.1%' }."
    `,
    )
    expect(problems({ steps: ['login'], generator: '200MB' })).toMatchInlineSnapshot(`
      "/steps
        Failed to read budget steps: a list is not an object. Write an object, such as { login: { p99: '50ms' } }.
      /generator
        Failed to read budget generator: "200MB" is not an object. Write an object, such as { memory: '200MB' }."
    `)
    expect(problems({ steps: { login: '50ms' } })).toMatchInlineSnapshot(`
      "/steps/login
        Failed to read budget steps.login: "50ms" is not an object. Write an object, such as { p99: '50ms' }."
    `)
  })

  test('with the path as a JSON Pointer below where the budgets stand', () => {
    const input = { 'a/b~c': 1, steps: { login: { p99: 'x' } } }
    const { problems } = readBudgets(input, { ...context, problemsBase: '/budgets' })
    expect(problems.map(({ path }) => path)).toEqual(['/budgets/a~1b~0c', '/budgets/steps/login/p99'])
  })
})

describe('a budget as an object', () => {
  const read = (p99: unknown, key = 'p99') => {
    const { budgets, problems } = readBudgets({ [key]: p99 }, { steps: [], target: true, cores: 2 })
    return problems.length > 0 ? problems.map(problem => `${problem.path}: ${sentenceOf(problem)}`) : budgets[0]
  }

  test('says when it ends the run, and in which windows it has to hold', () => {
    expect(read({ bound: '100ms' })).toMatchObject({ title: 'p99 <= 100 ms', bound: 100 })
    expect(read({ bound: '< 1%', abortOnFail: true }, 'errorRate')).toMatchObject({
      abort: { hold: 2_000 },
      operator: '<',
    })
    expect(read({ bound: 100, abortOnFail: true, hold: 500 })).toMatchObject({ abort: { hold: 500 } })
    expect(read({ bound: 100, everyWindow: '10s', abortOnFail: false })).toMatchObject({
      title: 'p99 <= 100 ms in every 10 s',
      everyWindow: 10_000,
    })
  })

  test('what is wrong with it', () => {
    expect(read({ max: '100ms', abortOnFial: true })).toMatchInlineSnapshot(`
      [
        "/p99/max: Failed to read budget p99.max: there is no such key. Did you mean "bound"?",
        "/p99/abortOnFial: Failed to read budget p99.abortOnFial: there is no such key. Did you mean "abortOnFail"?",
      ]
    `)
    expect(read({})).toMatchInlineSnapshot(`
      [
        "/p99: Failed to read budget p99: it has no bound. Add one, such as bound: '100ms'.",
      ]
    `)
    expect(read({ bound: '100MB' })).toMatchInlineSnapshot(`
      [
        "/p99/bound: Failed to read budget p99.bound: "100MB" is not a duration: "MB" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.",
      ]
    `)
    expect(read({ bound: 100, hold: '5 parsecs' })).toMatchInlineSnapshot(`
      [
        "/p99/hold: Failed to read budget p99.hold: "5 parsecs": "parsecs" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.",
        "/p99/hold: Failed to read budget p99.hold: it says when to end the run. Add abortOnFail: true.",
      ]
    `)
    expect(read({ bound: 100, abortOnFail: 'yes' })).toMatchInlineSnapshot(`
      [
        "/p99/abortOnFail: Failed to read budget p99.abortOnFail: "yes" is neither true nor false.",
      ]
    `)
    expect(read({ bound: 100, everyWindow: '1500ms' })).toMatchInlineSnapshot(`
      [
        "/p99/everyWindow: Failed to read budget p99.everyWindow: 1.5 s is not a whole number of seconds. Write such as '10s'.",
      ]
    `)
    expect(read({ bound: 100, everyWindow: '10' })).toMatchInlineSnapshot(`
      [
        "/p99/everyWindow: Failed to read budget p99.everyWindow: "10": it has no unit. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.",
      ]
    `)
    expect(read({ bound: 100, everyWindow: '10s', abortOnFail: true, hold: '1s' })).toMatchInlineSnapshot(`
      [
        "/p99/hold: Failed to read budget p99.hold: a window that is missed is reason enough. Remove it, or make windows longer.",
      ]
    `)
    expect(read({ bound: '1GB', everyWindow: '10s' }, 'memory')).toMatchInlineSnapshot(`
      [
        "/memory/everyWindow: Failed to read budget memory.everyWindow: memory is judged over the whole measured window. Remove it.",
      ]
    `)
  })
})
