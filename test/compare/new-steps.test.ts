import { describe, expect, onTestFinished, test } from 'vitest'
import type { Comparison } from '../../src/compare/comparison.ts'
import { Duet } from '../../src/compare/duet/duet.ts'
import { comparedVerdict, comparisonMarkdown } from '../../src/compare/markdown.ts'
import { type Launch, SIDES } from '../../src/compare/pair.ts'
import { compare } from '../../src/compare/run.ts'
import { sentenceOf } from '../../src/compare/words.ts'
import { loadTestOrThrow, readLoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Answer, type Seen, serve, type TestServer } from '../builders/server.ts'
import { cases } from '../builders/thorough.ts'

/* Workflows of which base and head do not have the same steps: real servers, real load. */

const step = (id: string, more = '') =>
  `      - { stepId: ${id}, operationId: ${id}, successCriteria: [{ condition: $statusCode == 200 }]${more} }`

const OUTPUT = ', outputs: { id: $response.body#/id }'
const READS = (from: string) => `, parameters: [{ name: id, in: path, value: $steps.${from}.outputs.id }]`
const ID = ", parameters: [{ name: id, in: path, value: '7' }]"

const SHOP = `  - workflowId: main
    steps:
${step('list')}
${step('pay', OUTPUT)}
${step('receipt', READS('pay'))}
${step('stats')}
    outputs: { receipt: $steps.receipt.outputs.none, status: $steps.stats.outputs.none }`

const OPERATIONS: Parameters<typeof openapi>[0] = {
  list: ['get', '/items'],
  pay: ['post', '/payments'],
  receipt: ['get', '/payments/{id}'],
  stats: ['get', '/stats'],
  item: ['get', '/items/{id}'],
}

type Routes = Record<string, number | ((request: Seen) => Answer)>

/** What an application says of a path that it does not have. */
const nobody = ({ method, url }: Seen): Answer => ({ status: 404, body: { message: `Cannot ${method} ${url}` } })

const ERRORS: LoadOptions['budgets'] = { errorRate: 'base + 20%' }

const ALL: Routes = { 'GET /items': 200, 'POST /payments': 200, 'GET /payments/7': 200, 'GET /stats': 200 }

function applicationWith(routes: Routes) {
  return serve(request => {
    const route = routes[`${request.method} ${request.url}`]
    if (route === undefined) return nobody(request)
    return typeof route === 'function' ? route(request) : { status: route, body: { id: 7 } }
  })
}

interface Written {
  workflows?: string
  budgets?: LoadOptions['budgets']
  inputs?: LoadOptions['inputs']
  /** Operations that base's own description has; absent if it has none. */
  described?: typeof OPERATIONS
}

interface Comparing extends Written {
  maxDuration?: number
}

async function opened(
  base: Routes,
  head: Routes,
  { workflows = SHOP, budgets = ERRORS, inputs = {}, described }: Written = {},
) {
  const folder = project({ 'api.json': openapi(OPERATIONS), 'main.arazzo.yaml': arazzo(workflows) })
  const options: LoadOptions = {
    workflow: `${folder}/main.arazzo.yaml#main`,
    servers: 'http://127.0.0.1:1',
    load: { vus: 2, duration: '5s' },
    budgets,
    inputs,
  }
  const read = loadTestOrThrow(await readLoadTest(options, { application: true, base: true }))
  const ofBase = described && project({ 'api.json': openapi(described) })
  const fileOfBase = (file: string) => ofBase && file.replace(folder, ofBase)
  const duet = await Duet.open(read, { warmUp: { requests: 100, time: 1 }, fileOfBase })
  onTestFinished(() => duet.close())
  const applications = { base: await applicationWith(base), head: await applicationWith(head) }
  const launchOf = ({ origin }: TestServer): Launch => ({ servers: origin, stop: async () => {} })
  const launches = { base: launchOf(applications.base), head: launchOf(applications.head) }
  return { duet, launches, budgets: read.relative, ...applications }
}

/** What is found before the load, and a pair that is measured after it. */
async function measured(...args: Parameters<typeof opened>) {
  const { duet, launches, ...rest } = await opened(...args)
  const found = await duet.leaveOutNew(launches)
  const pair = await duet.run(launches, { blocks: 2, length: 200, seed: 1 })
  expect(SIDES.map(side => pair[side].cause)).toEqual([undefined, undefined])
  return { newSteps: found.newSteps, steps: Object.keys(pair.head.steps), ...rest }
}

async function compared(base: Routes, head: Routes, { maxDuration = 60_000, ...more }: Comparing = {}) {
  const { duet, launches, budgets, ...applications } = await opened(base, head, more)
  const comparison = await compare({
    sides: { base: { launch: async () => launches.base }, head: { launch: async () => launches.head } },
    revisions: { base: { from: 'base' }, head: { from: 'head' } },
    notes: [],
    budgets,
    duel: {
      leaveOutNew: (launches, signal) => duet.leaveOutNew(launches, signal),
      run: (launches, given) => duet.run(launches, { ...given, blocks: 3, length: 60 }),
    },
    maxDuration,
    seed: 1,
    signal: new AbortController().signal,
  })
  return { comparison, ...applications }
}

const without = (...names: string[]): Routes =>
  Object.fromEntries(Object.entries(ALL).filter(([name]) => !names.includes(name)))

const textOf = (comparison: Comparison) => comparisonMarkdown({ name: 'shop', comparison })

describe('a step that base does not have is new, and so is what needs it; the others are compared', () => {
  const noMethod = { ...without('GET /payments/7'), 'POST /payments': 405 }
  test.each(
    cases<[string, Routes, number]>(
      [['no such route', without('POST /payments', 'GET /payments/7'), 404]],
      [
        ['no such method', noMethod, 405],
        ['not implemented', { ...ALL, 'POST /payments': 501 }, 501],
      ],
    ),
  )('%s', async (_, routes, status) => {
    const budgets: LoadOptions['budgets'] = {
      errorRate: 'base + 20%',
      steps: { pay: { errorRate: 'base + 1%' }, stats: { errorRate: 'base + 20%' } },
    }
    const { comparison, base, head } = await compared(routes, ALL, { budgets })
    expect(comparison.cause).toBeUndefined()
    expect(comparison.newSteps).toEqual([
      { step: 'pay', route: 'POST /payments', status },
      { step: 'receipt', needs: 'pay' },
    ])
    expect(comparison.budgets.map(({ budget: { key }, verdict }) => [key, verdict])).toEqual([
      ['errorRate', 'pass'],
      ['steps.stats.errorRate', 'pass'],
    ])
    expect(comparedVerdict(comparison)).toBe('pass')
    const [ofAll, ofStats] = comparison.budgets.map(found => sentenceOf(found, 1))
    expect(ofAll).toMatch(/ Without steps "pay", "receipt", which are new on head\.$/)
    expect(ofStats).not.toContain('new on head')
    expect(textOf(comparison)).toContain(
      `New on head, and not compared: "pay" (POST /payments, status ${status} on base), "receipt" (needs "pay").`,
    )
    // Nobody is asked for them under load.
    for (const { seen } of [base, head]) {
      const count = (url: string) => seen.filter(request => request.url === url).length
      expect(count('/stats')).toBeGreaterThan(50)
      expect(count('/payments')).toBeLessThan(10)
    }
  })

  test('also with an id in its path, if base has a description without it', async () => {
    const { item: _, ...described } = OPERATIONS
    const workflows = `  - workflowId: main\n    steps:\n${[step('list'), step('item', ID)].join('\n')}`
    const { newSteps } = await measured(ALL, { ...ALL, 'GET /items/7': 200 }, { workflows, described })
    expect(newSteps).toEqual([{ step: 'item', route: 'GET /items/{id}', status: 404 }])
  })

  test('of several new steps each is found, those behind others too', async () => {
    const { newSteps, steps } = await measured({ 'GET /items': 200 }, ALL)
    expect(newSteps.map(({ step, status, needs }) => [step, status ?? needs])).toEqual([
      ['pay', 404],
      ['receipt', 'pay'],
      ['stats', 404],
    ])
    expect(steps).toEqual(['list'])
  })

  test('a jump to a new step goes to the next one', async () => {
    const jump = ', onSuccess: [{ name: on, type: goto, stepId: pay }]'
    const workflows = `  - workflowId: main\n    steps:\n${[step('list', jump), step('item', ID), step('pay'), step('stats')].join('\n')}`
    const { newSteps, steps, head } = await measured(without('POST /payments'), ALL, { workflows })
    expect(newSteps).toEqual([{ step: 'pay', route: 'POST /payments', status: 404 }])
    expect(steps).toEqual(['list', 'item', 'stats'])
    expect(head.seen.some(({ url }) => url === '/items/7')).toBe(false)
    expect(head.seen.filter(({ url }) => url === '/stats').length).toBeGreaterThan(5)
  })

  test('in a workflow that a step runs, that step is left out', async () => {
    const workflows = `  - workflowId: main
    steps:
${step('list')}
      - { stepId: paying, workflowId: payment }
  - workflowId: payment
    steps:
${step('stats')}
${step('pay')}`
    const { newSteps, steps } = await measured(without('POST /payments'), ALL, { workflows })
    expect(newSteps).toEqual([
      { step: 'payment.stats', needs: 'payment.pay' },
      { step: 'payment.pay', route: 'POST /payments', status: 404 },
    ])
    expect(steps).toEqual(['list'])
  })

  test('also where inputs come from a function', async () => {
    const { newSteps, steps } = await measured(without('POST /payments'), ALL, { inputs: n => ({ n }) })
    expect(newSteps).toHaveLength(2)
    expect(steps).toEqual(['list', 'stats'])
  })
})

describe('never a pass', () => {
  const noItem = () => ({ status: 404, body: { error: 'there is no item 7' } })
  const withItem = (routes: Routes): Routes => ({ ...routes, 'GET /items/7': 200 })
  const ofItem = `  - workflowId: main\n    steps:\n${[step('list'), step('item', ID)].join('\n')}`

  const OF_ITEM =
    /^base could not be measured: step "item" \(GET \/items\/\{id\}\) fails on base .* status 404, .* data may be missing\./
  const allows = () => ({ status: 204, headers: { allow: 'GET, POST' } })

  test.each<[string, [Routes, Routes, Parameters<typeof compared>[2]?], RegExp]>([
    [
      'base responds to missing data as to a path that is not served, and its description has the route',
      [ALL, withItem(ALL), { workflows: ofItem, described: OPERATIONS }],
      OF_ITEM,
    ],
    [
      'the same where base has no description, and the path has an id',
      [ALL, withItem(ALL), { workflows: ofItem }],
      OF_ITEM,
    ],
    [
      'the same where the path has none, and base says that it serves the method',
      [{ ...without('GET /stats'), 'OPTIONS /stats': allows }, ALL],
      /^base could not be measured: step "stats" \(GET \/stats\) fails on base/,
    ],
    [
      'base is broken',
      [{ ...ALL, 'POST /payments': 500 }, ALL],
      /^base could not be measured: step "pay" \(POST \/payments\) fails on base and passes on head: it responds with status 500\. Repair/,
    ],
    [
      'base lacks data',
      [{ ...ALL, 'GET /items/7': noItem }, withItem(ALL), { workflows: ofItem }],
      /^base could not be measured: step "item" \(GET \/items\/\{id\}\) fails on base .* status 404, which does not show that it has no such route: data may be missing\./,
    ],
    [
      'head has lost a route',
      [ALL, without('GET /stats')],
      /^head has lost step "stats" \(GET \/stats\): it responds with status 404, where base passes\. Restore/,
    ],
    [
      'head has lost a route, and the criteria do not see it',
      [ALL, without('GET /stats'), { workflows: SHOP.replaceAll('$statusCode == 200', '$statusCode < 500') }],
      /^head has lost step "stats" \(GET \/stats\): it responds with status 404/,
    ],
    [
      'head is broken',
      [ALL, { ...ALL, 'GET /stats': 500 }],
      /^head could not be measured: step "stats" \(GET \/stats\) fails on head and passes on base: it responds with status 500\./,
    ],
    [
      'nothing is left',
      [{}, ALL],
      /^step "stats" is new: base has no GET \/stats \(status 404\); nothing is left to compare/,
    ],
    [
      'no budget is left',
      [without('POST /payments'), ALL, { budgets: { steps: { pay: { errorRate: 'base + 1%' } } } }],
      /^nothing is left to compare: each budget is of a step that is new on head$/,
    ],
    [
      'the new step says where the run goes on',
      [
        without('POST /payments'),
        ALL,
        { workflows: SHOP.replace(OUTPUT, `${OUTPUT}, onSuccess: [{ name: on, type: goto, stepId: receipt }]`) },
      ],
      /^step "pay" is new: .*; the onSuccess of step "pay" says where the run goes on/,
    ],
  ])('%s', async (_, [base, head, more], cause) => {
    const { comparison } = await compared(base, head, more)
    expect(comparison.cause).toMatch(cause)
    expect(comparison.pairs).toBe(0)
    expect(comparison.budgets.map(({ verdict }) => verdict)).toEqual(['inconclusive'])
    expect(comparedVerdict(comparison)).not.toBe('pass')
  })

  test('a step that only some requests of base fail at is named with its route, and what to do', async () => {
    let count = 0
    const sometimes = () => ({ status: count++ % 3 === 2 ? 500 : 200 })
    const { comparison } = await compared({ ...ALL, 'GET /stats': sometimes }, ALL, { budgets: { p50: 'base + 300%' } })
    expect(comparison.budgets[0]).toMatchObject({ verdict: 'inconclusive' })
    expect(comparison.budgets[0]!.why.join(' ')).toMatch(
      /step "stats" \(GET \/stats\) is not the same on both sides: .* fail on base and 0 % on head \(.*500.*\)\. Repair base/,
    )
  })
})

describe('what each step got is shown', () => {
  const items = (count: number) => () => ({ body: Array.from({ length: count }, (_, id) => ({ id, name: 'A thing' })) })
  const listing = `  - workflowId: main\n    steps:\n${[step('list'), step('stats')].join('\n')}`

  test('a head that returns 4 of 20 items says so next to its verdict', async () => {
    const budgets: LoadOptions['budgets'] = { p50: 'base + 900%', errorRate: 'base + 20%' }
    const { comparison } = await compared(
      { ...ALL, 'GET /items': items(20) },
      { ...ALL, 'GET /items': items(4) },
      // A pair or two show it.
      { workflows: listing, budgets, maxDuration: 1_000 },
    )
    const [list, stats] = comparison.steps!
    expect(list).toMatchObject({ step: 'list', route: 'GET /items' })
    expect(list!.bytes!.base).toBe(JSON.stringify(items(20)().body).length)
    expect(list!.bytes!.head).toBe(JSON.stringify(items(4)().body).length)
    expect(Object.keys(list!.statuses.head)).toEqual(['200'])
    expect(stats!.bytes!.head).toBe(stats!.bytes!.base)
    const [ofTimes, ofErrors] = comparison.budgets
    expect(ofTimes!.remarks).toEqual([
      expect.stringMatching(
        /^step "list" \(GET \/items\) is not the same work: a response has 1\d\d B on head .*\(-80 %\)$/,
      ),
    ])
    expect(sentenceOf(ofTimes!, 1)).toMatch(/ Step "list" .* is not the same work: .*\(-80 %\)\.$/)
    expect(ofErrors!.remarks).toBeUndefined()
    expect(textOf(comparison)).toContain('What each step got')
  })
})
