import { availableParallelism } from 'node:os'
import { expect, test, vi } from 'vitest'
import type { Clock } from '../../src/measure/clock.ts'
import { type Probe, ProbeError, type Reading } from '../../src/measure/probe.ts'
import { createProcessTreeProbe, createSelfProbe, ResourceMeter } from '../../src/measure/resources.ts'

/** Time that passes when told, and then lets everything settle. */
function virtualClock() {
  let now = 0
  const timers: { at: number; callback: () => void }[] = []
  const clock: Clock = {
    now: () => now,
    after(delay, callback) {
      const timer = { at: now + delay, callback }
      timers.push(timer)
      return () => {
        const at = timers.indexOf(timer)
        if (at >= 0) timers.splice(at, 1)
      }
    },
  }
  const settle = async () => {
    for (let n = 0; n < 20; n++) await Promise.resolve()
  }
  return {
    clock,
    timers,
    async goTo(at: number) {
      await settle()
      for (;;) {
        timers.sort((a, b) => a.at - b.at)
        const next = timers[0]
        if (next === undefined || next.at > at) break
        timers.shift()
        now = next.at
        next.callback()
        await settle()
      }
      now = at
    },
  }
}

/** Half a core and a growing memory: both a function of time. */
function probeOf(clock: Clock, reading: (now: number) => Partial<Reading>): Probe & { looks: number[] } {
  const looks: number[] = []
  return {
    subject: 'pid 7',
    looks,
    async sample() {
      const now = clock.now()
      looks.push(now)
      return { memory: 0, cpuTime: 0, processes: 1, ...reading(now) }
    },
  }
}

test('the window alone counts: warm-up is forgotten', async () => {
  const { clock, goTo, timers } = virtualClock()
  // Warm-up, until 1,000: two cores, 900 bytes. Then half a core; memory 100 to 300.
  const probe = probeOf(clock, now =>
    now < 1_000
      ? { cpuTime: now * 2, memory: 900 }
      : { cpuTime: 2_000 + (now - 1_000) / 2, memory: 100 + (now - 1_000) / 10 },
  )
  const meter = new ResourceMeter(probe, clock)
  void meter.start()
  await goTo(1_000)
  void meter.mark()
  await goTo(3_000)
  const stopped = meter.stop()
  await goTo(3_000)
  expect(await stopped).toEqual({
    usage: {
      memoryPeak: 300,
      // 100, 120, … 300, and the look of the end.
      memoryMean: 2_500 / 12,
      memoryStart: 100,
      memoryEnd: 300,
      memoryGrowth: {
        perMinute: {
          value: expect.closeTo(6_000, 6),
          lower: expect.closeTo(6_000, 6),
          upper: expect.closeTo(6_000, 6),
        },
      },
      cpu: 0.5,
      cores: availableParallelism(),
      samples: 12,
      of: 'pid 7',
    },
  })
  expect(timers).toEqual([])
  const { length } = probe.looks
  await goTo(10_000)
  expect(probe.looks).toHaveLength(length)
})

test('of processes the root is named, by which launches are known', async () => {
  const meter = new ResourceMeter(createProcessTreeProbe(process.pid))
  await meter.start()
  await meter.mark()
  expect((await meter.stop()).usage).toMatchObject({ pid: process.pid, of: expect.stringContaining('pid ') })
})

test('figures a request are of the requests that were answered in the window', async () => {
  const { clock, goTo } = virtualClock()
  // 100 requests a second, each of which takes 5 ms of CPU and leaves 1,000 bytes behind.
  const probe = probeOf(clock, now => ({ cpuTime: now / 2, memory: 1e6 + now * 100 }))
  const meter = new ResourceMeter(probe, clock, () => clock.now() / 10)
  void meter.start()
  await goTo(1_000)
  void meter.mark()
  await goTo(9_000)
  const { cpuPerRequest, memoryGrowth } = meter.soFar()!
  expect(cpuPerRequest).toBeCloseTo(5)
  expect(memoryGrowth!.perMinute.value).toBeCloseTo(6e6)
  expect(memoryGrowth!.per1000Requests!.value).toBeCloseTo(1e6)
})

test('an endpoint that fails to answer and then answers again is looked at again; what is never there is told', async () => {
  const { clock, goTo } = virtualClock()
  const probe: Probe = {
    ...probeOf(clock, now => {
      if (now >= 2_000 && now < 4_000) throw new ProbeError('no answer')
      return {
        memory: 0,
        cpuTime: now / 4,
        missing: { memory: 'there is no memory', ...(now < 2_000 && { 'series.late': 'not yet' }) },
        series: { queue: now / 1000, ...(now >= 4_000 && { late: 1 }) } as Record<string, number>,
      }
    }),
    interval: 1_000,
    comesBack: true,
  }
  const meter = new ResourceMeter(probe, clock)
  void meter.start()
  await goTo(3_500)
  expect(meter.soFar()!.lost).toBe('no answer')
  await goTo(6_000)
  const usage = meter.soFar()!
  expect(usage).toMatchObject({ cpu: 0.25, samples: 5, missing: { memory: 'there is no memory' } })
  expect(Object.keys(usage.missing!)).toEqual(['memory'])
  expect(usage.lost).toBeUndefined()
  expect(usage.series).toEqual({
    queue: { min: 0, mean: expect.closeTo(3.2), max: 6, last: 6 },
    late: { min: 1, mean: 1, max: 1, last: 1 },
  })
})

test('a process that had been there for a second and ended is told, with what took its place', async () => {
  const { clock, goTo } = virtualClock()
  // Process 8 is replaced by 9 at 3 s; 20, 21, … do a moment's work each.
  const pids = (now: number) => [7, now < 3_000 ? 8 : 9, 20 + Math.floor(now / 400)]
  const meter = new ResourceMeter(
    probeOf(clock, now => ({ pids: pids(now) })),
    clock,
  )
  void meter.start()
  await goTo(1_000)
  void meter.mark()
  await goTo(2_900)
  const before = meter.read()
  await goTo(2_900)
  expect((await before).changed).toBeUndefined()
  await goTo(5_000)
  const stopped = meter.stop()
  await goTo(5_000)
  expect((await stopped).changed).toEqual({ ended: [8], began: [9, 32] })
})

/** Usage that a meter finds in five seconds, the first of which are before its window. */
async function metered(reading: (now: number) => Partial<Reading>, more: Partial<Probe> = {}, requests = 0) {
  const { clock, goTo } = virtualClock()
  const meter = new ResourceMeter({ ...probeOf(clock, reading), ...more }, clock, () => requests * clock.now())
  void meter.start()
  await goTo(1_000)
  void meter.mark()
  await goTo(5_000)
  const stopped = meter.stop()
  await goTo(5_000)
  return stopped
}

test('children that are replaced are counted, and the target stays what it is', async () => {
  // One of two workers is replaced at 2 s and at 4 s, another process lives for a moment each.
  const { changed, usage } = await metered(now => ({
    pids: [7, 8 + Math.floor(now / 2_000), 20, 30 + Math.floor(now / 400)],
    roots: [7],
    processes: 4,
  }))
  expect(changed).toBeUndefined()
  expect(usage!.replaced).toEqual({ ended: 2, began: 3 })
})

test('a root that ends right after the window has begun had been there for long', async () => {
  const { changed } = await metered(now => ({ pids: [now < 1_300 ? 7 : 8] }))
  expect(changed).toEqual({ ended: [7], began: [8] })
})

test('a process that has the number of one that ended is another', async () => {
  const { changed } = await metered(now => ({ pids: now === 3_000 ? [] : [7] }))
  expect(changed).toEqual({ ended: [7], began: [7] })
})

test('roots that live for a moment each, again and again', async () => {
  const { changed } = await metered(now => ({ pids: [Math.floor(now / 400)] }))
  expect(changed).toEqual({ ended: [2], began: [12] })
})

test('a target that was started again out of sight, once the window has begun', async () => {
  const at = (moment: number) => metered(now => (now === moment ? { restarted: 'its counter fell' } : {}))
  expect((await at(3_000)).changed).toEqual({ ended: [], began: [], how: 'its counter fell' })
  expect((await at(800)).changed).toBeUndefined()
})

test('a single reading has no CPU', async () => {
  const { usage } = await metered(now => {
    if (now > 1_000) throw new ProbeError('gone')
    return { cpuTime: 100, memory: 5 }
  })
  const why = 'it was read once, and CPU is the difference of two readings.'
  expect(usage).toMatchObject({ samples: 1, memoryPeak: 5, cpu: 0, missing: { cpu: why } })
})

test('a figure that was wrong once has no value', async () => {
  const { usage } = await metered(now => ({
    cpuTime: now,
    memory: 5 + now,
    ...(now === 2_000 && { wrong: { memory: 'it is 0', cpu: 'it is -1' } }),
  }))
  expect(usage).toMatchObject({ memoryPeak: 0, cpu: 0, missing: { memory: 'it is 0', cpu: 'it is -1' } })
  expect(usage!.memoryGrowth).toBeUndefined()
  expect(usage!.cpuPerRequest).toBeUndefined()
})

test('a series that was not a number once has no value', async () => {
  const { usage } = await metered(now => ({
    ...{ cpuTime: now, memory: 5 },
    series: { free: 2, queue: now === 2_000 ? Number.NaN : 1 },
  }))
  expect(usage!.series).toEqual({ free: { min: 2, mean: 2, max: 2, last: 2 } })
  expect(usage!.missing).toEqual({ 'series.queue': expect.stringContaining('queue is NaN') })
})

test('that requests go to another process is in the usage', async () => {
  const { usage } = await metered(now => (now < 2_000 ? {} : { elsewhere: 'pid 9' }))
  expect(usage!.elsewhere).toBe('pid 9')
})

test('a counter that stands still while requests are served has no value; with few of them it may', async () => {
  const stuck = (requests: number) => metered(() => ({ memory: 1, cpuTime: 70, counter: 'cpu_seconds' }), {}, requests)
  const { usage } = await stuck(1)
  expect(usage!.missing).toEqual({
    cpu: 'Failed to measure pid 7: cpu_seconds did not rise while 4,000 requests got a response. Name the counter of the process that responds.',
  })
  expect(usage!.cpuPerRequest).toBeUndefined()
  expect((await stuck(0.1)).usage).toMatchObject({ cpu: 0, cpuPerRequest: 0 })
})

test('what ended processes used out of sight is a share of the window', async () => {
  const { usage } = await metered(now => ({ cpuTime: now / 2, cpuUnseen: now < 3_000 ? 500 : 900 }))
  expect(usage).toMatchObject({ cpu: 0.5, cpuUnseen: 0.1 })
})

test('the end of all of them, too', async () => {
  const { clock, goTo } = virtualClock()
  const probe = probeOf(clock, now => {
    if (now >= 2_000) throw new ProbeError('Failed to measure pid 7: no such process.')
    return { pids: [7] }
  })
  const meter = new ResourceMeter(probe, clock)
  void meter.start()
  await goTo(4_000)
  const stopped = meter.stop()
  await goTo(4_000)
  const { changed, error } = await stopped
  expect(changed).toEqual({ ended: [7], began: [] })
  expect(error).toBeInstanceOf(ProbeError)
})

test('looks at least four times a second, whatever the interval asked', async () => {
  const { clock, goTo } = virtualClock()
  const probe = probeOf(clock, () => ({}))
  void new ResourceMeter(probe, clock).start(5_000)
  await goTo(1_000)
  expect(probe.looks).toEqual([0, 250, 500, 750, 1_000])
})

test('latest is the last look, its CPU that of about the last second', async () => {
  const { clock, goTo } = virtualClock()
  // Idle for four seconds, then three cores.
  const meter = new ResourceMeter(
    probeOf(clock, now => ({ memory: now, cpuTime: Math.max(0, now - 4_000) * 3 })),
    clock,
  )
  expect(meter.latest()).toBeUndefined()
  void meter.start()
  await goTo(4_000)
  expect(meter.latest()).toEqual({ memory: 4_000, cpu: 0 })
  await goTo(4_400)
  expect(meter.latest()?.cpu).toBeCloseTo(1.2)
  await goTo(6_000)
  expect(meter.latest()).toEqual({ memory: 6_000, cpu: 3 })
})

test.each([
  [1, 'pid 7'],
  [2, 'pid 7 and 1 child'],
  [4, 'pid 7 and 3 children'],
])('names what it measured: %d processes', async (processes, of) => {
  const { clock, goTo } = virtualClock()
  const meter = new ResourceMeter(
    probeOf(clock, now => ({ processes: now === 200 ? processes : 1 })),
    clock,
  )
  void meter.start()
  await goTo(400)
  expect((await meter.stop()).usage?.of).toBe(of)
})

test('a process that vanishes: what was seen, and why there is no more', async () => {
  const { clock, goTo } = virtualClock()
  const gone = new ProbeError('gone')
  const meter = new ResourceMeter(
    probeOf(clock, now => {
      if (now >= 1_000) throw gone
      return { cpuTime: now, memory: 5 }
    }),
    clock,
  )
  void meter.start()
  await goTo(2_000)
  const { usage, error } = await meter.stop()
  expect(error).toBe(gone)
  expect(usage).toMatchObject({ cpu: 1, samples: 5, memoryPeak: 5 })
})

test('a process that was never there: no usage', async () => {
  const { clock } = virtualClock()
  const gone = new ProbeError('gone')
  const meter = new ResourceMeter({ subject: 'pid 7', sample: () => Promise.reject(gone) }, clock)
  await meter.start()
  expect(await meter.stop()).toEqual({ error: gone })
})

test('a look that takes time is of its middle', async () => {
  let now = 0
  const clock: Clock = { now: () => now, after: () => () => {} }
  let cpuTime = 0
  const meter = new ResourceMeter(
    {
      subject: 'pid 7',
      async sample() {
        now += 100
        return { memory: 1, cpuTime, processes: 1 }
      },
    },
    clock,
  )
  await meter.start()
  now = 1_000
  cpuTime = 1_000
  // From 50 to 1,050.
  expect((await meter.stop()).usage?.cpu).toBe(1)
})

test('measures this process, fake timers or not', async () => {
  const { bigint: realNow } = process.hrtime
  const begun = realNow()
  vi.useFakeTimers()
  try {
    const meter = new ResourceMeter(createSelfProbe())
    await meter.start(20)
    const before = process.cpuUsage()
    const used = () => {
      // Of a process that has run for long, the kernel may tell nothing of user time for many seconds.
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    while (used() < 100_000);
    await vi.waitUntil(() => (meter.latest()?.cpu ?? 0) > 0, 60_000)
    const { usage, error } = await meter.stop()
    expect(error).toBeUndefined()
    expect(usage).toMatchObject({ of: 'this process' })
    // What it took, whatever share of the time that is on a busy machine.
    expect((usage!.cpu * Number(realNow() - begun)) / 1e6).toBeGreaterThanOrEqual(100)
    expect((usage?.memoryPeak ?? 0) / process.memoryUsage.rss()).toBeCloseTo(1, 0)
  } finally {
    vi.useRealTimers()
  }
})
