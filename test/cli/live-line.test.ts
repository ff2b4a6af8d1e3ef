import process from 'node:process'
import { afterEach, expect, test, vi } from 'vitest'
import { LiveLine } from '../../src/cli/load.ts'
import type { Progress } from '../../src/load/plan/options.ts'

afterEach(() => {
  vi.restoreAllMocks()
  Reflect.deleteProperty(process.stderr, 'isTTY')
  Reflect.deleteProperty(process.stderr, 'columns')
})

function progressAt(elapsed: number): Progress {
  const last = { start: elapsed - 1000, length: 1000, phase: 'measured' as const, due: 5, started: 5, dropped: 0 }
  const ended = { passed: 5, failed: 0, requests: 5, errors: 0, inFlight: 1, p50: 1, p95: 2, p99: 2, mean: 1 }
  const counts = { passed: 5, failed: 0, requests: 5 }
  return { elapsed, total: 30_000, done: 0.1, phase: 'measured', last: { ...last, ...ended }, ...counts }
}

/** What a live line writes on a stream that says that it is a terminal of so many columns, or none. */
function written(columns: number | undefined, act: (line: LiveLine) => void): string[] {
  const told: string[] = []
  Object.defineProperty(process.stderr, 'isTTY', { value: columns !== undefined, configurable: true })
  Object.defineProperty(process.stderr, 'columns', { value: columns, configurable: true })
  vi.spyOn(process.stderr, 'write').mockImplementation(text => told.push(String(text)) > 0)
  act(new LiveLine('checkout'))
  return told
}

test('a terminal has its rows drawn anew in their place, and nothing is left of them', () => {
  const told = written(81, line => {
    line.update(progressAt(1000))
    line.update(progressAt(2000))
    line.end()
  })
  expect(told).toHaveLength(3)
  expect(told[0]).toMatch(/^\r\u001b\[J ⚡ checkout {2}\[█+░+] 29 s left {2}5 req\/s\n {4}iterations: failed 0 /)
  expect(told[1]).toMatch(/^\u001b\[1A\r\u001b\[J ⚡ checkout {2}\[█+░+] 28 s left /)
  expect(told[2]).toBe('\u001b[1A\r\u001b[J')
})

test('a log has two lines every ten seconds, and nothing at the end', () => {
  const told = written(undefined, line => {
    for (let second = 1; second <= 25; second++) line.update(progressAt(second * 1000))
    line.end()
  })
  expect(told.map(text => text.split('  ')[0])).toEqual(['10/30 s', '20/30 s'])
  expect(told[0]).toMatch(/\n {2}iterations: failed 0 {2}mean .*\n$/)
})
