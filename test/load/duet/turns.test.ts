import { describe, expect, test } from 'vitest'
import type { Milliseconds } from '../../../src/ground/units.ts'
import { fixedFeed } from '../../../src/load/feed/feed.ts'
import { readShape } from '../../../src/load/plan/shape.ts'
import { executeInTurns } from '../../../src/load/thread/executor.ts'
import { assertBalanced, Ledger } from '../../../src/load/thread/ledger.ts'
import { Recorder } from '../../../src/load/thread/recorder.ts'
import { VirtualClock } from '../../../src/measure/clock.ts'
import { type FakeServer, FakeUser, steadyServer } from '../../simulate/fake-user.ts'

/* A run that takes turns, in virtual time. */

const START = 1_024
const LENGTH = 100
const DISCARD = 10

/** Gives a run turns of 100 ms, `wait` apart; tells when requests came in, and how long each turn took to drain. */
async function turns(shape: object, server: FakeServer, { count, wait }: { count: number; wait: Milliseconds }) {
  const { plan } = readShape({ duration: '1h', warmUp: 0, threads: 1, ...shape }, { gracefulStop: 0 })
  const clock = new VirtualClock(START)
  const ledger = new Ledger()
  const recorder = new Recorder({ plan: plan!, stepKeys: ['step'], ledger, origin: START, onInterval() {} })
  const asked: Milliseconds[] = []
  const noting: FakeServer = {
    answer(now) {
      asked.push(now - START)
      return server.answer(now - START)
    },
  }
  let isStopped = false
  const taker = executeInTurns({
    plan: plan!,
    share: { index: 0, count: 1 },
    clock,
    turn: clock.turn,
    makeUser: () => new FakeUser(noting, clock, recorder),
    feed: fixedFeed({}),
    requestsPerRun: 1,
    recorder,
    start: START,
    stopped: () => isStopped,
  })
  const drains: Milliseconds[] = []
  for (let turn = 0; turn < count; turn++) {
    const from = START + wait + turn * (LENGTH + wait)
    clock.after(from - START, () => taker.resume({ from: DISCARD, to: LENGTH }))
    clock.after(from + LENGTH - START, () => taker.hold(() => drains.push(clock.now() - from - LENGTH)))
  }
  clock.run(START + wait + count * (LENGTH + wait))
  isStopped = true
  taker.hold(() => {})
  clock.run(clock.now() + 200)
  const { at } = await taker.ended
  assertBalanced(ledger.whole(), 'the run')
  assertBalanced(ledger.measured(), 'the measured blocks')
  const places = asked.map(at => (at - wait) / (LENGTH + wait))
  return { asked, places, drains, ...recorder.close(at), measured: ledger.measured(), whole: ledger.whole(), ledger }
}

/** Whether each request came within a turn, and in which. */
const within = (places: number[], wait: Milliseconds) =>
  places.every(place => place >= 0 && place % 1 <= LENGTH / (LENGTH + wait))

describe('an open model', () => {
  test('keeps its rate within its turns, and nothing is due while it waits', async () => {
    const run = await turns({ rate: 200 }, steadyServer(3), { count: 10, wait: 150 })
    // An arrival every 5 ms of 1,000 ms that it had.
    expect(run.whole).toMatchObject({ due: 200, dropped: 0, passed: 200 })
    expect(run.measured.due).toBe(10 * 18)
    expect(within(run.places, 150)).toBe(true)
    expect(run.lateness.max).toBeLessThanOrEqual(1)
    expect(run.serviceTime.max).toBeCloseTo(3, 1)
    expect(run.responseTime.max).toBeLessThanOrEqual(4)
    expect(run.drains).toHaveLength(10)
    expect(Math.max(...run.drains)).toBeLessThanOrEqual(3)
  })

  test('a turn is over with what is in hand', async () => {
    const run = await turns({ rate: 200 }, steadyServer(30), { count: 4, wait: 150 })
    // The last arrival is due 5 ms before the end of the turn.
    expect(run.drains).toEqual([25, 25, 25, 25].map(drain => expect.closeTo(drain, 6)))
  })

  test('and does not wait for the next arrival', async () => {
    const run = await turns({ rate: 25 }, steadyServer(35), { count: 3, wait: 150 })
    // Arrivals at 80, 160 and 280 ms are the last of their turns, and those at 120, 200 and 320 ms the next ones.
    expect(run.drains).toEqual([15, 0, 15].map(drain => expect.closeTo(drain, 6)))
  })

  test('what found no user free is dropped with its turn, and not begun in the next', async () => {
    const run = await turns({ rate: 100, maxVus: 1 }, steadyServer(30), { count: 5, wait: 100 })
    expect(run.whole.dropped).toBeGreaterThan(0)
    expect(run.whole.started).toBe(run.whole.passed)
    // Ten a turn are due; it begins one every 30 ms.
    expect(run.whole.started).toBe(5 * 4)
    expect(run.responseTime.max).toBeLessThan(LENGTH + 30)
    expect(within(run.places, 100)).toBe(true)
  })
})

describe('a closed model', () => {
  test('users begin with each turn, and what they have in hand ends after it', async () => {
    const run = await turns({ vus: 2 }, steadyServer(30), { count: 4, wait: 100 })
    // At 0, 30, 60 and 90 ms of each turn; that of 0 is discarded.
    expect(run.whole).toMatchObject({ due: 4 * 2 * 4, passed: 4 * 2 * 4 })
    expect(run.measured.due).toBe(4 * 2 * 3)
    expect(run.responseTime).toMatchObject({ count: 4 * 2 * 3 })
    expect(run.responseTime.max).toBeCloseTo(30, 1)
    // Responses within the blocks: at 30, 60 and 90 ms.
    expect(run.ledger.throughput().requests).toBe(4 * 2 * 3)
    expect(run.drains).toEqual([20, 20, 20, 20])
    expect(within(run.places, 100)).toBe(true)
  })

  test('a pace goes on where it stood', async () => {
    const run = await turns({ vus: 1, pacing: '80ms' }, steadyServer(1), { count: 4, wait: 300 })
    // At 0, 80, 160, 240, 320 ms of its own time, of which it has 400.
    expect(run.asked.map(at => Math.round(at))).toEqual([300, 380, 760, 1_140, 1_520])
  })
})

test('a turn that does not drain ends when the run is stopped', async () => {
  const hanging: FakeServer = { answer: () => ({ after: 100_000 }) }
  const run = await turns({ vus: 3 }, hanging, { count: 1, wait: 50 })
  expect(run.drains).toEqual([])
  expect(run.whole).toMatchObject({ started: 3, aborted: 3 })
})
