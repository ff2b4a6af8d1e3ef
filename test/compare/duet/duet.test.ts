import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { behaviourDifferences } from '../../../src/compare/behaviour-differences.ts'
import type { Duet } from '../../../src/compare/duet/duet.ts'
import { type Launch, type Pair, SIDES, type SideName } from '../../../src/compare/pair.ts'
import { unbounded } from '../../../src/compare/unbounded.ts'
import type { LoadOptions } from '../../../src/load/plan/options.ts'
import { turnsOf } from '../../../src/load/thread/duet/blocks.ts'
import { ownProcessors, processorsIn } from '../../../src/measure/proc-stat.ts'
import type { Answer } from '../../builders/server.ts'
import { cases, thoroughly } from '../../builders/thorough.ts'
import { application, applicationProcess, openDuet, REQUESTS_PER_RUN } from './builder.ts'

/* Base and head under load in turns: real servers, real threads. */

afterEach(() => {
  vi.unstubAllEnvs()
})

/** A timer of a server counts from when its turn of the event loop began. */
const EARLY = 1.5

const vus = { vus: 3, duration: '5s' }

/** Of tests that have the same load: each takes a thread, which loads all modules. */
let kept: Duet | undefined
async function duetOf(load: Parameters<typeof openDuet>[0]): Promise<Duet> {
  if (load !== vus) return openDuet(load)
  kept ??= await openDuet(vus, {}, { isKept: true })
  return kept
}
afterAll(() => kept?.close())

/** Two applications that note who gets what while the other has something in hand. */
async function watched(answer: (side: SideName) => (count: number) => Answer = () => () => ({})) {
  const inHand: Record<SideName, number> = { base: 0, head: 0 }
  const order: SideName[] = []
  const overlaps: { count: number; words: string }[] = []
  const one = async (side: SideName) => {
    const other = side === 'base' ? 'head' : 'base'
    return application((request, count) => {
      const words = `${side} got ${request.url} while ${other} had ${inHand[other]} in hand`
      if (inHand[other] > 0) overlaps.push({ count, words })
      if (order.at(-1) !== side) order.push(side)
      const { delay = 3, ...given } = answer(side)(count)
      inHand[side]++
      setTimeout(() => inHand[side]--, delay === 'never' ? 0 : delay)
      return { ...given, delay }
    })
  }
  return { base: await one('base'), head: await one('head'), order, overlaps }
}

const launchesOf = ({ base, head }: Pick<Awaited<ReturnType<typeof watched>>, SideName>) => ({
  base: base.launch,
  head: head.launch,
})

describe.each([
  ['a closed model', vus],
  ['an open model', { rps: 200, duration: '5s' }],
])('%s', (_, load) => {
  test('each side is asked in its turns only, in the order that was drawn, and all it was asked is counted', async () => {
    const duet = await duetOf(load)
    const sides = await watched()
    const seed = 7
    const pair = await duet.run(launchesOf(sides), { blocks: 4, seed, length: 100 })

    expect([pair.base.cause, pair.head.cause]).toEqual([undefined, undefined])
    // In the warm-up both are asked at once.
    expect(sides.overlaps.filter(({ count }) => count > pair.base.warmedUp)).toEqual([])
    const names = turnsOf(4, seed).map(({ side }) => SIDES[side]!)
    const drawn = names.filter((name, i) => name !== names[i - 1])
    expect(sides.order.slice(-drawn.length)).toEqual(drawn)
    for (const name of SIDES) {
      const figures = pair[name]
      expect(figures.cause).toBeUndefined()
      expect(figures.warmedUp + figures.asked).toBe(sides[name].seen.length)
      expect(figures.measured).toBe(4 * 90)
      const { due, dropped, started, passed, failed, aborted } = figures.iterations
      expect([dropped, failed, aborted]).toEqual([0, 0, 0])
      expect([started, passed]).toEqual([due, due])
      expect(figures.responseTime.count).toBe(passed)
      expect(figures.serviceTime.min).toBeGreaterThanOrEqual(REQUESTS_PER_RUN * 2.5)
      expect(figures.requests).toBeGreaterThan(0)
      expect(figures.requests).toBeLessThan(figures.asked)
      expect(Object.keys(figures.steps)).toEqual(['ask', 'tell'])
      expect(figures.answers.map(({ step, status }) => [step, status])).toEqual([
        ['ask', '200'],
        ['tell', '200'],
      ])
      expect(figures.answers.reduce((sum, { requests }) => sum + requests, 0)).toBe(figures.asked)
    }
    expect(pair.base.warmedUp).toBe(pair.head.warmedUp)
    expect(pair.base.warmedUp).toBeGreaterThan(0)
    for (const name of SIDES) expect(pair[name].askedInAll).toBe(sides[name].seen.length)
    expect(pair).toMatchObject({ blocks: { pairs: 4, length: 100 } })
    expect(pair.generator!.eventLoopUtilization).toBeGreaterThan(0)
  })
})

thoroughly('warms up with three times as many requests from when it is to, once, and if it may', async () => {
  const warmUp = { requests: 100, time: 60_000 }
  const warmedUpOf = async (duet: Duet) =>
    (await duet.run(launchesOf(await watched()), { blocks: 2, seed: 1 })).base.warmedUp
  const duet = await openDuet(vus, {}, { warmUp, mayWarmLonger: true })
  expect(await warmedUpOf(duet)).toBeLessThan(3 * warmUp.requests)
  expect(duet.warmLonger()).toBe(true)
  expect(await warmedUpOf(duet)).toBe(3 * warmUp.requests)
  expect(duet.warmLonger()).toBe(false)
  expect(await warmedUpOf(duet), 'in each further pair').toBe(3 * warmUp.requests)
  expect((await openDuet(vus, {}, { warmUp })).warmLonger()).toBe(false)
})

/** Processors that an application may use. */
const processorsOf = ({ pid }: Launch) =>
  processorsIn(/^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(`/proc/${pid}/task/${pid}/status`, 'utf8'))![1]!)

/** An application that was started for its comparison. */
const started = async () => ({ ...(await applicationProcess({ delay: 2 })), ended: () => new Promise<never>(() => {}) })

describe('blocks are sliced where CPU time has a budget', () => {
  const withPid = (sides: Awaited<ReturnType<typeof watched>>) => {
    const { base, head } = launchesOf(sides)
    return { base: { ...base, pid: process.pid }, head: { ...head, pid: process.pid } }
  }

  test.each(cases<LoadOptions['load']>([vus], [{ rps: 400, duration: '5s' }]))(
    'only where that is all: %o',
    async load => {
      const duet = await openDuet(load, { budgets: { cpuPerRequest: 'base + 5%' } })
      const sides = await watched()
      await duet.run(withPid(sides), { blocks: 2, seed: 1 })
      const before = sides.order.length
      const pair = await duet.run(withPid(sides), { blocks: 4, seed: 7 })
      expect([pair.base.cause, pair.head.cause]).toEqual([undefined, undefined])
      // Four pairs of 100 ms, each of at least two slices a side.
      expect(sides.order.slice(before).length).toBeGreaterThan(2 * 4)
      for (const name of SIDES) {
        const { measured, asked, warmedUp, iterations, responseTime, cpuTime } = pair[name]
        expect(warmedUp).toBe(pair.base.warmedUp)
        // Slices fill their block but for rounding, and their beginnings are not measured.
        expect(measured / (4 * pair.blocks.length)).toBeGreaterThan(0.5)
        expect(measured / (4 * pair.blocks.length)).toBeLessThan(1.25)
        expect(iterations.due).toBe(iterations.passed)
        expect(responseTime.count).toBe(iterations.passed)
        expect(asked).toBeGreaterThanOrEqual(REQUESTS_PER_RUN * iterations.passed)
        expect(cpuTime).toBeGreaterThan(0)
      }
      expect(pair.blocks.deviation.work).toBeGreaterThan(0)
      expect(pair.typicalChange).toEqual(process.platform === 'linux' ? expect.any(Number) : undefined)
    },
  )

  thoroughly('nothing is typical of processes that come and go: their CPU time comes in ticks', async () => {
    const warmUp = { requests: 20, time: 1 }
    const duet = await openDuet(vus, { budgets: { cpuPerRequest: 'base + 5%' } }, { warmUp })
    const [base, head] = [await applicationProcess({ spawns: true }), await applicationProcess({ spawns: true })]
    const pair = await duet.run({ base, head }, { blocks: 4, seed: 7 })
    expect([pair.base.cause, pair.head.cause, pair.typicalChange]).toEqual([undefined, undefined, undefined])
    expect(pair.base.cpuTime).toBeGreaterThan(0)
  })

  thoroughly('between whole blocks where latencies have one, too, and those are of whole blocks', async () => {
    const duet = await openDuet(vus, { budgets: { cpuPerRequest: 'base + 5%', p99: 'base + 10%' } })
    const sides = await watched()
    await duet.run(withPid(sides), { blocks: 2, seed: 1 })
    const pair = await duet.run(withPid(sides), { blocks: 4, seed: 7 })
    for (const name of SIDES) {
      const { cause, measured, asked, iterations, responseTime, answers } = pair[name]
      expect(cause).toBeUndefined()
      expect(measured).toBe(4 * (pair.blocks.length - 10))
      expect(responseTime.count).toBe(iterations.passed)
      // Those of slices do not count for latencies.
      const all = answers.reduce((sum, { requests }) => sum + requests, 0)
      expect(asked).toBeGreaterThan(0)
      expect(REQUESTS_PER_RUN * iterations.passed).toBeLessThanOrEqual(all - asked)
    }
    // Four pairs of 200 ms and two sliced ones, and what was in flight at their ends.
    expect(pair.blocks.took).toBeGreaterThan((6 * 200) / 4)
  })

  thoroughly.runIf(process.platform === 'linux' && ownProcessors().length > 1)(
    'and both are held to one processor, but where latencies have a budget, one cannot be, or is not ours',
    async () => {
      const bin = mkdtempSync(join(tmpdir(), 'no-taskset-'))
      onTestFinished(() => rmSync(bin, { recursive: true }))
      const real = execFileSync('which', ['taskset'], { encoding: 'utf8' }).trim()
      // The processes that may not be held are in a file.
      const text = `#!/bin/sh\nfor last; do :; done\ngrep -qx "$last" ${bin}/free && exit 1\nexec ${real} "$@"\n`
      writeFileSync(join(bin, 'taskset'), text, { mode: 0o755 })
      vi.stubEnv('PATH', `${bin}:${process.env.PATH}`)
      const ours = { base: await started(), head: await started() }
      const theirs = { ...ours, base: { ...ours.base, ended: undefined as never } }
      const pairOf = async (duet: Duet, launches: typeof ours, free?: SideName) => {
        writeFileSync(join(bin, 'free'), free === undefined ? '' : `${launches[free].pid}\n`)
        const pair = await duet.run(launches, { blocks: 2, seed: 1 })
        expect([pair.base.cause, pair.head.cause]).toEqual([undefined, undefined])
        return [pair.isHeld, ...SIDES.map(name => processorsOf(launches[name]))]
      }
      const [free, held] = [
        [false, ownProcessors(), ownProcessors()],
        [true, [expect.any(Number)], [expect.any(Number)]],
      ]
      const load = { vus: 2, duration: '5s' }
      const withTimes = await openDuet(load, { budgets: { cpuPerRequest: 'base + 5%', p99: 'base + 10%' } })
      for (const pair of ['first', 'second']) expect(await pairOf(withTimes, ours), pair).toEqual(free)
      const duet = await openDuet(load, { budgets: { cpuPerRequest: 'base + 5%' } })
      expect(await pairOf(duet, ours), 'it is not known yet whether it uses several').toEqual(free)
      for (const name of SIDES) expect(await pairOf(duet, ours, name), `${name} cannot be held`).toEqual(free)
      expect(await pairOf(duet, theirs), 'base was not started for this').toEqual(free)
      expect(await pairOf(duet, ours)).toEqual(held)
      expect(processorsOf(ours.base)).toEqual(processorsOf(ours.head))
    },
  )

  test('never where no process is known, nor where only latencies have a budget', async () => {
    for (const [budget, isKnown] of [
      ['cpuPerRequest', false],
      ['p99', true],
    ] as const) {
      const duet = await openDuet(vus, { budgets: { [budget]: 'base + 5%' } })
      const sides = await watched()
      const launches = isKnown ? withPid(sides) : launchesOf(sides)
      const pair = await duet.run(launches, { blocks: 3, seed: 7 })
      // Blocks are longer on a busy machine, but not in slices.
      expect(pair.base.measured, budget).toBe(3 * (pair.blocks.length - 10))
    }
  })
})

test('the rate of an open model holds within the blocks of each side', async () => {
  const duet = await openDuet({ rate: 400, duration: '5s' })
  const sides = await watched()
  const pair = await duet.run(launchesOf(sides), { blocks: 5, seed: 1, length: 100 })
  expect([pair.base.cause, pair.head.cause]).toEqual([undefined, undefined])
  for (const name of SIDES) {
    // 400/s in five times 90 ms, but for the ends of blocks; with the turns of the other side it would be twice as many.
    expect(pair[name].iterations.due).toBeGreaterThan(0.6 * 180)
    expect(pair[name].iterations.due).toBeLessThan(1.4 * 180)
  }
})

thoroughly('a later pair of launches has the warm-up of the first one', async () => {
  const duet = await openDuet(vus)
  const warmed: number[] = []
  for (const seed of [1, 2, 3]) {
    const { base, head } = await duet.run(launchesOf(await watched()), { blocks: 2, seed })
    expect([base.cause, head.cause]).toEqual([undefined, undefined])
    expect(base.warmedUp).toBe(head.warmedUp)
    warmed.push(base.warmedUp)
  }
  const [first, second, third] = warmed as [number, number, number]
  expect(third).toBe(second)
  // The first one also finds how long iterations take.
  expect(first).toBeGreaterThan(second)
})

thoroughly('blocks are longer where iterations are', async () => {
  const duet = await openDuet(vus)
  const slow = await watched(() => () => ({ delay: 60 }))
  const pair = await duet.run(launchesOf(slow), { blocks: 2, seed: 1 })
  expect(pair.blocks.length).toBeGreaterThan(4 * 120)
  expect(pair.head.iterations.passed).toBeGreaterThan(0)
})

thoroughly('rates of users that loop are by the time that iterations take', async () => {
  const duet = await openDuet({ vus: 2, duration: '5s' })
  const sides = await watched(side => () => ({ delay: side === 'base' ? 20 : 30 }))
  const { base, head } = await duet.run(launchesOf(sides), { blocks: 4, seed: 1, length: 200 })
  expect([base.cause, head.cause]).toEqual([undefined, undefined])
  for (const { iterationRate, requestRate } of [base, head])
    expect(requestRate).toBeCloseTo(iterationRate! * REQUESTS_PER_RUN, 9)
  expect(head.iterationRate! / base.iterationRate!).toBeLessThan(0.9)
  expect(base.iterationRate).toBeGreaterThan(2_000 / 100)
  expect(base.iterationRate).toBeLessThan(2_000 / (REQUESTS_PER_RUN * (20 - EARLY)))
})

test('a head that is slower does the same work as base', async () => {
  const duet = await openDuet({ rps: 100, duration: '5s' })
  const sides = await watched(side => () => ({ delay: side === 'base' ? 5 : 40 }))
  const pair = await duet.run(launchesOf(sides), { blocks: 4, seed: 1, length: 100 })
  expect([pair.base.cause, pair.head.cause]).toEqual([undefined, undefined])
  for (const name of SIDES) expect(pair[name].started * REQUESTS_PER_RUN).toBe(pair[name].asked)
  // What is counted ends before the second request of many iterations, of head more often.
  const { ask, tell } = pair.head.steps
  expect(tell!.requests).toBeLessThan(0.9 * ask!.requests)
  const whole: Pair = { ...pair, took: 1 }
  expect(behaviourDifferences([whole], unbounded('cpuPerRequest'))).toEqual([])
})

test.each(
  cases<[string, LoadOptions['load'], number]>(
    [['a low rate', { rps: 10, duration: '5s' }, 200]],
    [['pacing', { vus: 1, duration: '5s', pacing: '100ms' }, 100]],
  ),
)('blocks are longer at %s, and each has its part', async (_, load, gap) => {
  const duet = await openDuet(load)
  const pair = await duet.run(launchesOf(await watched()), { blocks: 2, seed: 1 })
  expect([pair.base.cause, pair.head.cause]).toEqual([undefined, undefined])
  // More where the machine is so busy that iterations take longer than the gap.
  expect(pair.blocks.length).toBeGreaterThanOrEqual(10 + 4 * gap)
  const due = (2 * (pair.blocks.length - 10)) / gap
  for (const name of SIDES) {
    expect(pair[name].iterations.due).toBeGreaterThanOrEqual(due - 2)
    expect(pair[name].iterations.due).toBeLessThanOrEqual(due + 2)
  }
})

test('inputs that a function makes are the same for both, however fast each is', async () => {
  let made = 0
  const load = { vus: 1, duration: '5s' }
  const duet = await openDuet(load, { inputs: { rows: () => ({ n: made++ }) } }, { isNumbered: true })
  const sides = await watched(side => () => ({ delay: side === 'base' ? 1 : 4 }))
  const pair = await duet.run(launchesOf(sides), { blocks: 4, seed: 1, length: 100 })
  expect([pair.base.cause, pair.head.cause]).toEqual([undefined, undefined])
  for (const { seen } of [sides.base, sides.head]) {
    const numbers = seen.filter(({ url }) => url !== '/tell').map(({ url }) => Number(url.slice('/ask/'.length)))
    expect(numbers.length).toBeGreaterThan(4)
    expect(numbers).toEqual(numbers.map((_, n) => n))
    expect(made).toBeGreaterThanOrEqual(numbers.length)
  }
})

/** What is seen first of an application that dies: a response that ends, a refusal, or its process. */
const DIED = /connection (?:refused|was reset)|the other side closed|no such process/

describe('a side that cannot be measured is the cause of its pair', () => {
  let duet: Duet
  /** Requests of a warm-up, as the first pair has found it. */
  let warmedUp = 0
  beforeEach(async () => {
    if (warmedUp > 0) return
    const warmUp = { requests: 500, time: 1, patience: 3_000 }
    duet = await openDuet(vus, {}, { isKept: true, warmUp, gracefulStop: 1_000 })
    const launches = { base: await applicationProcess({ delay: 3 }), head: await applicationProcess({ delay: 3 }) }
    // A pair in which nothing could be measured, since others had the processor, finds no warm-up for the next ones.
    while (warmedUp === 0) {
      const pairs = [1, 2].map(seed => () => duet.run(launches, { blocks: 4, seed, length: 100 }))
      const [first, { base, head }] = [await pairs[0]!(), await pairs[1]!()]
      if ([first.base, first.head, base, head].every(({ cause }) => cause === undefined)) warmedUp = base.warmedUp
    }
    await Promise.all([launches.base.stop(), launches.head.stop()])
  })
  afterAll(() => duet.close())

  /** A pair of which one side is an application that does something after so many requests. */
  async function pairOf(broken: SideName, launch: Launch, blocks = 4) {
    const { launch: healthy } = await application(() => ({ delay: 1 }))
    const launches = broken === 'base' ? { base: launch, head: healthy } : { base: healthy, head: launch }
    const pair = await duet.run(launches, { blocks, seed: blocks, length: 50 })
    expect(pair[broken === 'base' ? 'head' : 'base'].cause).toBeUndefined()
    return pair[broken]
  }

  test.each(SIDES)('%s refuses connections', async side => {
    const gone = { servers: 'http://127.0.0.1:1', stop: async () => {} }
    const figures = await pairOf(side, gone)
    expect(figures.cause).toContain('connection refused')
    expect(figures.asked).toBe(0)
  })

  const moments = cases<{ at: string; part: number }>(
    [
      { at: 'in the warm-up', part: 0.5 },
      { at: 'later', part: 1.2 },
    ],
    [{ at: 'early', part: 1.02 }],
  )

  test.each(moments)('it dies $at', async ({ part }) => {
    const { pid, ...launch } = await applicationProcess({ delay: 1, dieAfter: Math.ceil(part * warmedUp) })
    expect((await pairOf('head', launch, 40)).cause).toMatch(DIED)
  })

  test('it dies before the other had time for an iteration that counts', async () => {
    const { launch: slow } = await application((_, count) => ({ delay: count > warmedUp ? 60 : 1 }))
    const { pid, ...head } = await applicationProcess({ delay: 1, dieAfter: Math.ceil(1.2 * warmedUp) })
    const pair = await duet.run({ base: slow, head }, { blocks: 40, seed: 40, length: 50 })
    expect(pair.base).toMatchObject({ iterations: { passed: 0, failed: 0 } })
    expect([pair.base.cause, pair.head.cause]).toEqual([undefined, expect.stringMatching(DIED)])
  })

  test('it dies in its last block, and is known to be gone by its process', async () => {
    const launch = await applicationProcess({ delay: 1, dieAfter: Math.ceil(1.02 * warmedUp) })
    expect((await pairOf('base', launch, 40)).cause).toMatch(DIED)
  })

  test('it hangs: its block ends none the less', async () => {
    const { launch } = await application((_, count) => ({ delay: count > warmedUp + 20 ? 'never' : 1 }))
    const { cause, iterations } = await pairOf('head', launch, 40)
    expect(cause).toMatch(/^[1-3] iterations? had not ended 1 s after its turn$/)
    expect(iterations.started).toBe(iterations.passed + iterations.failed + iterations.aborted)
  })

  test('it hangs in the warm-up', async () => {
    const { launch } = await application((_, count) => ({ delay: count > warmedUp / 2 ? 'never' : 1 }))
    const { cause } = await pairOf('head', launch)
    expect(cause).toMatch(/^(\d iterations? had not ended 1 s after the|a round of its) warm-up/)
  })

  test('every iteration fails, from the beginning', async () => {
    const { launch, seen } = await application(() => ({ status: 503 }))
    const { cause, warmedUp } = await pairOf('base', launch)
    expect(cause).toBe('every iteration of the warm-up failed: $statusCode == 200 is not met (503)')
    expect(seen.length).toBe(warmedUp)
  })

  test('every iteration fails, since the warm-up', async () => {
    const { launch } = await application((_, count) => ({ status: count > warmedUp ? 500 : 200, delay: 1 }))
    const { cause, iterations } = await pairOf('head', launch)
    expect(cause).toBe('every iteration failed: $statusCode == 200 is not met (500)')
    expect(iterations.failed).toBeGreaterThan(0)
  })

  test('a part of its iterations fails: that is a figure, and no cause', async () => {
    const { launch } = await application((_, count) => ({ status: count % 5 === 0 ? 500 : 200, delay: 1 }))
    const { cause, iterations, errors } = await pairOf('head', launch, 8)
    expect(cause).toBeUndefined()
    expect(iterations.failed).toBeGreaterThan(0)
    expect(errors[0]!.message).toBe('$statusCode == 200 is not met (500)')
  })
})

test('nothing falls into the blocks', async () => {
  const duet = await openDuet({ rate: 0.001, duration: '5s' })
  const [base, head] = [(await application()).launch, (await application()).launch]
  const pair = await duet.run({ base, head }, { blocks: 1, seed: 1, length: 100 })
  for (const name of SIDES) expect(pair[name].cause).toBe('nothing was measured: no iteration began in its blocks')
})

describe('cancelled', () => {
  test.each(cases([300, 1_500], [0]))('after %i ms: at once, and the next pair is measured', async after => {
    // In a warm-up that is still to be found, or long after one.
    const duet = after > 1_000 ? await duetOf(vus) : await openDuet(vus, {}, { warmUp: { requests: 1e9, time: 1_500 } })
    const sides = await watched(() => () => ({ delay: 5 }))
    const ending = new AbortController()
    const running = duet.run(launchesOf(sides), { blocks: 500, seed: 1, signal: ending.signal })
    let at = 0
    setTimeout(() => {
      at = performance.now()
      ending.abort(new Error('enough'))
    }, after)
    await expect(running).rejects.toThrow('enough')
    // Its blocks would take 100 s.
    expect(performance.now() - at).toBeLessThan(20_000)
    const asked = sides.base.seen.length + sides.head.seen.length
    const pair = await duet.run(launchesOf(await watched()), { blocks: 2, seed: 1 })
    expect([pair.base.cause, pair.head.cause]).toEqual([undefined, undefined])
    expect(sides.base.seen.length + sides.head.seen.length).toBe(asked)
  })
})

test('a host that is not this machine is not loaded', async () => {
  const duet = await duetOf(vus)
  const { launch: base, seen } = await application()
  const head = { servers: 'http://shop.example', stop: async () => {} }
  await expect(duet.run({ base, head }, { blocks: 2, seed: 1 })).rejects.toThrow("allowHosts: ['shop.example']")
  expect(seen).toEqual([])
})

describe('servers of the load test', () => {
  test('a stub by source is asked instead of the launch', async () => {
    const sides = await watched()
    const stub = await application(() => ({ delay: 3 }))
    const duet = await openDuet(vus, {}, { stub: stub.launch.servers as string })
    const { base, head } = await duet.run(launchesOf(sides), { blocks: 4, seed: 1, length: 100 })
    expect([base.cause, head.cause]).toEqual([undefined, undefined])
    for (const name of SIDES) expect(new Set(sides[name].seen.map(({ url }) => url))).toEqual(new Set(['/ask']))
    expect(new Set(stub.seen.map(({ url }) => url))).toEqual(new Set(['/tell']))
  })

  test('base and head are not compared where both are the same', async () => {
    const sides = { base: await application(), head: await application() }
    const own = 'http://127.0.0.1:1'
    const duet = await openDuet(vus, { servers: { api: own, other: own } }, { stub: own })
    await expect(duet.run(launchesOf(sides), { blocks: 2, seed: 1 })).rejects.toThrow(
      `Failed to compare base and head: both would be asked at ${own}. Leave the application under test out of`,
    )
  })
})

describe('what is still open when a comparison begins', () => {
  const security = { api: { key: { env: 'DUET_TEST_KEY' } } }
  const secured = {
    components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-key' } } },
    security: [{ key: [] }],
  }

  test('a secret is a fault of the load test, not of base', async () => {
    await expect(openDuet(vus, { security }, { secured })).rejects.toThrow('DUET_TEST_KEY')
  })

  test('launches have servers and ports', async () => {
    vi.stubEnv('DUET_TEST_KEY', 'letmein')
    const target = { prometheus: 'http://127.0.0.1:{port}/metrics' }
    const duet = await openDuet(vus, { security, servers: undefined, target } as never, { secured })
    const sides = await watched()
    const { base, head } = await duet.run(launchesOf(sides), { blocks: 4, seed: 1, length: 100 })
    expect([base.cause, head.cause]).toEqual([undefined, undefined])
    for (const name of SIDES) expect(sides[name].seen[0]!.headers['x-key']).toBe('letmein')
  })
})

test('a thread that does not begin can be cancelled', async () => {
  const worker = fileURLToPath(new URL('./fixtures/silent.js', import.meta.url))
  const ending = new AbortController()
  const opening = openDuet(vus, {}, { worker, signal: ending.signal })
  setTimeout(() => ending.abort(new Error('enough')), 200)
  await expect(opening).rejects.toThrow('enough')
})

test('a thread that is lost is a fault, and has a successor', async () => {
  const worker = fileURLToPath(new URL('./fixtures/exits.js', import.meta.url))
  const duet = await openDuet(vus, {}, { worker })
  const { launch } = await application()
  for (const seed of [1, 2])
    await expect(duet.run({ base: launch, head: launch }, { blocks: 2, seed })).rejects.toThrow(
      'Failed to compare base and head: the load thread was lost: it exited.',
    )
})

test.each([
  [{ adaptive: { maxVus: 20, latency: '50ms' }, duration: '5s' }, 'its number of users depends'],
  [{ capacity: { latency: 'p99 < 50ms', to: 1_000 } }, 'its rate depends'],
  [{ vus: 2, duration: '5s', thinkTime: '1s' }, 'users that think'],
])('a load that cannot be compared is refused: %o', async (load, found) => {
  await expect(openDuet(load as never)).rejects.toThrow(found)
})

describe('applications in processes of their own', () => {
  /** As long as users have it: what these measure is the time of applications. */
  const WARM = { warmUp: { requests: 3_000, time: 1_000 } }

  thoroughly('latencies are those of each side', async () => {
    const duet = await openDuet({ rate: 50, duration: '5s' }, {}, WARM)
    const launches = { base: await applicationProcess({ delay: 5 }), head: await applicationProcess({ delay: 8 }) }
    const { base, head } = await duet.run(launches, { blocks: 8, seed: 1 })
    expect([base.cause, head.cause]).toEqual([undefined, undefined])
    for (const [figures, least] of [[base, 5] as const, [head, 8] as const]) {
      expect(figures.serviceTime.min).toBeGreaterThanOrEqual(REQUESTS_PER_RUN * (least - EARLY))
      for (const step of Object.values(figures.steps))
        expect(step.serviceTime.min).toBeGreaterThanOrEqual(least - EARLY)
    }
    expect(base.serviceTime.min).toBeLessThan(2 * 8)
    expect(head.serviceTime.min - base.serviceTime.min).toBeGreaterThan(REQUESTS_PER_RUN * (8 - 5 - EARLY))
    for (const { serviceTime } of [base, head]) expect(serviceTime.p50).toBeGreaterThanOrEqual(serviceTime.min)
    for (const { memory } of [base, head]) expect(memory).toBeGreaterThan(20e6)
  })

  test('percentiles are those of each side', async () => {
    const duet = await openDuet({ rate: 20, duration: '5s' })
    const launches = { base: await applicationProcess({ delay: 5 }), head: await applicationProcess({ delay: 50 }) }
    const { base, head } = await duet.run(launches, { blocks: 3, seed: 1 })
    expect([base.cause, head.cause]).toEqual([undefined, undefined])
    for (const percentile of ['p50', 'p90'] as const)
      expect(head.serviceTime[percentile] / base.serviceTime[percentile], percentile).toBeGreaterThan(1.3)
    expect(head.serviceTime.p50).toBeGreaterThanOrEqual(REQUESTS_PER_RUN * (50 - EARLY))
  })

  test('CPU is that of what was asked', async () => {
    // A round is enough: no more of what is measured here is an application's than its work.
    const duet = await openDuet({ vus: 2, duration: '5s' })
    const launches = { base: await applicationProcess({ work: 1 }), head: await applicationProcess({ work: 1.2 }) }
    const { base, head } = await duet.run(launches, { blocks: 10, seed: 1 })
    expect([base.cause, head.cause]).toEqual([undefined, undefined])
    const ratio = head.cpuTime! / head.asked / (base.cpuTime! / base.asked)
    expect(base.cpuTime! / base.asked).toBeGreaterThanOrEqual(1)
    expect(ratio).toBeGreaterThan(1.08)
    expect(ratio).toBeLessThan(1.3)
  })

  thoroughly('CPU of a step is its own, also while users wait for another one', async () => {
    const duet = await openDuet({ vus: 4, duration: '5s' })
    const launches = {
      base: await applicationProcess({ work: 1 }),
      head: await applicationProcess({ work: 1, tell: 0.5 }),
    }
    const { base, head } = await duet.run(launches, { blocks: 2, seed: 1 })
    expect([base.cause, head.cause]).toEqual([undefined, undefined])
    const changeOf = (step: string) => head.prices![step]! / base.prices![step]!
    expect(changeOf('tell')).toBeGreaterThan(1.2)
    expect(changeOf('tell')).toBeGreaterThan(changeOf('ask') + 0.15)
    expect(head.askedInAll).toBe(head.warmedUp + head.asked)
  })

  const coldFor = 400
  const cold = async (coldFor: number) => ({
    base: await applicationProcess({ work: 0.3, coldFor }),
    head: await applicationProcess({ work: 0.3, coldFor }),
  })

  test('are warmed up until a request costs no less, by as many on both sides', async () => {
    const duet = await openDuet({ vus: 2, duration: '5s' }, {}, { warmUp: { requests: 1e9, time: 5_000 } })
    for (const seed of [1, 2]) {
      const { base, head, drift } = await duet.run(await cold(coldFor), { blocks: 4, seed })
      expect([base.cause, head.cause]).toEqual([undefined, undefined])
      expect(base.warmedUp).toBe(head.warmedUp)
      expect(base.warmedUp).toBeGreaterThan(coldFor)
      expect(base.cpuTime! / base.asked).toBeLessThan(3 * 0.3)
      expect(Math.abs(drift!)).toBeLessThan(0.7)
    }
  })

  thoroughly(
    'that are still cold are known by their CPU time, and have had the requests that were wanted',
    async () => {
      const warmUp = { requests: 20, time: 1, isWhole: true }
      const duet = await openDuet({ vus: 2, duration: '5s' }, {}, { warmUp })
      const { base, head, drift } = await duet.run(await cold(200), { blocks: 10, seed: 1, length: 200 })
      expect([base.cause, head.cause]).toEqual([undefined, undefined])
      expect([base.warmedUp, head.warmedUp]).toEqual([20, 20])
      expect(base.askedInAll).toBe(20 + base.asked)
      expect(drift).toBeLessThan(-0.1)
    },
  )
})

const LEAK = 20_000

test('a soak gives both sides the same number of requests, and shows which one leaks', async () => {
  const duet = await openDuet({ vus: 2, duration: '5s' }, { budgets: { memoryGrowth: 'base + 20KB/1000 requests' } })
  const [base, head] = [await applicationProcess({}), await applicationProcess({ leak: LEAK })]
  const { soak = [], ...pair } = await duet.run({ base, head }, { blocks: 2, seed: 1, soak: 1_500 })
  expect([pair.base.cause, pair.head.cause]).toEqual([undefined, undefined])
  expect(pair.base.warmedUp).toBe(pair.head.warmedUp)
  expect(soak.at(-1)!.requests).toBe(pair.base.warmedUp)
  const [from, to] = [soak[0]!, soak.at(-1)!]
  const growthOf = (side: 0 | 1) => (to.memory[side] - from.memory[side]) / (to.requests - from.requests)
  const growth = growthOf(1) - growthOf(0)
  expect(growth / LEAK).toBeGreaterThan(0.3)
  expect(growth / LEAK).toBeLessThan(3)
  const without = await duet.run({ base, head }, { blocks: 2, seed: 2 })
  expect(without.soak).toBeUndefined()
})

thoroughly('a soak leaves half of the rows that are used once', async () => {
  const rows = Array.from({ length: 4_000 }, (_, n) => ({ n: String(n) }))
  const inputs = { rows, order: 'unique' } as const
  const duet = await openDuet({ vus: 2, duration: '5s' }, { inputs }, { isNumbered: true })
  const [base, head] = [await applicationProcess({}), await applicationProcess({})]
  const { soak = [], ...pair } = await duet.run({ base, head }, { blocks: 2, seed: 1, length: 20, soak: 60_000 })
  expect([pair.base.cause, pair.head.cause]).toEqual([undefined, undefined])
  expect(soak.at(-1)!.requests).toBe(pair.base.warmedUp)
})
