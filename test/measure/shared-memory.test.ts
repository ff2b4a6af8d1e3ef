import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { LinuxProcessTree, portionIn } from '../../src/measure/process-tree-linux.ts'
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
