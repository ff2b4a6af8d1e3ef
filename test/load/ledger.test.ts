import { describe, expect, test } from 'vitest'
import { addArrived, assertBalanced, Ledger, NOTHING_ARRIVED } from '../../src/load/thread/ledger.ts'

describe('the books of a thread', () => {
  test('count the whole run, and the measured window apart', () => {
    const ledger = new Ledger()
    for (const measured of [false, true, true]) {
      ledger.count('due', measured)
      ledger.count('started', measured)
    }
    ledger.count('due', true)
    ledger.count('dropped', true)
    ledger.count('failed', false)
    ledger.count('passed', true)
    ledger.count('aborted', true)
    expect(ledger.whole()).toEqual({ due: 4, dropped: 1, started: 3, passed: 1, failed: 1, aborted: 1 })
    expect(ledger.measured()).toEqual({ due: 3, dropped: 1, started: 2, passed: 1, failed: 0, aborted: 1 })
  })

  test('are read by another thread through the memory they share', () => {
    const shared = new SharedArrayBuffer(Ledger.BYTES)
    const [thread, main] = [new Ledger(shared), new Ledger(shared)]
    thread.count('due', true)
    thread.attempt(true, true)
    thread.attempt(true, false)
    thread.attempt(false, true)
    thread.endedInWindow()
    expect(main.measured().due).toBe(1)
    expect([main.responses, main.withoutResponse]).toEqual([2, 1])
    expect(main.throughput()).toEqual({ requests: 1, iterations: 1 })
  })

  test('that a lost host has told are emptied if they cannot be those of a thread', () => {
    const thread = new Ledger()
    for (const _ of [1, 2]) thread.count('due', true)
    thread.count('started', true)
    thread.count('failed', true)
    const told = (change: (cells: Int32Array) => void) => {
      const copy = thread.copy()
      change(copy)
      const ledger = Ledger.of(copy)
      ledger.settleAsTold()
      return ledger
    }
    expect(told(() => {}).whole()).toEqual({ ...NOTHING_ARRIVED, due: 1, started: 1, failed: 1 })
    const last = thread.copy().length - 1
    for (const place of [0, 4, last])
      expect(told(cells => cells.fill(-1, place, place + 1)).whole()).toEqual(NOTHING_ARRIVED)
    expect(told(cells => cells.fill(2 ** 31 - 1)).whole()).toEqual(NOTHING_ARRIVED)
  })

  test('of a thread that is gone are closed: in flight is aborted, waiting is dropped', () => {
    const ledger = new Ledger()
    for (let i = 0; i < 10; i++) ledger.count('due', i >= 5)
    for (let i = 0; i < 7; i++) ledger.count('started', i >= 5)
    for (let i = 0; i < 3; i++) ledger.count('passed', false)
    expect(() => assertBalanced(ledger.whole(), 'the run')).toThrow()
    ledger.settle()
    expect(ledger.whole()).toEqual({ due: 10, dropped: 3, started: 7, passed: 3, failed: 0, aborted: 4 })
    expect(ledger.measured()).toEqual({ due: 5, dropped: 3, started: 2, passed: 0, failed: 0, aborted: 2 })
    assertBalanced(ledger.whole(), 'the run')
    assertBalanced(ledger.measured(), 'the measured window')
  })

  test('of a host that is lost are closed as it told them, between two lines: what ended had begun, what waits was not due', () => {
    const ledger = new Ledger()
    for (let i = 0; i < 10; i++) ledger.count('due', true)
    ledger.count('dropped', true)
    for (let i = 0; i < 4; i++) ledger.count('started', true)
    for (let i = 0; i < 5; i++) ledger.count('passed', true)
    ledger.settleAsTold()
    expect(ledger.whole()).toEqual({ due: 6, dropped: 1, started: 5, passed: 5, failed: 0, aborted: 0 })
    expect(ledger.measured()).toEqual(ledger.whole())
    assertBalanced(ledger.whole(), 'the run')
  })

  test('add up over threads', () => {
    const one = { due: 6, dropped: 1, started: 5, passed: 3, failed: 1, aborted: 1 }
    expect(addArrived(one, one)).toEqual({ due: 12, dropped: 2, started: 10, passed: 6, failed: 2, aborted: 2 })
    expect(addArrived(one, NOTHING_ARRIVED)).toEqual(one)
  })
})

test('books that do not balance are an error', () => {
  const wrong = { ...NOTHING_ARRIVED, due: 5, started: 4, passed: 4 }
  expect(() => assertBalanced(wrong, 'thread 1')).toThrowErrorMatchingInlineSnapshot(
    `[Error: Failed to balance the ledger of thread 1: due 5 = started 4 + dropped 0, started 4 = passed 4 + failed 0 + aborted 0. This is a fault of the load engine: please report it.]`,
  )
  expect(() => assertBalanced({ ...NOTHING_ARRIVED, due: 4, started: 4, passed: 3 }, 'thread 1')).toThrow()
})
