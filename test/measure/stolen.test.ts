import { expect, test } from 'vitest'
import { parseCpuTicks } from '../../src/measure/proc-stat.ts'

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
