import { expect, test } from 'vitest'
import { parseProcStat, readProcStat, readUnits } from '../../src/measure/proc-stat.ts'

test('reads a process whose name tries to be a field', () => {
  const text =
    '4478 (a) R 1 (b c) S 4445 4478 4478 0 -1 4194560 3869 59344 0 15 11 12 37 10 20 0 1 0 89541 5267456 1011 18446744073709551615'
  expect(parseProcStat(text)).toEqual({
    pid: 4478,
    ppid: 4445,
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
