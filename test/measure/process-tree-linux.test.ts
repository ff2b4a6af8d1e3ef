import { expect, test } from 'vitest'
import { type ProcStat, readProcStat } from '../../src/measure/proc-stat.ts'
import { LinuxProcessTree, lostBetween, processesByParent } from '../../src/measure/process-tree-linux.ts'

function processes(...list: [pid: number, ppid: number, own: number, reaped?: number][]) {
  return new Map<number, ProcStat>(
    list.map(([pid, ppid, own, reaped = 0]) => [
      pid,
      { pid, ppid, own, reaped, zombie: false, started: pid, resident: 1 },
    ]),
  )
}

test('nothing is lost when a child was waited for', () => {
  expect(lostBetween(processes([1, 0, 10], [2, 1, 50]), processes([1, 0, 11, 55]))).toBe(0)
})

test('a child that nobody waited for keeps what it had used', () => {
  expect(lostBetween(processes([1, 0, 10], [2, 1, 50, 7]), processes([1, 0, 11]))).toBe(57)
})

test('a child whose parent had left the tree, too', () => {
  expect(lostBetween(processes([1, 0, 10], [2, 900, 50]), processes([1, 0, 11, 500]))).toBe(50)
})

test('a branch that ended together is inherited by the nearest survivor', () => {
  const before = processes([1, 0, 10, 3], [2, 1, 20], [3, 2, 30], [4, 1, 5])
  expect(lostBetween(before, processes([1, 0, 10, 3 + 50], [4, 1, 6]))).toBe(0)
  expect(lostBetween(before, processes([1, 0, 10, 3 + 20], [4, 1, 6]))).toBe(30)
})

test('short-lived children in between do not hide a loss elsewhere', () => {
  const before = processes([1, 0, 10], [2, 1, 20], [3, 2, 40])
  // 1 has waited for others; 3, a child of 2, was never waited for.
  expect(lostBetween(before, processes([1, 0, 10, 99], [2, 1, 20]))).toBe(40)
})

test.runIf(process.platform === 'linux')('without the kernel’s lists children are found by their parents', () => {
  expect(processesByParent().get(process.ppid)).toContain(process.pid)
})

test.runIf(process.platform === 'linux')('a process that has the number of one that ended is another', async () => {
  let started: number | undefined
  const tree = new LinuxProcessTree(process.pid, {}, pid => {
    const stat = readProcStat(pid)
    return stat && { ...stat, started: started ?? stat.started }
  })
  expect((await tree.sample()).pids).toContain(process.pid)
  started = 1
  await expect(tree.sample()).rejects.toThrow('no such process')
})
