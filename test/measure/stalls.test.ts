import { describe, expect, test } from 'vitest'
import { readShape } from '../../src/load/plan/shape.ts'
import { Ledger } from '../../src/load/thread/ledger.ts'
import { Recorder } from '../../src/load/thread/recorder.ts'
import { parseSchedstat, waitIn } from '../../src/measure/proc-stat.ts'
import { StallMeter } from '../../src/measure/stalls.ts'
import { NO_ATTEMPTS, SEEN } from '../builders/seen.ts'

/** A thread whose time is told to it: when it did something, how long it had waited before, and what was in the way. */
function thread() {
  let [idle, waited] = [0, 0]
  const turns: (() => void)[] = []
  let systemAsked = 0
  const sources = {
    idle: () => idle,
    waited() {
      systemAsked++
      return waited
    },
    close() {},
  }
  let asked = 0
  const meter = new StallMeter(callback => {
    asked++
    turns.push(callback)
  }, sources)
  const endTurn = () => {
    for (const callback of turns.splice(0)) callback()
  }
  meter.look(0)
  endTurn()
  return {
    meter,
    endTurn,
    turnsAsked: () => asked,
    systemAsked: () => systemAsked,
    idles: (time: number) => {
      idle += time
    },
    waits: (time: number) => {
      waited += time
    },
  }
}

test('turns that follow within 0.75 ms are not told from one another, and what stood still between them is seen', () => {
  const { meter, idles, endTurn, turnsAsked } = thread()
  idles(100)
  expect(meter.ownOf(60, 100)).toBe(0)
  endTurn()
  const asked = turnsAsked()
  for (const at of [100.2, 100.4, 100.7]) expect(meter.ownOf(60, at)).toBe(0)
  expect(turnsAsked()).toBe(asked)
  // Nothing was waited for: the thread was busy from then on.
  expect(meter.ownOf(60, 110)).toBeCloseTo(10)
  expect(turnsAsked()).toBe(asked + 1)
})

test('a thread that works without a pause does not ask the system, and is late all the same', () => {
  const { meter, idles, endTurn, systemAsked } = thread()
  idles(100)
  meter.look(100)
  endTurn()
  const asked = systemAsked()
  for (const at of [101.5, 103, 104.5]) {
    idles(0.05)
    expect(meter.ownOf(60, at)).toBeGreaterThanOrEqual(1.5)
    endTurn()
  }
  expect(systemAsked()).toBe(asked)
  idles(0.3)
  meter.look(106)
  expect(systemAsked()).toBe(asked + 1)
})

describe('an answer that is read', () => {
  test('after the event loop had waited for it holds nothing of ours', () => {
    const { meter, idles } = thread()
    idles(99.9)
    expect(meter.ownOf(60, 100)).toBe(0)
  })

  test('by a thread that had no core holds the time that this took, and not more than its own', () => {
    const { meter, idles, waits } = thread()
    // The system counts the wait for a core among the time in which the loop waited.
    idles(100)
    waits(6)
    expect(meter.ownOf(60, 100)).toBeCloseTo(6)
    expect(meter.ownOf(98, 100)).toBeCloseTo(2)
    expect(meter.seen).toEqual({ count: 1, time: 6, longest: 6 })
  })

  test('by a thread that was busy may have been there since the loop last looked', () => {
    const { meter, idles, endTurn } = thread()
    idles(100)
    expect(meter.ownOf(60, 100)).toBe(0)
    endTurn()
    // It took 8 ms to see to what had come, and waited 2 ms then.
    idles(2)
    expect(meter.ownOf(60, 110)).toBeCloseTo(8)
    // Behind it in the same turn, and only as long as it took to get there.
    expect(meter.ownOf(60, 113)).toBeCloseTo(11)
  })

  test('within the millisecond of a timer is in time', () => {
    const { meter, idles, endTurn } = thread()
    idles(100)
    meter.look(100)
    endTurn()
    expect(meter.ownOf(60, 100.9)).toBe(0)
  })
})

describe('requests that a stall has held back meet one another at the server', () => {
  const afterStall = () => {
    const one = thread()
    one.idles(100)
    one.waits(10)
    one.meter.look(100)
    return one
  }

  test('and those sent just after them, less and less', () => {
    const { meter, idles, endTurn } = afterStall()
    meter.sends()
    endTurn()
    idles(20)
    expect(meter.ownOf(100, 120)).toBeCloseTo(10)
    expect(meter.ownOf(110, 120)).toBeCloseTo(8)
    // One that was there before them.
    expect(meter.ownOf(99, 120)).toBe(0)
    endTurn()
    idles(60)
    expect(meter.ownOf(151, 180)).toBe(0)
  })

  test('but nothing was held back where nothing was to be sent', () => {
    const { meter, idles, endTurn } = afterStall()
    endTurn()
    idles(5)
    meter.sends(105)
    endTurn()
    idles(15)
    expect(meter.ownOf(105, 120)).toBe(0)
  })

  test('until nothing is in hand any more', () => {
    const { meter, idles, endTurn } = afterStall()
    meter.sends()
    endTurn()
    idles(8)
    expect(meter.ownOf(100, 108)).toBeCloseTo(8)
    meter.rests(108)
    endTurn()
    idles(12)
    expect(meter.ownOf(109, 120)).toBe(0)
    expect(meter.ownOf(101, 120)).toBeGreaterThan(9)
  })

  test('also where the stall is only seen after they were sent', () => {
    const { meter, idles, waits, endTurn } = afterStall()
    endTurn()
    meter.rests(101)
    idles(30)
    waits(6)
    // As after a pause to think, whose timer looks at nothing.
    meter.sends()
    expect(meter.ownOf(125, 130)).toBeGreaterThan(0)
  })

  test('no longer than a server that bears the planned load takes for the requests that were sent at once', () => {
    const { meter, idles, waits, endTurn } = thread()
    // 0.8 ms of work in an iteration at most.
    meter.expects(1)
    const stallOf = (length: number, begin: number, requests: readonly number[]) => {
      idles(length)
      waits(length)
      meter.look(begin + length)
      for (const step of requests) meter.sends(undefined, step)
      endTurn()
    }
    stallOf(200, 0, [0, 0, 1, 0, 1])
    idles(300)
    expect(meter.ownOf(200, 500)).toBeCloseTo(3 * 0.8)
    // Also of those sent later, as long as there may be so much left of it; without a plan it is the stall's length.
    expect(meter.ownOf(210, 500)).toBeCloseTo(3 * 0.8)
    endTurn()
    // A lump before the server is done with the one before.
    const many = Array.from({ length: 100 }, () => 1)
    stallOf(50, 500, many)
    stallOf(50, 550, many)
    idles(400)
    expect(meter.ownOf(550, 1_000)).toBeCloseTo(80)
    expect(meter.ownOf(600, 1_000)).toBeCloseTo(80 - 50 + 80)
    const unplanned = afterStall()
    unplanned.meter.sends(undefined, 0)
    unplanned.endTurn()
    unplanned.idles(50)
    expect(unplanned.meter.ownOf(100, 150)).toBeCloseTo(10)
  })

  test('in a run: a request answered late is followed by the next one, an iteration that begins late is one', async () => {
    const stalls = new StallMeter(setImmediate, { idle: () => 0, waited: () => 0, close() {} })
    const plan = readShape({ rate: 10, duration: '1s', warmUp: 0, threads: 1 }).plan!
    const recorder = new Recorder({
      plan,
      stepKeys: ['a', 'b'],
      ledger: new Ledger(),
      origin: 0,
      onInterval() {},
      stalls,
    })
    stalls.look(0)
    await new Promise(resolve => setImmediate(resolve))
    const iteration = { due: 5, started: 20, late: 15 }
    recorder.started(iteration, 15)
    // Nothing idle since 0: the thread was busy for 20 ms.
    await new Promise(resolve => setImmediate(resolve))
    const own = (sent: number, ended: number) => recorder.onAttempt(0, sent, ended, undefined, SEEN, 200)
    expect(own(20, 20.5)).toBeGreaterThan(0)
    recorder.ended(
      iteration,
      { state: 'passed', thought: 0, late: 0, isThinking: false, isCut: false, attempts: NO_ATTEMPTS },
      20.5,
    )
    expect(own(20.6, 20.7)).toBe(0)
  })
})

test('what was seen before the measured window is forgotten, and without the system it is not said to be nothing', () => {
  const { meter, idles, waits } = thread()
  idles(100)
  waits(6)
  meter.look(100)
  meter.mark()
  expect(meter.seen).toEqual({ count: 0, time: 0, longest: 0 })
  const blind = new StallMeter(() => {}, { idle: () => 0, waited: () => undefined, close() {} })
  expect(blind.seen).toBeUndefined()
})

test('a thread that is kept busy for 30 ms knows that an answer may have been there all the time', async () => {
  const meter = new StallMeter()
  await new Promise(resolve => setTimeout(resolve, 20))
  const begin = performance.now()
  meter.look(begin)
  while (performance.now() - begin < 30);
  await new Promise(resolve => setImmediate(resolve))
  const now = performance.now()
  expect(meter.ownOf(begin, now)).toBeGreaterThanOrEqual(29)
  await new Promise(resolve => setTimeout(resolve, 60))
  const later = performance.now()
  // It did nothing meanwhile; only what the machine took from it is left.
  expect(meter.ownOf(later - 1, later)).toBeLessThanOrEqual(later - now)
  meter.close()
})

test.each([
  ['123 4567890 12\n', 4.56789],
  ['0 0 0\n', 0],
  ['', undefined],
  ['nothing here', undefined],
])('the wait for a core in %j is read as from text', (text, waited) => {
  const bytes = Buffer.alloc(64)
  const length = bytes.write(text)
  expect(waitIn(bytes, length)).toBe(waited)
  expect(parseSchedstat(text)).toBe(waited)
})
