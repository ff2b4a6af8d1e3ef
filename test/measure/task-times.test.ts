import { once } from 'node:events'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { readProcStat, readUnits } from '../../src/measure/proc-stat.ts'
import { TaskTimes } from '../../src/measure/process-tree-linux.ts'

const isThere = existsSync('/proc/self/schedstat')
const { tick } = readUnits()

/** What this process has used, as the system tells it to itself, in microseconds. */
function ownUsage(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

function burn(length: number): void {
  const from = ownUsage()
  while (ownUsage() - from < length);
}

const look = (times: TaskTimes) => times.of(readProcStat(process.pid)!, tick)

/** A thread that burns so much and ends. */
async function thread(length: number): Promise<void> {
  const code = `
    const from = process.cpuUsage()
    const used = () => { const { user, system } = process.cpuUsage(from); return (user + system) / 1000 }
    while (used() < ${length});`
  await once(new Worker(code, { eval: true }), 'exit')
}

test.runIf(isThere)('less than a tick shows', () => {
  const times = new TaskTimes()
  const [from, own] = [look(times), ownUsage()]
  burn(3)
  const [used, known] = [look(times) - from, ownUsage() - own]
  expect(used).toBeGreaterThan(2)
  expect(used).toBeLessThan(known + 3 * tick)
})

test.runIf(isThere)('it never falls, and keeps what threads had run that have ended', async () => {
  const times = new TaskTimes()
  const [from, own] = [look(times), ownUsage()]
  let last = from
  const running = thread(150)
  let isOver = false
  void running.then(() => {
    isOver = true
  })
  while (!isOver) {
    await new Promise(resolve => setTimeout(resolve, 5))
    const now = look(times)
    expect(now).toBeGreaterThanOrEqual(last)
    last = now
  }
  const [used, known] = [look(times) - from, ownUsage() - own]
  expect(used).toBeGreaterThan(known - 3 * tick)
  expect(used).toBeLessThan(known + 3 * tick)
})

test.runIf(isThere)('threads that come and go between two looks are known by the ticks', async () => {
  const times = new TaskTimes()
  const [from, own] = [look(times), ownUsage()]
  await thread(120)
  const [used, known] = [look(times) - from, ownUsage() - own]
  expect(used).toBeGreaterThan(known - 3 * tick)
  expect(used).toBeLessThan(known + 3 * tick)
})

test('where the system does not count threads, ticks are all there is', () => {
  const times = new TaskTimes()
  // No process has that number.
  const stat = { pid: 2 ** 22 + 1, started: 1 }
  expect(times.of({ ...stat, own: 7 }, 10)).toBe(70)
  expect(times.of({ ...stat, own: 9 }, 10)).toBe(90)
})

test('another process under the same number begins anew', () => {
  const times = new TaskTimes()
  const pid = 2 ** 22 + 1
  times.of({ pid, started: 1, own: 50 }, 10)
  expect(times.of({ pid, started: 2, own: 1 }, 10)).toBe(10)
})
