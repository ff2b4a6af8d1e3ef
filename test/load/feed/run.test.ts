import { describe, expect, test, vi } from 'vitest'
import type { Budgets } from '../../../src/budget/budget.ts'
import { doubtText } from '../../../src/budget/cause.ts'
import { runLoad } from '../../../src/hosts/run.ts'
import type { InputSource, RunContext } from '../../../src/load/feed/source.ts'
import { assertBalanced } from '../../../src/load/thread/ledger.ts'
import type { LoadShape } from '../../../src/measure/shape.ts'
import { arazzo, openapi, project } from '../../builders/project.ts'
import { serve } from '../../builders/server.ts'

const flow = arazzo(`
  - workflowId: main
    inputs:
      type: object
      properties:
        user: { type: string }
        n: { type: integer }
        password: { type: string, format: password }
    steps:
      - stepId: a
        operationId: a
        parameters:
          - { name: user, in: query, value: $inputs.user }
          - { name: n, in: query, value: $inputs.n }
          - { name: password, in: query, value: $inputs.password }
        successCriteria: [{ condition: $statusCode == 200 }]
`)
const api = openapi({ a: ['get', '/a'] })
const csv = (n: number) =>
  ['user,n,password', ...Array.from({ length: n }, (_, i) => `u${i},${i},hunter-${i}`)].join('\n')

/** The file of sixty users, each once. */
const users60 = {}

/** Runs load with inputs, and answers with the report and how often each user came. */
async function run(
  load: LoadShape,
  inputs: InputSource,
  status: (url: string) => number = () => 200,
  signal?: AbortSignal,
  budgets?: Budgets,
) {
  const server = await serve(({ url }) => ({ status: status(url) }))
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': flow, 'users.csv': csv(60) })
  const source = inputs === users60 ? { rows: `${folder}/users.csv`, order: 'unique' as const } : inputs
  const report = await runLoad({
    workflow: `${folder}/flow.arazzo.yaml#main`,
    load,
    servers: server.origin,
    inputs: source,
    signal,
    ...(budgets && { budgets }),
  })
  assertBalanced(report.arrivals, 'the run')
  const users: Record<string, number> = {}
  for (const { url } of server.seen) {
    const user = new URL(url, server.origin).searchParams.get('user') ?? 'nobody'
    users[user] = (users[user] ?? 0) + 1
  }
  return { report, users, origin: server.origin, seen: server.seen.map(({ url }) => url) }
}

describe('rows of a file, on two threads', () => {
  test('unique: each once, whoever takes it, and the run is cut short when they are used up before its end', async () => {
    const { report, users } = await run({ vus: 6, duration: '20s', warmUp: 0, threads: 2 }, users60)
    expect(Object.keys(users)).toHaveLength(60)
    expect(new Set(Object.values(users))).toEqual(new Set([1]))
    expect(report).toMatchObject({ state: 'cut short', cause: 'all rows of inputs were used' })
    expect(report.arrivals).toMatchObject({ due: 60, passed: 60 })
    expect(report.measured).toBeLessThan(20_000)
  })

  test.each([
    ['a rate', { rate: 300, duration: '2s', warmUp: 0 }, 'cut short', 'inconclusive'],
    ['users for a time', { vus: 2, duration: '20s', warmUp: 0 }, 'cut short', 'inconclusive'],
    ['stages', { stages: [{ rate: 200, hold: '5s' }], warmUp: 0 }, 'cut short', 'inconclusive'],
    ['a number of iterations', { vus: 2, iterations: 30 }, 'completed', 'pass'],
    [
      'a window that is over, and a way down that is not',
      { rate: 50, duration: '1s', warmUp: 0, rampDown: '10s' },
      'completed',
      'pass',
    ],
  ] as const)('no budget of %s is kept by what came before they were used up', async (_, load, state, verdict) => {
    const { report } = await run({ ...load, threads: 2 } as LoadShape, users60, () => 200, undefined, {
      errorRate: '10%',
      max: '60s',
      rps: '>= 0.001',
    })
    expect(report.arrivals.passed).toBe(60)
    expect(report.state).toBe(state)
    const verdicts = report.verdicts.map(one => one.verdict)
    expect(verdicts).toEqual(verdicts.map(() => verdict))
    if (state === 'completed') return
    expect(doubtText(report.doubts[0]!)).toMatch(
      /cut short after .* of .*: all rows of inputs were used\. Give it more inputs/,
    )
  })

  test('sequential: from the beginning again', async () => {
    const rows = [{ user: 'ann' }, { user: 'bob' }, { user: 'cy' }]
    const { users } = await run({ vus: 2, iterations: 15, threads: 2 }, rows)
    expect(users).toEqual({ ann: 10, bob: 10, cy: 10 })
  })

  test('one for each user', async () => {
    const feed = { rows: [{ user: 'ann' }, { user: 'bob' }, { user: 'cy' }], per: 'vu' as const }
    const { users } = await run({ vus: 2, iterations: 15, threads: 2 }, feed)
    expect(users).toEqual({ ann: 15, bob: 15 })
  })

  test.each([
    ['closed', { vus: 4, duration: '1500ms', warmUp: 0 }],
    ['open', { rate: 60, duration: '1500ms', warmUp: 0 }],
  ])('a function that stops to return them cuts the load short (%s)', async (_, load) => {
    const call = (n: number) => (n < 40 ? { user: 'ann' } : new Promise<never>(() => {}))
    const budgets = { errorRate: 0, p50: '10s' }
    const shape = { ...load, threads: 1 } as LoadShape
    const { report } = await run(shape, { rows: call } as InputSource, undefined, undefined, budgets)
    expect(report).toMatchObject({ state: 'cut short', cause: expect.stringContaining('the function of inputs') })
    expect(report.verdicts.filter(({ verdict }) => verdict === 'pass')).toEqual([])
  })

  test('a slow one does not', async () => {
    const call = () => new Promise<{ user: string }>(resolve => setTimeout(resolve, 50, { user: 'ann' }))
    const { report } = await run({ vus: 2, duration: '600ms', warmUp: 0, threads: 1 }, { rows: call })
    expect(report.state).toBe('completed')
  })

  test('a number of iterations for which there are too few rows is cut short, and says how many there were', async () => {
    const load = { vus: 2, iterations: 500, threads: 2 }
    const { report } = await run(load, users60, () => 200, undefined, { errorRate: 0 })
    const cause = 'all rows of inputs were used after 60 of 1,000 iterations'
    expect(report).toMatchObject({ state: 'cut short', cause, arrivals: { passed: 60 } })
    expect(report.verdicts.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive'])
  })

  test('users without a row of their own are named, and no budget is kept without them', async () => {
    const rows = [{ user: 'ann' }, { user: 'bob' }]
    const budgets = { errorRate: 0 }
    const feed = { rows: (n: number) => rows[n], per: 'vu' as const }
    const closed = await run({ vus: 5, duration: '500ms', warmUp: 0, threads: 2 }, feed, () => 200, undefined, budgets)
    const cause = '3 of 5 virtual users had no row of inputs (per: vu)'
    expect(closed.report).toMatchObject({ state: 'cut short', cause })
    expect(closed.report.verdicts[0]).toMatchObject({ verdict: 'inconclusive' })
    expect(Object.keys(closed.users).sort()).toEqual(['ann', 'bob'])
    const unique = { rows, per: 'vu' as const, order: 'unique' as const }
    const busy = await run({ rate: 500, duration: '1s', warmUp: 0, threads: 1 }, unique, () => 200, undefined, budgets)
    if (busy.report.arrivals.dropped > 0)
      expect(busy.report).toMatchObject({ state: 'cut short', cause: expect.stringContaining('further virtual users') })
    else expect(busy.report.state).toBe('completed')
  })

  test('users without a row are named, and no budget is kept, if their number adapts', async () => {
    const rows = [{ user: 'ann' }, { user: 'bob' }, { user: 'eve' }]
    const inputs = { rows, per: 'vu' as const, order: 'unique' as const }
    const load = { adaptive: { maxVus: 10, latency: '50ms' }, duration: '2s', warmUp: 0, threads: 1 }
    const { report } = await run(load, inputs, () => 200, undefined, { errorRate: 0 })
    const cause = 'further virtual users had no row of inputs (per: vu)'
    expect(report).toMatchObject({ state: 'cut short', cause })
    expect(report.verdicts[0]).toMatchObject({ verdict: 'inconclusive' })
  })

  test('passwords of rows are never shown', async () => {
    const { report, seen } = await run({ vus: 2, iterations: 10, threads: 1 }, users60, () => 500)
    expect(seen.join()).toContain('hunter-7')
    expect(report.errors).toHaveLength(1)
    expect(JSON.stringify(report.errors[0]!.exemplars)).toContain('password=***')
    expect(report.slowest![0]!.request).toContain('password=***')
    expect(JSON.stringify(report)).not.toContain('hunter')
  })
})

describe('a function', () => {
  test('makes inputs for all threads, ahead of time, each used once', async () => {
    const calls: number[] = []
    const call = async (n: number) => {
      calls.push(n)
      return { user: `u${n}` }
    }
    const { report, users } = await run({ vus: 4, iterations: 50, threads: 2 }, { rows: call })
    expect(report.arrivals.passed).toBe(200)
    expect(Object.values(users)).toEqual(Array.from({ length: 200 }, () => 1))
    expect(calls.length).toBeGreaterThanOrEqual(200)
    expect(calls).toEqual(calls.map((_, n) => n))
  })

  test('cuts the run short when it has no more', async () => {
    const { report } = await run({ vus: 4, duration: '20s', warmUp: 0 }, (n: number) =>
      n < 30 ? { user: `u${n}` } : undefined,
    )
    expect(report).toMatchObject({ state: 'cut short', cause: 'all rows of inputs were used' })
    expect(report.arrivals).toMatchObject({ due: 30, passed: 30 })
  })

  test('that fails at once is an error of its own', async () => {
    const failing = () => Promise.reject(new Error('no database'))
    await expect(run({ vus: 1, iterations: 1 }, failing)).rejects.toThrow('no database')
    await expect(run({ vus: 1, iterations: 1 }, () => undefined)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[Error: Failed to feed inputs: the function had none. Let it return names and values.]`,
    )
    await expect(run({ vus: 1, iterations: 1 }, () => ({ n: 'x' }))).rejects.toThrow(
      'Failed to read what call 0 of the inputs function gave: input "n" must be integer.',
    )
  })

  test('that fails later cuts the run short, and says why', async () => {
    const { report } = await run({ vus: 2, duration: '20s', warmUp: 0 }, (n: number) => {
      if (n >= 40) throw new Error('the database is gone')
      return { user: `u${n}` }
    })
    expect(report).toMatchObject({ state: 'cut short', cause: 'the database is gone' })
    expect(report.arrivals.passed).toBeGreaterThan(0)
  })
})

describe('a function for users', () => {
  test('is called once for each, with its number, the address and a signal of the end', async () => {
    const calls: [number, RunContext][] = []
    const call = async (n: number, context: RunContext) => {
      calls.push([n, context])
      return { user: `u${n}` }
    }
    const { report, users, origin } = await run({ vus: 4, iterations: 5, threads: 2 }, { rows: call, per: 'vu' })
    expect(calls.map(([n]) => n).sort()).toEqual([0, 1, 2, 3])
    expect(users).toEqual({ u0: 5, u1: 5, u2: 5, u3: 5 })
    expect(report.arrivals.passed).toBe(20)
    for (const [n, { user, url, port, signal }] of calls) {
      expect({ user, url, port }).toEqual({ user: n, url: origin, port: Number(new URL(origin).port) })
      expect(signal.aborted).toBe(true)
    }
  })

  test('is called in an open model for those who are there, and no more', async () => {
    const calls: number[] = []
    const call = (n: number) => {
      calls.push(n)
      return { user: `u${n}` }
    }
    const { users } = await run({ rate: 100, duration: '500ms', warmUp: 0, threads: 1 }, { rows: call, per: 'vu' })
    expect(calls.map(n => `u${n}`)).toEqual(expect.arrayContaining(Object.keys(users)))
    expect(new Set(calls).size).toBe(calls.length)
    expect(calls.length).toBeLessThan(32)
  })

  test('hears at once of a run that is cancelled', async () => {
    const ending = new AbortController()
    let isHeard = false
    const call = async (n: number, { signal }: RunContext) => {
      if (n === 0) return { user: 'u0' }
      setTimeout(() => ending.abort(), 10)
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      isHeard = true
      return undefined
    }
    const { report } = await run(
      { vus: 2, duration: '60s', threads: 1 },
      { rows: call, per: 'vu' },
      undefined,
      ending.signal,
    )
    await vi.waitFor(() => expect(isHeard).toBe(true), 60_000)
    expect(report.cause).toContain('it was cancelled')
  })

  test('that fails for one user cuts the run short, and says why', async () => {
    const call = (n: number) => {
      if (n === 2) throw new Error('no account for user 2')
      return { user: `u${n}` }
    }
    const { report } = await run({ vus: 4, iterations: 5, threads: 2 }, { rows: call, per: 'vu' })
    expect(report).toMatchObject({ state: expect.not.stringMatching('completed'), cause: 'no account for user 2' })
  })
})

test.each([
  ['null that it throws', () => Promise.reject(null), 'call 1 of the function threw null. Let it throw an Error.'],
  ['a function that it gives', () => ({ n: 1, made: () => 1 }), /\(\) => 1 could not be cloned\. Let .* plain data\./],
] as const)('of a function for users and of one for iterations, %s ends the run at once', async (_, give, found) => {
  for (const per of ['vu', 'iteration'] as const) {
    const call = (n: number) => (n === 0 ? { user: 'u0' } : (give() as never))
    const { report } = await run({ vus: 2, duration: '60s', threads: 1 }, { rows: call, per })
    expect(report.state).not.toBe('completed')
    expect(report.cause).toMatch(found)
  }
})
