import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import type { LoadShape } from '../../src/measure/shape.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { runStopping } from '../builders/run-load.ts'
import { amount, cases } from '../builders/thorough.ts'
import { expectConsistent } from './consistent.ts'
import { type Mood, MoodyServer } from './moody.ts'

/*
 * Real runs, short, against servers that misbehave: the books balance, the figures agree, and nothing is left behind.
 */

const api = openapi({ a: ['get', '/a'], b: ['post', '/b'] })
const ok = 'successCriteria: [{ condition: $statusCode == 200 }]'
/** @param timeout of the step that finds the server silent. */
const flow = (timeout: number) =>
  arazzo(
    `
  - workflowId: main
    steps:
      - { stepId: a, operationId: a, ${ok}, timeout: ${timeout}, onFailure: [{ name: again, type: retry, retryAfter: 0.01 }] }
      - { stepId: rest, workflowId: rest }
  - workflowId: rest
    steps:
      - { stepId: b, operationId: b, ${ok} }
`,
    '',
    '1.1.0',
  )

interface Happening {
  /** Milliseconds from when the run is asked for. */
  at: number
  what: Mood | 'kill' | 'start' | 'abort'
}

/** Runs load while things happen to the server, and expects what is true of every run. */
async function run(
  load: LoadShape,
  server: MoodyServer,
  happenings: readonly Happening[] = [],
  { timeout = 300, gracefulStop, ...options }: Partial<LoadOptions> & { timeout?: number; gracefulStop?: number } = {},
): Promise<LoadReport> {
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': flow(timeout) })
  const ending = new AbortController()
  const happen = async ({ what }: Happening) => {
    if (what === 'kill') await server.kill()
    else if (what === 'start') await server.start()
    else if (what === 'abort') ending.abort()
    else server.mood = what
  }
  const timers = happenings.map(happening => setTimeout(() => void happen(happening), happening.at))
  const workflow = `${folder}/flow.arazzo.yaml#main`
  const all = { workflow, load, servers: server.origin, signal: ending.signal, ...options }
  const report = await runStopping(gracefulStop, all)
  timers.forEach(clearTimeout)
  expectConsistent(report)
  const isMore = () => threadCount() > threadsAtFirst + report.threads
  await expectSoon(() => ({ connections: server.connections, isMore: isMore() }), { connections: 0, isMore: false })
  return report
}

/** Of this process; 0 where that cannot be told. */
function threadCount(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0
}

/** Before any load: each may keep its own threads for the next one, and no more. */
const threadsAtFirst = threadCount()

/** What closes, closes a moment later for who looks from the other side. */
async function expectSoon<T>(look: () => T, wanted: T): Promise<void> {
  for (let n = 0; n < 100 && JSON.stringify(look()) !== JSON.stringify(wanted); n++) await delay(10)
  expect(look()).toEqual(wanted)
}

/*
 * By threads: those of a load are kept for the next one, unless it has fewer, and to start one takes longer than most of
 * these loads.
 */

const kinds: [Mood, string[]][] = [
  ['well', []],
  ['slow', []],
  ['closing', []],
  ['failing', ['criterion']],
  ['cutting', ['reset']],
  ['garbled', ['protocol']],
  ['half', ['reset']],
]

function inMoods(threads: number, chosen: readonly Mood[]): void {
  const those = kinds.filter(([mood]) => chosen.includes(mood)).map(([mood, kinds]) => ({ mood, kinds }))
  test.each(those)(`$mood, ${threads} threads`, async ({ mood, kinds }) => {
    const server = await MoodyServer.start(mood)
    // Each of these comes to an end by itself, on a busy machine too.
    const report = await run({ vus: 5, iterations: 6, threads }, server, [], { timeout: 10_000 })
    expect(report.arrivals).toMatchObject({ due: 30, dropped: 0, started: 30, aborted: 0 })
    expect([...new Set(report.errors.map(({ kind }) => kind))]).toEqual(kinds)
    expect(report.arrivals.passed).toBe(kinds.length > 0 ? 0 : 30)
    const steps = Object.values(report.steps)
    expect(steps.reduce((sum, { requests }) => sum + requests, 0)).toBe(server.requests)
  })
}

function killedAndStartedAgain(threads: number): void {
  test(`killed and started again, closed model, ${threads} threads`, async () => {
    const server = await MoodyServer.start()
    const load = { vus: 6, duration: 1_000, warmUp: 0, threads }
    const restarted = server.request(30).then(async () => {
      await server.kill()
      await delay(200)
      await server.start()
    })
    const report = await run(load, server)
    await restarted
    expect(report).toMatchObject({ state: 'completed', threads })
    expect(Math.min(report.arrivals.passed, report.arrivals.failed)).toBeGreaterThan(0)
    expect(report.series.at(-1)).toMatchObject({ inFlight: 0 })
  })
}

describe('a server in every mood', () => {
  inMoods(
    1,
    kinds.map(([mood]) => mood),
  )

  test('silent', async () => {
    const server = await MoodyServer.start('silent')
    const report = await run({ vus: 4, duration: 300, warmUp: 0 }, server, [], { gracefulStop: 100 })
    expect(report.state).toBe('not run')
    expect(report.arrivals.passed).toBe(0)
  })
})

describe('changes in mid-run', () => {
  killedAndStartedAgain(1)

  test('killed for good: every iteration after it fails', async () => {
    const server = await MoodyServer.start()
    void server.request(20).then(() => server.kill())
    const report = await run({ rate: 100, duration: 800, warmUp: 0 }, server)
    expect(report.arrivals).toMatchObject({ due: 80, dropped: 0, aborted: 0 })
    expect(report.errors.map(({ kind }) => kind)).toContain('refused')
  })

  test('falls silent: what is in flight at the end is aborted, and counts with the time it waited', async () => {
    const server = await MoodyServer.start()
    const load = { vus: 3, duration: 400, warmUp: 0 }
    void server.request(20).then(() => {
      server.mood = 'silent'
    })
    const report = await run(load, server, [], { gracefulStop: 50 })
    expect(report.state).toBe('completed')
    expect(report.arrivals.passed).toBeGreaterThan(0)
    expect(report.arrivals.aborted).toBe(3)
    expect(report.responseTime.count).toBe(report.arrivals.started)
    // The requests that hang are the slowest of their steps.
    expect(Math.max(report.steps.a!.serviceTime.max, report.steps['rest.b']!.serviceTime.max)).toBeGreaterThan(50)
  })
})

type Tiny = [load: LoadShape, due: number]

function tinyLoads(tiny: readonly Tiny[]): void {
  test.each(tiny)('%j', async (load, due) => {
    const server = await MoodyServer.start()
    const report = await run(load, server)
    expect(report.arrivals.due).toBe(due)
    expect(report.state).toBe('completed')
  })
}

describe('hardly a plan, one thread', () => {
  const tiny: Tiny[] = [
    [{ rate: 1_000, duration: 1, warmUp: 0 }, 1],
    [{ rate: 0.001, duration: 50, warmUp: 0 }, 1],
    [{ rate: 2_000, duration: 10, warmUp: 0, maxVus: 1 }, 20],
  ]
  tinyLoads(tiny)

  test('no time at all is refused', async () => {
    const server = await MoodyServer.start()
    for (const load of [
      { rate: 5, duration: 0 },
      { vus: 1, duration: '0s' },
      { vus: 1, iterations: 1, maxDuration: 0 },
    ])
      await expect(run(load, server)).rejects.toThrow('it is zero. Give it some time.')
    expect(server.requests).toBe(0)
  })
})

describe('cancelled', () => {
  const moments = [
    ['before the threads are ready', 0],
    ['while they start', 60],
    ['in the ramp', 400],
    ['in the measured window', 900],
    ['while it drains', 1_500],
  ] as const
  test.each(moments)('%s', async (_, at) => {
    const server = await MoodyServer.start('slow')
    const load = { rate: 50, rampUp: 400, warmUp: 0, duration: 600, rampDown: 100, threads: 2 }
    // The last iterations keep the run from ending by itself.
    void server.request(60).then(() => {
      server.mood = 'silent'
    })
    const report = await run(load, server, [{ at, what: 'abort' }])
    expect(report).toMatchObject({ state: 'cut short', cause: 'it was cancelled' })
    expect(report.measured).toBeLessThanOrEqual(600)
  })

  test('a number of iterations', async () => {
    const server = await MoodyServer.start('slow')
    const report = await run({ vus: 5, iterations: 1_000, threads: 2 }, server, [{ at: 600, what: 'abort' }])
    expect(report.state).toBe('cut short')
    expect(report.arrivals.due).toBeLessThan(5_000)
  })
})

describe('two threads', () => {
  for (const threads of cases([], [2])) killedAndStartedAgain(threads)

  test('more iterations than there is time for', async () => {
    const server = await MoodyServer.start('slow')
    const report = await run({ vus: 2, iterations: 1_000, maxDuration: 300, threads: 2 }, server)
    expect(report).toMatchObject({ state: 'cut short', cause: 'it took longer than its 300 ms (maxDuration)' })
  })

  test('nobody listens', async () => {
    const server = await MoodyServer.start()
    await server.kill()
    const report = await run({ vus: 2, duration: '60s', threads: 2 }, server)
    expect(report.state).toBe('not run')
    expect(report.arrivals).toEqual({ due: 0, dropped: 0, started: 0, passed: 0, failed: 0, aborted: 0 })
  })
})

describe('a server in moods, and hardly a plan, three threads', () => {
  // What each mood makes of an iteration, one thread shows; here their books are put together.
  inMoods(3, cases(['well', 'failing', 'half'], ['slow', 'closing', 'cutting', 'garbled']))
  killedAndStartedAgain(3)
  const tiny: Tiny[] = [
    [{ rps: 0.001, duration: '50ms', warmUp: 0, threads: 3 }, 1],
    [{ vus: 3, iterations: 1, threads: 3 }, 3],
    [{ vus: 1, iterations: 1, threads: 3 }, 1],
  ]
  tinyLoads(tiny)

  test('one millisecond of looping users: hardly an iteration each', async () => {
    const report = await run({ vus: 20, duration: 1, warmUp: 0, threads: 3 }, await MoodyServer.start())
    expect(report.arrivals.started).toBeLessThanOrEqual(40)
    expect(report.arrivals).toMatchObject({ failed: 0, aborted: 0 })
  })
})

const length = fc.oneof(fc.constant(0), fc.nat({ max: 200 }))
const threads = fc.integer({ min: 1, max: 3 })
const common = { warmUp: length, threads }
const lengths = { duration: fc.integer({ min: 1, max: 400 }), rampUp: length, rampDown: length, ...common }
const value = fc.constantFrom(0.5, 5, 50, 400)
const maxVus = fc.constantFrom(1, 5, 100)
const vus = fc.constantFrom(1, 3, 40)
const shapes: fc.Arbitrary<LoadShape> = fc.oneof(
  fc.record({ rate: value, maxVus, ...lengths }),
  fc.record({ rps: value, maxVus, ...lengths }),
  fc.record({ vus, ...lengths }),
  fc.record({
    vus,
    iterations: fc.integer({ min: 1, max: 20 }),
    maxDuration: fc.integer({ min: 1, max: 600 }),
    ...common,
  }),
)
const moods = fc.constantFrom<Mood[]>(
  'well',
  'well',
  'slow',
  'silent',
  'failing',
  'cutting',
  'closing',
  'garbled',
  'half',
)
const happenings = fc.array(
  fc.record({
    at: fc.nat({ max: 800 }),
    what: fc.oneof(moods, fc.constantFrom<('kill' | 'start' | 'abort')[]>('kill', 'start', 'abort')),
  }),
  { maxLength: 3 },
)
const stops = fc.constantFrom(0, 50, 2_000)
const RUNS = Number(process.env.LEDGER_RUNS ?? amount(4, 12))

test('whatever the load, and whatever happens', { timeout: 0 }, async () => {
  await fc.assert(
    fc.asyncProperty(shapes, moods, happenings, stops, async (load, mood, happenings, gracefulStop) => {
      const server = await MoodyServer.start(mood)
      await run(load, server, happenings, { gracefulStop })
      await server.kill()
    }),
    { numRuns: RUNS },
  )
})
