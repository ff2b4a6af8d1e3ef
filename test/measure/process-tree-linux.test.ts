import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test } from 'vitest'
import { type ProcStat, readProcStat, readUnits } from '../../src/measure/proc-stat.ts'
import {
  LinuxProcessTree,
  lostBetween,
  portionIn,
  processesByParent,
  TaskTimes,
} from '../../src/measure/process-tree-linux.ts'
import { ResourceMeter } from '../../src/measure/resources.ts'
import { project } from '../builders/project.ts'

const children: ChildProcess[] = []
afterEach(() => {
  // Each leads a group of its own: its children go with it.
  for (const { pid } of children.splice(0)) process.kill(-pid!, 'SIGKILL')
})

async function start(command: string, source: string) {
  const file = join(project({ app: source }), 'app')
  const child = spawn(command, [file], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout, 'data')
  return child.pid!
}

/** Usage over so many looks, a tenth of a second each. */
async function measured(pid: number, looks = 3) {
  const meter = new ResourceMeter(new LinuxProcessTree(pid, { isSharedOnce: true }))
  await meter.start(100)
  for (let n = 0; n < looks; n++) await meter.read()
  return (await meter.stop()).usage!
}

const MB = 1e6
const hasPython = spawnSync('python3', ['--version']).status === 0
const why = hasPython ? '' : ' (there is no python3 here)'

/** A server that holds 100 MB and forks workers, as gunicorn and puma do with `--preload`. */
const prefork = (worker = '') => `
import os, time
held = bytearray(b'x' * 100_000_000)
ready, done = os.pipe()
for _ in range(3):
    if os.fork() == 0:
        ${worker || 'pass'}
        os.write(done, b'x')
        time.sleep(600)
for _ in range(3):
    os.read(ready, 1)
print('up', flush=True)
time.sleep(600)
`

describe.runIf(process.platform === 'linux')('memory that processes share counts once', () => {
  test.runIf(hasPython)(`pages from before a fork${why}`, async () => {
    const pid = await start('python3', prefork())
    const usage = await measured(pid)
    expect(usage.memoryMeasure).toBe('PSS')
    expect(usage.of).toContain('3 children')
    expect(usage.memoryPeak).toBeGreaterThan(100 * MB)
    expect(usage.memoryPeak).toBeLessThan(200 * MB)
    // Their resident sets have it four times.
    expect((await new LinuxProcessTree(pid).sample()).memory).toBeGreaterThan(400 * MB)
  })

  test.runIf(hasPython)(`but pages that each worker has written are its own${why}`, async () => {
    const pid = await start('python3', prefork('held[:] = b"y" * 100_000_000'))
    const { memoryPeak, memoryMeasure } = await measured(pid)
    expect(memoryMeasure).toBe('PSS')
    expect(memoryPeak).toBeGreaterThan(400 * MB)
  })

  test('of workers that share nothing but their program, that program counts once', async () => {
    const worker = 'const held = Buffer.alloc(50e6, 1); setInterval(() => held, 1000)'
    const pid = await start(
      process.execPath,
      `const cluster = require('node:cluster')
       if (cluster.isPrimary) {
         let up = 0
         const on = () => { if (++up === 2) console.log('up') }
         cluster.fork().on('message', on)
         cluster.fork().on('message', on)
       } else { ${worker}; process.send('up') }`,
    )
    const { memoryPeak } = await measured(pid)
    const { memory } = await new LinuxProcessTree(pid).sample()
    expect(memoryPeak).toBeGreaterThan(100 * MB)
    expect(memoryPeak).toBeLessThan(memory)
  })

  test('a single process has its resident set, also the pages that others share', async () => {
    const pid = await start(process.execPath, "setInterval(() => {}, 1000); console.log('up')")
    const { memoryPeak, memoryMeasure } = await measured(pid)
    expect(memoryMeasure).toBe('RSS')
    const { memory } = await new LinuxProcessTree(pid).sample()
    expect(memoryPeak / memory).toBeCloseTo(1, 0.5)
  })

  test('of two processes of one program the figure does not depend on how many others run it', async () => {
    const pid = await start(
      process.execPath,
      "require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(1)'], { stdio: ['ignore', 1, 2] })",
    )
    // As much as it is once both have begun.
    let before = await measured(pid)
    for (let last = 0; before.memoryPeak > 1.02 * last; before = await measured(pid)) last = before.memoryPeak
    for (let n = 0; n < 6; n++) await start(process.execPath, "setInterval(() => {}, 1000); console.log('up')")
    const after = await measured(pid)
    expect(after.memoryPeak / before.memoryPeak).toBeGreaterThan(0.9)
    expect(after.memoryPeak / before.memoryPeak).toBeLessThan(1.1)
  })
})

test('a look without the shared part makes it a sum of resident sets, all over the window', async () => {
  const looks = [30, undefined, 30]
  const meter = new ResourceMeter({
    subject: 'pid 7',
    sample: async () => {
      const shared = looks.shift()
      return { memory: 100, isOfProcesses: true, ...(shared !== undefined && { shared }), cpuTime: 0, processes: 2 }
    },
  })
  await meter.start()
  expect(meter.soFar()).toMatchObject({ memoryPeak: 70, memoryMeasure: 'PSS' })
  await meter.read()
  expect((await meter.stop()).usage).toMatchObject({ memoryPeak: 100, memoryStart: 100, memoryMeasure: 'sum of RSS' })
})

test('the portion of a process, also on kernels that do not tell files apart', () => {
  const rollup = 'Rss:  5000 kB\nPss:  2000 kB\nPss_Anon: 1500 kB\nPss_File:  500 kB\n'
  expect(portionIn(rollup, 'RssAnon: 1 kB\nRssFile:  3500 kB\n')).toEqual({
    shared: 3000 * 1024,
    pssOfFiles: 500 * 1024,
    files: 3500 * 1024,
  })
  const old = portionIn('Rss:  5000 kB\nPss:  2000 kB\n', 'RssFile:  3500 kB\n')
  expect(old).toEqual({ shared: 3000 * 1024, pssOfFiles: 0, files: 0 })
})

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

function processes(...list: [pid: number, ppid: number, own: number, reaped?: number][]) {
  return new Map<number, ProcStat>(
    list.map(([pid, ppid, own, reaped = 0]) => [
      pid,
      { pid, ppid, group: pid, session: pid, own, reaped, zombie: false, started: pid, resident: 1 },
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
  expect(
    processesByParent()
      .get(process.ppid)
      ?.map(({ pid }) => pid),
  ).toContain(process.pid)
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
