import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  idleOf,
  parseCpuTicks,
  parseProcStat,
  readProcStat,
  readUnits,
  sparedByCores,
} from '../../src/measure/proc-stat.ts'

test('only the cores that may be used count', () => {
  const cores = [
    { idle: 60, stolen: 0, total: 100 },
    { cpu: 0, idle: 10, stolen: 0, total: 50 },
    { cpu: 1, idle: 20, stolen: 0, total: 50 },
    { cpu: 4, idle: 30, stolen: 0, total: 50 },
  ]
  expect(idleOf(cores, [0, 4])).toBe(40)
})

test.runIf(process.platform === 'linux')('it only grows', async () => {
  const before = sparedByCores()!
  await setTimeout(50)
  expect(sparedByCores()!).toBeGreaterThanOrEqual(before)
})

test('/proc/stat: all CPUs, then each; guests are not counted twice', () => {
  const text = `cpu  1265549 158 192475 1462417 2402 0 10942 605 300 7
cpu0 621000 53 94698 744992 594 0 4854 304 300 0
cpu1 644549 105 97777 717425 1808 0 6088 301 0 7
intr 1234 0 0
ctxt 99
`
  expect(parseCpuTicks(text)).toEqual([
    { idle: 1_464_819, stolen: 605, total: 2_934_548 },
    { cpu: 0, idle: 745_586, stolen: 304, total: 1_466_495 },
    { cpu: 1, idle: 719_233, stolen: 301, total: 1_468_053 },
  ])
})

test('old kernels count no stolen time', () => {
  expect(parseCpuTicks('cpu 10 0 5 85\n')).toEqual([{ idle: 85, stolen: 0, total: 100 }])
  expect(parseCpuTicks('')).toEqual([])
})

test('reads a process whose name tries to be a field', () => {
  const text =
    '4478 (a) R 1 (b c) S 4445 4478 4478 0 -1 4194560 3869 59344 0 15 11 12 37 10 20 0 1 0 89541 5267456 1011 18446744073709551615'
  expect(parseProcStat(text)).toEqual({
    pid: 4478,
    ppid: 4445,
    group: 4478,
    session: 4478,
    zombie: false,
    own: 23,
    reaped: 47,
    started: 89541,
    resident: 1011,
  })
})

test('a zombie has used CPU, but holds no memory', () => {
  const text = '9 (x) Z 1 9 9 0 -1 0 0 0 0 0 5 6 0 0 20 0 1 0 100 0 77 0'
  expect(parseProcStat(text)).toMatchObject({ zombie: true, own: 11, resident: 0 })
})

test.runIf(process.platform === 'linux')('agrees with Node about this process', () => {
  const { tick, page } = readUnits()
  const { ppid, own, resident } = readProcStat(process.pid)!
  const { user, system } = process.cpuUsage()
  expect(ppid).toBe(process.ppid)
  expect((resident * page) / process.memoryUsage.rss()).toBeCloseTo(1, 0)
  expect((own * tick) / ((user + system) / 1000)).toBeCloseTo(1, 0)
})

test.runIf(process.platform === 'linux')('nobody is nothing', () => {
  expect(readProcStat(2 ** 30)).toBeUndefined()
})
