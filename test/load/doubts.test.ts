import { describe, expect, test } from 'vitest'
import type { Budget } from '../../src/budget/budget.ts'
import { doubtText } from '../../src/budget/cause.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import { doubtsOf, type Findings } from '../../src/load/run/doubts.ts'
import { emptySummary } from '../../src/measure/histogram.ts'
import type { MachineHealth } from '../../src/measure/machine-watch.ts'
import { aThread } from '../builders/report.ts'

const summary = (count: number, p99: number) => ({ ...emptySummary(), count, p99 })

const fine: Findings = {
  plan: readShape({ rate: 100, duration: '10s', threads: 1 }).plan!,
  state: 'completed',
  measured: 10_000,
  arrivals: { due: 1_000, dropped: 0, started: 1_000, passed: 1_000, failed: 0, aborted: 0 },
  responseTime: summary(1_000, 40),
  steps: { login: { requests: 1_000, errors: 0, serviceTime: summary(10, 30) } },
  lateness: summary(1_000, 1),
  threads: [aThread()],
  machine: { clockJump: 0 },
  budgets: [],
}
const percentile = (quantile: number, step?: string): Budget => ({
  key: '',
  path: [],
  metric: 'percentile',
  of: step ? 'step' : 'iterations',
  quantile,
  operator: '<=',
  bound: 1,
  title: '',
  ...(step && { step }),
})
const textOf = (findings: Partial<Findings>) =>
  doubtsOf({ ...fine, ...findings }).map(doubt => doubtText(doubt).replace(/threads: \d+/, 'threads: n'))

describe('an application that waits for a core', () => {
  const starvation = {
    share: 0.12,
    longest: 180,
    burst: 90,
    single: 40,
    usual: 8,
    crowded: { share: 0.5, stretches: 3 },
    others: 0.8,
    spare: 0.05,
  }
  const kinds = (findings: Partial<Findings>) => doubtsOf({ ...fine, ...findings }).map(({ kind }) => kind)

  test('that other programs have is a doubt of its own', () => {
    expect(textOf({ starvation })).toEqual([
      'The application had work to do but no core for 12 % of the time, up to 180 ms of a second, while other programs used 80 % of one: that wait is in every latency. End other programs, or give the application cores of its own.',
    ])
  })

  test('that nobody else has waits for itself or for the generator', () => {
    expect(kinds({ starvation: { ...starvation, others: 0.05 } })).toEqual([])
    // From being woken up to running, with a core to spare.
    expect(kinds({ starvation: { ...starvation, share: 0.08, spare: 0.9 } })).toEqual([])
  })

  test('is not taken to have waited as its generator has where it is known what it waited', () => {
    const threads = [aThread({ waited: 0.3, longestWait: 400 })]
    expect(doubtsOf({ ...fine, threads, isLocal: true })).toMatchObject([{ kind: 'generator starved', isShared: true }])
    const [generator, application] = doubtsOf({
      ...fine,
      threads,
      isLocal: true,
      starvation: { ...starvation, share: 0.01, longest: 12 },
    })
    expect(generator).toMatchObject({ isShared: undefined })
    expect(application).toMatchObject({ kind: 'application starved', share: 0.01, longest: 12 })
    expect(kinds({ threads, isLocal: true, starvation: { ...starvation, share: 0.001 } })).toEqual([
      'generator starved',
    ])
  })
})

test('a run of which all is well leaves none', () => {
  expect(doubtsOf(fine)).toEqual([])
})

const busy = (...shares: number[]) => shares.map(eventLoopUtilization => aThread({ eventLoopUtilization }))

test('a generator at its limit: every thread by itself', () => {
  expect(doubtsOf({ ...fine, threads: busy(0.9, 0.9) })).toEqual([])
  expect(textOf({ threads: busy(0.972), plan: { ...fine.plan, threads: 1 } })).toMatchInlineSnapshot(`
    [
      "The load thread was busy 97.2 % of the time, so that responses had to wait for it: the figures may be the generator's rather than the API's. Use more threads (threads: n), ask for less load, or run the generator on a machine of its own.",
    ]
  `)
  expect(textOf({ threads: busy(0.95, 0.2, 0.3), plan: { ...fine.plan, threads: 999 } })).toMatchInlineSnapshot(`
    [
      "1 of 3 load threads was busy 95 % of the time, so that responses had to wait for it: the figures may be the generator's rather than the API's. Use a machine with more cores, ask for less load, or run the generator on a machine of its own.",
    ]
  `)
  expect(textOf({ threads: busy(0.95, 0.99), plan: { ...fine.plan, threads: 999 } })).toMatchInlineSnapshot(`
    [
      "2 of 2 load threads were busy up to 99 % of the time, so that responses had to wait for them: the figures may be the generator's rather than the API's. Use a machine with more cores, ask for less load, or run the generator on a machine of its own.",
    ]
  `)
})

test('a generator that has to wait for a core', () => {
  expect(doubtsOf({ ...fine, threads: [aThread({ waited: 0.04, longestWait: 30 })] })).toEqual([])
  const waiting = aThread({ waited: 0.183, longestWait: 51.5 })
  expect(textOf({ threads: [waiting] })).toMatchInlineSnapshot(`
    [
      "The load thread had work to do but no core for 18.3 % of the time, up to 51.5 ms of a second: something else takes the generator's CPU, and that wait is in every latency. End other programs, or give the generator a core of its own.",
    ]
  `)
  expect(doubtsOf({ ...fine, threads: [waiting] })[0]).toMatchObject({ share: 0.183, longest: 51.5 })
  // Looks that come late are of more than a second.
  expect(textOf({ threads: [aThread({ waited: 0.7, longestWait: 1_080 })] })[0]).toContain(
    'no core for 70 % of the time, at times for a whole second: something',
  )
  expect(doubtsOf({ ...fine, threads: [aThread({ waited: 0.05, longestWait: 60, spareCores: 0.5 })] })).toEqual([])
  expect(doubtsOf({ ...fine, threads: [aThread({ waited: 0.05, longestWait: 60, spareCores: 0.05 })] })).toHaveLength(1)
  expect(textOf({ threads: [aThread(), waiting] })[0]).toContain('One of 2 load threads')
})

describe('late answers', () => {
  const late = (p99: number, waited?: number) => [aThread(), aThread({ delay: { p99, longest: p99 }, waited })]

  test('count from 5 ms and a tenth of the latency on', () => {
    expect(doubtsOf({ ...fine, threads: late(5) })).toEqual([])
    expect(doubtsOf({ ...fine, threads: late(9), responseTime: summary(1_000, 100) })).toEqual([])
    expect(doubtsOf({ ...fine, threads: late(11), responseTime: summary(1_000, 100) })).toHaveLength(1)
  })

  test('with the likely cause', () => {
    expect(textOf({ threads: late(18.2, 0.34) }).slice(1)).toMatchInlineSnapshot(`
      [
        "At one in a hundred moments a load thread got to what was due more than 18.2 ms late: for 34 % of the time it was ready to run, other programs had the cores. End other programs, give the generator cores of its own, or use more threads (threads: n).",
      ]
    `)
    expect(textOf({ threads: late(18.2, 0.02) })).toMatchInlineSnapshot(`
      [
        "At one in a hundred moments a load thread got to what was due more than 18.2 ms late: its work comes in lumps, or it stood still. Use more threads (threads: n), or ask for less load.",
      ]
    `)
    expect(doubtsOf({ ...fine, threads: late(18.2, 0.34) })[1]).toMatchObject({ p99: 18.2, waited: 0.34 })
  })
})

test('a thread that stood still', () => {
  expect(textOf({ threads: [aThread({ delay: { p99: 1, longest: 2_300 } })] })).toMatchInlineSnapshot(`
    [
      "A load thread stood still for 2.3 s: the process was stopped or swapped out, its machine slept, or it was long without a core. Let nothing else run on the machine, and run again.",
    ]
  `)
  expect(doubtsOf({ ...fine, threads: [aThread({ delay: { p99: 1, longest: 999 } })] })).toEqual([])
})

test('pauses of the garbage collector, where they are long against the latency and not too rare', () => {
  const paused = (longest: number, long: number) => [aThread({ gc: { count: 412, total: 340, longest, long } })]
  expect(textOf({ threads: paused(38.4, 210) })).toMatchInlineSnapshot(`
    [
      "The garbage collector of a load thread paused it 412 times, for 38.4 ms at the longest and 340 ms in all: responses waited meanwhile. Take smaller inputs and responses, use more threads, or give Node more room (NODE_OPTIONS=--max-semi-space-size=64).",
    ]
  `)
  const one = textOf({ threads: [aThread({ gc: { count: 1, total: 38.4, longest: 38.4, long: 210 } })] })
  expect(one[0]).toMatch(/ paused it once, for 38\.4 ms: responses waited meanwhile\. /)
  expect(doubtsOf({ ...fine, threads: paused(38.4, 210) })[0]).toMatchObject({ longest: 38.4, share: 0.021 })
  // Shorter than a tenth of the p99.
  expect(doubtsOf({ ...fine, threads: paused(9, 210), responseTime: summary(1_000, 100) })).toEqual([])
  // One in ten seconds, and the slowest answer is far above it.
  const slow = { ...summary(1_000, 40), max: 300 }
  expect(doubtsOf({ ...fine, threads: paused(8, 8), responseTime: slow })).toEqual([])
})

test('threads of several hosts are told with the host of the one that it was', () => {
  const delay = { p99: 18, longest: 2_300 }
  const gc = { count: 2, total: 80, longest: 40, long: 210 }
  const texts = textOf({ threads: [aThread({ host: 'eu-1' }), aThread({ host: 'eu-2', delay, gc })] })
  expect(texts.map(text => /^.* load thread on \S+ (?:got|stood|paused)/.exec(text)?.[0])).toEqual([
    'At one in a hundred moments a load thread on eu-2 got',
    'A load thread on eu-2 stood',
    'The garbage collector of a load thread on eu-2 paused',
  ])
})

describe('the machine', () => {
  test('on which neither the load nor the application is', () => {
    expect(textOf({ machine: { clockJump: 5_000 } })).not.toEqual([])
    expect(textOf({ machine: undefined })).toEqual([])
  })

  const machine = (over: Partial<MachineHealth>) => textOf({ machine: { clockJump: 0, ...over } })

  test('CPU stolen by the host, from one per cent on', () => {
    expect(machine({ stolen: { share: 0.009, longest: 10 } })).toEqual([])
    expect(machine({ stolen: { share: 0.064, longest: 90 } })).toMatchInlineSnapshot(`
      [
        "The host took 6.4 % of this machine's CPU time for others (steal), up to 90 ms at a time: both generator and API stood still meanwhile. Run again, or run on a machine with cores of its own.",
      ]
    `)
  })

  test('a CPU quota that was used up', () => {
    expect(machine({ throttled: { periods: 100, throttled: 0, time: 0 } })).toEqual([])
    expect(machine({ throttled: { periods: 100, throttled: 12, time: 640 } })).toMatchInlineSnapshot(`
      [
        "The CPU quota of this container was used up in 12 of 100 periods, and all in it stood still for 640 ms altogether. Raise the quota (cpu.max), or ask for less load.",
      ]
    `)
  })

  test('a clock that was set', () => {
    expect(machine({ clockJump: 90 })).toEqual([])
    expect(machine({ clockJump: 61_000 })).toMatchInlineSnapshot(`
      [
        "The wall clock jumped 61 s forwards: it was set, or the machine slept. Latencies are taken from another clock, but connections and the API may not have been the same after it. Run again.",
      ]
    `)
    expect(machine({ clockJump: -2_000 })).toMatchInlineSnapshot(`
      [
        "The wall clock jumped 2 s back: it was set, or the machine slept. Latencies are taken from another clock, but connections and the API may not have been the same after it. Run again.",
      ]
    `)
  })
})

test('an application whose processes changed', () => {
  expect(textOf({ changed: [{ ended: [], began: [], how: 'its counter fell' }] })).toMatchInlineSnapshot(`
    [
      "The application was started again in the measured window, for its counter fell: memory and CPU are those of two lives. Look why it ended (a crash, a restart on changed files, a limit of memory).",
    ]
  `)
  expect(textOf({ changed: [{ ended: [4711], began: [4800] }] })).toMatchInlineSnapshot(`
    [
      "Process 4711 of the application ended in the measured window, and 4800 began: memory and CPU are those of two lives. Look why it ended (a crash, a restart on changed files, a limit of memory).",
    ]
  `)
  expect(textOf({ changed: [{ ended: [4711, 4712], began: [], target: 'db' }] })).toMatchInlineSnapshot(`
    [
      "Processes 4711, 4712 of db ended in the measured window: memory and CPU are those of two lives. Look why it ended (a crash, a restart on changed files, a limit of memory).",
    ]
  `)
})

describe('late starts', () => {
  test.each([
    [5, 10, 0, 'up to 5 ms is what timers and other programs make'],
    [5.1, 40, 1, 'more than that, and more than a tenth of 40 ms'],
    [9, 100, 0, 'less than a tenth of 100 ms does not change the picture'],
    [11, 100, 1, 'more than a tenth does'],
  ])('%d ms late with a p99 of %d ms: %d (%s)', (late, p99, doubts) => {
    expect(doubtsOf({ ...fine, lateness: summary(1_000, late), responseTime: summary(1_000, p99) })).toHaveLength(
      doubts,
    )
  })

  test('the text', () => {
    expect(textOf({ lateness: summary(1_000, 12.4) })).toMatchInlineSnapshot(`
      [
        "One in a hundred iterations started more than 12.4 ms late although a virtual user was free: the machine was busy with something else, or the load is too much for 1 thread. End other programs, use more threads (threads: n), or ask for less load.",
      ]
    `)
  })
})

test('dropped arrivals', () => {
  const arrivals = { ...fine.arrivals, due: 60_000, dropped: 1_234 }
  expect(textOf({ arrivals })).toMatchInlineSnapshot(`
    [
      "1,234 of 60,000 arrivals (2.06 %) were never started, because all 1,000 virtual users were busy: the API responded more slowly than arrivals came, or maxVus is too low for this rate. Raise maxVus to start them too, or ask for less load.",
    ]
  `)
})

describe('arrivals that waited for a virtual user', () => {
  const lateness = summary(880, 1)

  test('have no lateness of their own, and are counted by that', () => {
    expect(doubtsOf({ ...fine, lateness })).toMatchObject([{ kind: 'waits for users', waited: 120, due: 1_000 }])
    // Of 300 that a lost host told of it is not known; of those that others began it is.
    const lost = [{ host: 'eu-1', why: 'it was not heard', at: 9_000, share: 0.5, missing: 10 }]
    const withLost = (count: number) =>
      doubtsOf({ ...fine, lost, timed: 700, lateness: summary(count, 1) }).find(({ kind }) => kind !== 'lost host')
    expect(withLost(690)).toMatchObject({ kind: 'waits for users', waited: 10 })
    expect(withLost(700)).toBeUndefined()
    expect(textOf({ lateness })).toMatchInlineSnapshot(`
      [
        "120 of 1,000 arrivals (12 %) began later than they were due, because all 1,000 virtual users were busy: the API responded more slowly than arrivals came, or maxVus is too low for this rate. Raise maxVus to start them at once, or ask for less load.",
      ]
    `)
  })

  test('are not told beside those that were dropped, nor of a closed model', () => {
    const kinds = (findings: Partial<Findings>) => doubtsOf({ ...fine, ...findings }).map(({ kind }) => kind)
    expect(kinds({ lateness, arrivals: { ...fine.arrivals, dropped: 3 } })).toEqual(['dropped arrivals'])
    const plan = readShape({ vus: 5, duration: '10s', threads: 1 }).plan!
    expect(kinds({ plan, lateness: summary(0, 0) })).toEqual([])
  })
})

test('too few samples for the percentiles that are judged', () => {
  const budgets = [percentile(0.999), percentile(0.5), percentile(0.99, 'login'), percentile(0.999)]
  expect(textOf({ budgets })).toMatchInlineSnapshot(`
    [
      "1,000 samples of 2,995 that p99.9 needs to mean anything: the load is too short or too little. Measure longer, or judge a lower percentile.",
      "10 samples of 299 that p99 of login needs to mean anything: the load is too short or too little. Measure longer, or judge a lower percentile.",
    ]
  `)
})

test('cut short', () => {
  expect(textOf({ state: 'cut short', cause: 'it was cancelled', measured: 4_200 })).toMatchInlineSnapshot(`
    [
      "The run was cut short after 4.2 s of 10 s: it was cancelled. Let it run to its end.",
    ]
  `)
  const plan = readShape({ vus: 1, iterations: 10 }).plan!
  expect(
    textOf({ state: 'cut short', measured: 600_000, plan, cause: 'it took longer than its 10 min (maxDuration)' }),
  ).toMatchInlineSnapshot(`
    [
      "The run was cut short after 10 min: it took longer than its 10 min (maxDuration). Ask for fewer iterations, or raise maxDuration.",
    ]
  `)
})

test('a run that never got going has none: there are no figures to doubt', () => {
  expect(doubtsOf({ ...fine, state: 'not run', threads: busy(1) })).toEqual([])
})

test('a warm-up that was taken for steady, and a window that was not', () => {
  const { plan } = readShape({ rate: 100, warmUp: '3s', duration: '10s', threads: 1 })
  const warmUpCut = { at: 3_000, steady: true, because: '' }
  const reach = { below: 0.4, above: 0.2 }
  const course = {
    latency: reach,
    tail: { ...reach, below: 0.9 },
    rate: { below: 0.1, above: 0.1 },
    from: 14,
    to: 11,
    begin: 2,
    ended: 100,
    hasChanged: true,
  }
  const { latency, tail, rate } = course
  const findings = { ...fine, plan: plan!, warmUpCut, course }
  expect(doubtsOf(findings)).toMatchObject([{ kind: 'warm-up never steady', latency, tail, rate }])
  expect(textOf(findings)).toMatchInlineSnapshot(`
    [
      "After 3 s of warm-up the load was steady, but not in the measured window (mean latency 14 ms in its first half, 11 ms in the second): the API still got faster or slower (compilers, caches, pools, a queue). Wait longer (warmUp: '6s'), or ask for less load if a queue grows.",
    ]
  `)
  expect(doubtsOf({ ...findings, course: { ...course, hasChanged: false } })).toEqual([])
  const unsteady = { ...findings, warmUpCut: { ...warmUpCut, steady: false } }
  expect(doubtsOf({ ...unsteady, course: { ...course, hasChanged: false } })).toMatchObject([{ latency, tail, rate }])
})

test('a warm-up that never became steady: what still changed, and what to do', () => {
  const { plan } = readShape({ rate: 100, warmUp: 'auto', duration: '10s', threads: 1 })
  const drift = { over: 15_000, latency: { from: 12, to: 18 }, rate: { from: 99.6, to: 100.2 }, change: 0.5 }
  const cut = { at: 30_000, steady: false, because: '' }
  expect(doubtsOf({ ...fine, warmUpCut: { ...cut, steady: true, drift } })).toEqual([])
  expect(doubtsOf({ ...fine, plan: plan!, warmUpCut: { ...cut, drift } })).toMatchObject([
    { kind: 'warm-up never steady', waited: 30_000, change: 0.5 },
  ])
  const of = (found: typeof drift | undefined) =>
    textOf({ plan: plan!, warmUpCut: { ...cut, ...(found && { drift: found }) } })
  expect([of(drift), of({ ...drift, change: 0.1 }), of(undefined)].flat()).toMatchInlineSnapshot(`
    [
      "After 30 s of warm-up the load was not steady (mean latency 12 ms, then 18 ms, and 99.6/s, then 100/s, in the halves of its last 15 s), and the measured window began all the same: the API still got faster or slower (compilers, caches, pools, a queue). Wait longer (warmUp: '60s'), or ask for less load if a queue grows.",
      "In 30 s of warm-up too few iterations ended to be sure that the load was steady (mean latency 12 ms, then 18 ms, and 99.6/s, then 100/s, in the halves of its last 15 s), and the measured window began all the same. Wait longer (warmUp: '60s'), or ask for more load.",
      "In 30 s of warm-up too few iterations ended to be sure that the load was steady, and the measured window began all the same. Wait longer (warmUp: '60s'), or ask for more load.",
    ]
  `)
})
