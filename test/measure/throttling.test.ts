import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseThrottling, readThrottling } from '../../src/measure/machine-watch.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cgroup-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function put(path: string, text: string): string {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

const v2 = 'usage_usec 900\nuser_usec 500\nnr_periods 100\nnr_throttled 12\nthrottled_usec 640000\n'

test('cpu.stat of version 2 in microseconds, of version 1 in nanoseconds', () => {
  expect(parseThrottling(v2)).toEqual({ periods: 100, throttled: 12, time: 640 })
  expect(parseThrottling('nr_periods 7\nnr_throttled 3\nthrottled_time 45000000\n')).toEqual({
    periods: 7,
    throttled: 3,
    time: 45,
  })
  expect(parseThrottling('usage_usec 900\nuser_usec 500\n')).toBeUndefined()
})

test('of the own group', () => {
  put('system.slice/ci.service/cpu.stat', v2)
  const own = put('own', '0::/system.slice/ci.service\n')
  expect(readThrottling(root, own)).toEqual({ periods: 100, throttled: 12, time: 640 })
})

test("of version 1, under the controllers' own names", () => {
  put('cpu,cpuacct/docker/abc/cpu.stat', 'nr_periods 7\nnr_throttled 3\nthrottled_time 45000000\n')
  const own = put('own', '12:pids:/docker/abc\n4:cpu,cpuacct:/docker/abc\n')
  expect(readThrottling(root, own)).toEqual({ periods: 7, throttled: 3, time: 45 })
})

test('within a container, whose group stands at the root', () => {
  put('cpu.stat', v2)
  expect(readThrottling(root, put('own', '0::/kubepods/pod1/abc\n'))?.throttled).toBe(12)
})

test('without a quota, or without control groups, there is nothing to say', () => {
  put('cpu.stat', 'usage_usec 900\n')
  expect(readThrottling(root, put('own', '0::/\n'))).toBeUndefined()
  expect(readThrottling(join(root, 'none'), join(root, 'none'))).toBeUndefined()
})
