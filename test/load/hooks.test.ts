import { describe, expect, test } from 'vitest'
import { readArazzo } from '../../src/document/read.ts'
import { runLoadTest } from '../../src/hosts/run.ts'
import { createWireTransport } from '../../src/http/wire/pool.ts'
import { fixedFeed } from '../../src/load/feed/feed.ts'
import type { HookContext, Hooks } from '../../src/load/plan/hooks.ts'
import { loadTestOrThrow, readLoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { RunHooks } from '../../src/load/run/prepare.ts'
import { UserHooks } from '../../src/load/thread/user-hooks.ts'
import { compilePlan } from '../../src/workflow/plan.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Answer, type Seen, serve } from '../builders/server.ts'
import { cases } from '../builders/thorough.ts'

/* What runs before and after a load, its users and its iterations: against a server that logs what it sees. */

const api = openapi({
  reset: ['post', '/reset'],
  login: ['post', '/login'],
  logout: ['post', '/logout'],
  create: ['post', '/items'],
  check: ['get', '/check'],
  remove: ['delete', '/items/{id}'],
})
const ok = 'successCriteria: [{ condition: $statusCode == 200 }]'
const header = '{ name: authorization, in: header, value: "Bearer {$inputs.token}" }'

const flow = arazzo(`
  - workflowId: main
    inputs: { type: object, required: [token], properties: { token: { type: string } } }
    steps:
      - stepId: create
        operationId: create
        parameters: [${header}]
        ${ok}
        outputs: { id: $response.body#/id }
      - { stepId: check, operationId: check, ${ok} }
  - workflowId: plain
    steps: [{ stepId: check, operationId: check, ${ok} }]
  - workflowId: login
    inputs: { type: object, properties: { user: { type: string } } }
    steps:
      - stepId: login
        operationId: login
        parameters: [{ name: user, in: query, value: $inputs.user }]
        ${ok}
        outputs: { token: $response.body#/token }
    outputs: { token: $steps.login.outputs.token }
  - workflowId: logout
    steps: [{ stepId: logout, operationId: logout, ${ok} }]
  - workflowId: reset
    steps: [{ stepId: reset, operationId: reset, ${ok} }]
  - workflowId: remove
    inputs: { type: object, required: [id], properties: { id: { type: string } } }
    steps:
      - stepId: remove
        operationId: remove
        parameters: [{ name: id, in: path, value: $inputs.id }]
        ${ok}
`)

type Status = (request: Seen, count: number) => number | undefined

/** Runs load on a server that makes tokens and items. Resolves with the report and what the server saw. */
async function run(
  options: Partial<LoadOptions>,
  status: Status = () => undefined,
  bodyOf: (request: Seen) => object | undefined = () => undefined,
) {
  let [tokens, items] = [0, 0]
  const { origin, seen } = await serve((request, count): Answer => {
    const path = request.url.split('?')[0]
    const code = status(request, count) ?? 200
    const usual =
      path === '/login' ? { token: `t${tokens++}` } : path === '/items' ? { id: String(items++) } : { ok: true }
    return { status: code, body: bodyOf(request) ?? usual }
  })
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': flow })
  const written: LoadOptions = {
    workflow: `${folder}/flow.arazzo.yaml#main`,
    load: { vus: 3, iterations: 4, threads: 2 },
    budgets: { errorRate: '0%' },
    servers: origin,
    ...options,
    ...(options.workflow === '#plain' && { workflow: main(folder) }),
  }
  const count = (path: string) => seen.filter(({ url }) => url.split('?')[0] === path).length
  const running = readLoadTest(written, { folder }).then(read =>
    runLoadTest(loadTestOrThrow(read), { signal: options.signal }),
  )
  return { running, seen, count, origin, folder }
}

const plain = { workflow: '#plain' as never, load: { vus: 2, iterations: 3, threads: 1 } }
const main = (folder: string) => `${folder}/flow.arazzo.yaml#plain`

describe('once a run', () => {
  test('a workflow: its outputs are inputs, and its requests are in no other figure', async () => {
    const { running, seen, count } = await run({ setup: '#login', teardown: '#logout' })
    const report = await running
    expect([count('/login'), count('/logout')]).toEqual([1, 1])
    expect(seen[0]!.url).toMatch(/^\/login/)
    expect(seen.at(-1)!.url).toBe('/logout')
    expect(
      seen.filter(({ url }) => url === '/items').every(({ headers }) => headers.authorization === 'Bearer t0'),
    ).toBe(true)
    expect(report.requests).toBe(24)
    expect(report.answers.reduce((sum, { requests }) => sum + requests, 0)).toBe(24)
    expect(Object.keys(report.steps)).toEqual(['create', 'check'])
    const once = { per: 'run', runs: 1, failed: 0, skipped: 0, requests: 1, failures: [] }
    expect(report.hooks).toEqual([
      { hook: 'setup', name: '#login', ...once },
      { hook: 'teardown', name: '#logout', ...once },
    ])
  })

  test('a function, which is told the address; what is given otherwise comes before its result', async () => {
    const told: HookContext[] = []
    const setup = async (context: HookContext) => {
      told.push(context)
      return { token: 'of setup' }
    }
    const teardown = (context: HookContext) => void told.push(context)
    const { running, seen, origin } = await run({ setup, teardown, inputs: { token: 'given' } })
    await running
    expect(told).toMatchObject([
      { url: origin, inputs: { token: 'given' } },
      { url: origin, inputs: { token: 'given' } },
    ])
    expect(told[0]!.port).toBe(Number(new URL(origin).port))
    expect(seen[0]!.headers.authorization).toBe('Bearer given')
  })

  test('a setup that fails: no load goes out, it is named, and the teardown runs all the same', async () => {
    const { running, seen } = await run({ setup: '#login', teardown: '#reset' }, ({ url }) =>
      url.startsWith('/login') ? 503 : undefined,
    )
    await expect(running).rejects.toThrow(/^Failed to set up the load: #login failed: .*\$statusCode == 200.*503/s)
    expect(seen.map(({ url }) => url.split('?')[0])).toEqual(['/login', '/reset'])
    const failing = await run({ setup: () => Promise.reject(new Error('no database')), teardown: () => 7 })
    await expect(failing.running).rejects.toThrow(
      /function failed: no database\.\nteardown\.run \(function\) failed: it gave 7, which is not an object/,
    )
    expect(failing.seen).toEqual([])
  })

  test('a teardown that fails is told, whatever the budgets say', async () => {
    const { running } = await run({ setup: '#login', teardown: '#reset' }, ({ url }) =>
      url === '/reset' ? 500 : undefined,
    )
    const report = await running
    expect(report.verdicts).toMatchObject([{ verdict: 'pass' }, { budget: 'resent', verdict: 'pass' }])
    expect(report.hooks![1]).toMatchObject({ hook: 'teardown', runs: 1, failed: 1, requests: 1 })
    expect(report.hooks![1]!.failures[0]!.message).toMatch(/\$statusCode == 200.*500/)
  })

  test('the teardown runs after a run that was cancelled', async () => {
    const ending = new AbortController()
    const { running, count } = await run(
      { setup: '#login', teardown: '#logout', load: { vus: 1, duration: '60s' }, signal: ending.signal },
      (_, n) => void (n > 20 && ending.abort()),
    )
    const report = await running
    expect(report.state).toBe('cut short')
    expect(count('/logout')).toBe(1)
  })
})

describe('once a virtual user', () => {
  test.each(['wire', 'undici'] as const)(
    'a login over %s: one for each, whose iterations have its token',
    async transport => {
      const { running, seen, count } = await run({ setup: { vu: '#login' }, teardown: { vu: '#logout' }, transport })
      const report = await running
      expect([count('/login'), count('/logout'), count('/items')]).toEqual([3, 3, 12])
      const tokens = seen.filter(({ url }) => url === '/items').map(({ headers }) => headers.authorization!)
      expect(['t0', 't1', 't2'].map(token => tokens.filter(used => used === `Bearer ${token}`).length)).toEqual([
        4, 4, 4,
      ])
      expect(report.requests).toBe(24)
      expect(report.hooks).toMatchObject([
        { hook: 'setup', per: 'vu', runs: 3, failed: 0, requests: 3 },
        { hook: 'teardown', per: 'vu', runs: 3, failed: 0, requests: 3 },
      ])
      // Hooks have connections of their own: of the load's requests each is the first on its connection, or is not.
      const { connectionsOpened, requestsReused } = report.transport
      expect(24 - requestsReused).toBeGreaterThan(0)
      expect(24 - requestsReused).toBeLessThanOrEqual(connectionsOpened)
    },
  )

  test('inputs of the user are those of its login, and cookies of its login those of its iterations', async () => {
    const folder = project({ 'api.json': api, 'flow.arazzo.yaml': flow })
    const { origin, seen } = await serve(({ url }) => {
      const user = new URL(url, 'http://a').searchParams.get('user')
      return url.startsWith('/login')
        ? { headers: { 'set-cookie': `user=${user}; Path=/` }, body: { token: 'x' } }
        : { body: {} }
    })
    const read = await readLoadTest({
      workflow: main(folder),
      load: { vus: 2, iterations: 3, threads: 2 },
      servers: origin,
      setup: { vu: '#login' },
      inputs: { rows: [{ user: 'ann' }, { user: 'bob' }], per: 'vu' },
    })
    await runLoadTest(loadTestOrThrow(read))
    const cookies = seen.filter(({ url }) => url === '/check').map(({ headers }) => headers.cookie)
    expect(cookies.toSorted()).toEqual([...Array(3).fill('user=ann'), ...Array(3).fill('user=bob')])
  })

  test('functions are called with the number of their user', async () => {
    const calls: [string, number | undefined, unknown][] = []
    const { running, seen } = await run({
      setup: {
        run: () => ({ common: 1 }),
        vu: ({ user, inputs }) => {
          calls.push(['setup', user, inputs.common])
          return { token: `f${user}` }
        },
      },
      teardown: { vu: ({ user, inputs }) => void calls.push(['teardown', user, inputs.token]) },
    })
    await running
    expect(calls.toSorted()).toEqual([
      ...[0, 1, 2].map(user => ['setup', user, 1]),
      ...[0, 1, 2].map(user => ['teardown', user, `f${user}`]),
    ])
    expect(new Set(seen.map(({ headers }) => headers.authorization).filter(Boolean))).toEqual(
      new Set(['Bearer f0', 'Bearer f1', 'Bearer f2']),
    )
  })

  test('a login that fails for one user ends the run, which does not pass', async () => {
    const { running, count } = await run({ setup: { vu: '#login' }, teardown: { vu: '#logout' } }, ({ url }) =>
      url.startsWith('/login') && ++logins === 2 ? 401 : undefined,
    )
    let logins = 0
    const report = await running
    expect(report.state).toBe('not run')
    expect(report.cause).toMatch(/^Failed to set up the load: setup of virtual user \d: step "login": .*401/)
    expect(report.hooks![0]).toMatchObject({ runs: 3, failed: 1, failures: [{ count: 1 }] })
    expect([count('/items'), count('/logout')]).toEqual([0, 3])
  })

  test('a function that throws null is a failure, and what was cancelled with it is none', async () => {
    const { running, seen } = await run({
      setup: { vu: ({ user }) => (user === 0 ? Promise.reject(null) : new Promise(() => {})) },
    })
    const report = await running
    expect(report.cause).toBe('Failed to set up the load: setup of virtual user 0: null.')
    expect(report.hooks![0]).toMatchObject({ failed: 1, failures: [{ message: 'null', count: 1 }] })
    expect(seen).toEqual([])
  })

  test('in an open model users are set up when they are needed, each once', async () => {
    const { running, seen, count } = await run({
      setup: { vu: '#login' },
      load: { rate: 100, duration: '500ms', warmUp: 0 },
    })
    const report = await running
    const used = new Set(seen.filter(({ url }) => url === '/items').map(({ headers }) => headers.authorization))
    expect(report.arrivals.failed).toBe(0)
    expect(used).not.toContain('Bearer ')
    expect(count('/login')).toBe(report.hooks![0]!.runs)
    expect(count('/items')).toBeGreaterThan(0)
  })

  test('a setup that does not give what the workflow requires', async () => {
    const { running, count } = await run({ setup: { vu: () => ({ tokn: 'x' }) } })
    const report = await running
    expect(report.state).toBe('not run')
    expect(report.cause).toContain('input "token" is missing')
    expect(count('/items')).toBe(0)
  })
})

describe('once an iteration', () => {
  test('what was created is removed, also where the iteration failed after it, and not where nothing was', async () => {
    let [checked, created] = [0, 0]
    const { running, seen, count } = await run(
      { setup: '#login', teardown: { iteration: '#remove' }, load: { vus: 2, iterations: 10, threads: 2 } },
      ({ url }) => {
        const isThird = (url === '/check' && ++checked % 3 === 0) || (url === '/items' && ++created % 3 === 0)
        return isThird ? 500 : undefined
      },
    )
    const report = await running
    const [made, failedToMake] = [count('/items'), report.steps.create!.errors]
    expect(report.arrivals.failed).toBeGreaterThan(failedToMake)
    const removed = seen.filter(({ method }) => method === 'DELETE').map(({ url }) => url)
    expect(new Set(removed).size).toBe(removed.length)
    expect(removed).toHaveLength(made - failedToMake)
    expect(report.hooks![1]).toMatchObject({ per: 'iteration', runs: removed.length, skipped: failedToMake, failed: 0 })
    expect(report.requests).toBe(count('/items') + count('/check'))
  })

  test.each(cases(['wire'], ['undici']))(
    'a clean-up for which no iteration has what it requires has failed over %s, for it never cleans anything up',
    async transport => {
      const teardown = { iteration: '#remove' }
      const { running } = await run({ setup: '#login', workflow: '#plain', teardown, transport })
      const report = await running
      expect(report.hooks![1]).toMatchObject({ runs: 0, skipped: 12, failed: 1 })
      expect(report.hooks![1]!.failures[0]!.message).toBe('it never ran: no iteration had its input "id"')
      expect(report.warnings).toBeUndefined()
    },
  )

  test.each(cases(['wire'], ['undici']))(
    'a clean-up that is left out after some of the iterations that passed is a warning with their number over %s',
    async transport => {
      let created = 0
      const { running, count } = await run(
        {
          setup: '#login',
          teardown: { iteration: '#remove' },
          load: { vus: 1, iterations: 10, threads: 1 },
          transport,
        },
        // One iteration fails, and three of the others make nothing.
        ({ url }) => (url === '/items' && ++created === 2 ? 500 : undefined),
        ({ url }) => (url === '/items' && created > 7 ? { ok: true } : undefined),
      )
      const report = await running
      expect(report.hooks![1]).toMatchObject({ runs: count('/items') - 4, skipped: 4, failed: 0 })
      expect(report.warnings).toEqual([
        'teardown.iteration (#remove) was left out after at least 3 of 9 iterations that passed: they had not what it requires.',
      ])
    },
  )

  test('a clean-up that fails is counted by its cause', async () => {
    const { running } = await run({ setup: '#login', teardown: { iteration: '#remove' } }, ({ method }) =>
      method === 'DELETE' ? 409 : undefined,
    )
    const report = await running
    expect(report.arrivals.passed).toBe(12)
    expect(report.hooks![1]).toMatchObject({ runs: 12, failed: 12, failures: [{ count: 12 }] })
    expect(report.hooks![1]!.failures[0]!.message).toMatch(/step "remove".*409/)
  })

  test('a function has the inputs and the outputs of the iteration', async () => {
    const ids: unknown[] = []
    const { running } = await run({
      inputs: { token: 'x' },
      teardown: { iteration: ({ inputs }) => void ids.push([inputs.token, inputs.id]) },
    })
    await running
    expect(ids.toSorted()).toEqual(Array.from({ length: 12 }, (_, i) => ['x', String(i)]).toSorted())
  })
})

test('what is written wrong is told before anything is sent', async () => {
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': flow })
  const faultsOf = async (options: object) => {
    const read = { workflow: main(folder), load: plain.load, servers: 'http://127.0.0.1:1', ...options }
    return (await readLoadTest(read, { folder })).faults?.map(({ path, found }) => [path, found])
  }
  expect(await faultsOf({ setup: '#lgin', teardown: { vus: '#logout', vu: 7 } })).toMatchInlineSnapshot(`
    [
      [
        "/setup",
        "its document has no workflow "lgin"",
      ],
      [
        "/teardown/vus",
        "there is no such key",
      ],
      [
        "/teardown/vu",
        "it is 7",
      ],
    ]
  `)
  expect(await faultsOf({ setup: { iteration: '#login' }, teardown: {} })).toMatchInlineSnapshot(`
    [
      [
        "/setup/iteration",
        "there is no such key",
      ],
      [
        "/teardown",
        "it is empty",
      ],
    ]
  `)
})

describe('what does not come back', () => {
  const never = () => new Promise(() => {})
  const limits = { setup: 50, teardown: 50 }
  const context = () => ({ signal: new AbortController().signal })

  test('a setup of the run is given up, and so is its teardown, whose signal is aborted', async () => {
    const signals: AbortSignal[] = []
    const hooks: Hooks = [
      { hook: 'setup', per: 'run', name: 'function', call: never },
      { hook: 'teardown', per: 'run', name: 'function', call: ({ signal }) => signals.push(signal) && never() },
    ]
    const runHooks = new RunHooks({ hooks, options: plain }, context(), limits)
    await expect(runHooks.around({}, async () => {})).rejects.toThrow(
      /^Failed to set up the load: function failed: it had not ended after 50 ms\.\nteardown\.run \(function\) failed: it had not ended after 50 ms$/,
    )
    expect(signals[0]!.aborted).toBe(true)
  })

  test('a loop without end in a function is broken off', async () => {
    const hooks: Hooks = [
      {
        ...{ hook: 'setup', per: 'run', name: 'function' },
        call: () => {
          for (;;);
        },
      },
    ]
    const runHooks = new RunHooks({ hooks, options: plain }, context(), limits)
    await expect(runHooks.around({}, async () => {})).rejects.toThrow(
      /^Failed to set up the load: function failed: it kept its thread busy for 50 ms\.$/,
    )
  })

  test('a setup is cancelled with its run, and a teardown is not', async () => {
    const over = new AbortController()
    const hooks: Hooks = [
      {
        hook: 'setup',
        per: 'run',
        name: 'function',
        call: () => {
          over.abort()
          return never()
        },
      },
      { hook: 'teardown', per: 'run', name: 'function', call: ({ signal }) => void expect(signal.aborted).toBe(false) },
    ]
    const runHooks = new RunHooks({ hooks, options: plain }, { signal: over.signal })
    await expect(runHooks.around({}, async () => {})).rejects.toThrow(/cancelled before it had ended\.$/)
  })

  test('a setup of a user that goes round and round is given up', async () => {
    const { origin } = await serve(() => ({ status: 202 }))
    const again = 'onFailure: [{ name: again, type: retry, retryAfter: 0.01, retryLimit: 1000000 }]'
    const loops = arazzo(`
  - workflowId: loops
    steps: [{ stepId: check, operationId: check, ${ok}, ${again} }]`)
    const { document } = await readArazzo(`${project({ 'api.json': api, 'flow.arazzo.yaml': loops })}/flow.arazzo.yaml`)
    const planOptions = { servers: origin }
    const workflow = { document: document!, workflowId: 'loops', planOptions }
    const transport = createWireTransport()
    const failures: string[] = []
    const users = new UserHooks({
      plan: compilePlan(document!, 'loops', planOptions),
      hooks: { list: [{ hook: 'setup', per: 'vu', name: '#loops', workflow }], inputs: {} },
      means: { transport, channels: undefined, patience: 50, call: never as never },
      feed: fixedFeed({}),
      onSetupFailed: cause => failures.push(cause),
    })
    await users.setUpAll([0])
    expect(failures).toEqual(['setup of virtual user 0: it had not ended after 50 ms'])
    expect(users.figures).toMatchObject([{ runs: 1, failed: 1 }])
    // It is not only let go of: nothing of it goes on.
    await transport.close()
  })

  test('teardowns of users, and clean-ups before them, are given up together', async () => {
    const { document } = await readArazzo(`${project({ 'api.json': api, 'flow.arazzo.yaml': flow })}/flow.arazzo.yaml`)
    const hook = { hook: 'teardown', name: 'function' } as const
    const users = new UserHooks({
      plan: compilePlan(document!, 'plain', { servers: 'http://127.0.0.1:1' }),
      hooks: {
        list: [
          { ...hook, per: 'iteration' },
          { ...hook, per: 'vu' },
        ],
        inputs: {},
      },
      means: { transport: undefined as never, channels: undefined, call: () => new Promise(() => {}) },
      feed: fixedFeed({}),
      onSetupFailed: () => {},
    })
    expect(users.claim(0)).toBe('ready')
    users.take(0, 0)
    void users.cleanUp!(0, {} as never)
    await users.tearDown(50)
    const failures = [{ message: 'it had not ended after 50 ms', count: 1 }]
    expect(users.figures).toMatchObject([
      { per: 'iteration', runs: 1, failed: 1, failures },
      { per: 'vu', runs: 1, failed: 1, failures },
    ])
  })
})
