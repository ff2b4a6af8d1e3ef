import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { NodeProcessTree } from '../../src/measure/node-probe/probe.ts'
import type { Probe, Reading } from '../../src/measure/probe.ts'
import { UsageWindow } from '../../src/measure/usage-window.ts'
import { freshFolder } from '../builders/folder.ts'

/*
 * Probes that tell what cannot be: such a figure has no value, so that its budget fails, and the reason names it.
 */

const sound: Reading = { memory: 5e6, cpuTime: 10, processes: 1, series: { queue: 3 } }

/** What a window has of looks at a probe, of which each is changed; so many requests got a response meanwhile. */
function usageOf(changes: Partial<Reading>[], requests = 100) {
  const window = new UsageWindow()
  for (const [i, change] of changes.entries())
    window.add({ ...sound, cpuTime: 10 + i, ...change, at: 1_000 * i, requests: requests * i })
  return window.usage({ subject: 'pid 7' })
}

test.each<[what: string, figure: string, change: Partial<Reading>]>([
  ['memory below zero', 'memory', { memory: -1 }],
  ['memory of a process that is zero', 'memory', { memory: 0 }],
  ['memory that is no number', 'memory', { memory: Number.NaN }],
  ['more memory that is shared than there is', 'memory', { isOfProcesses: true, shared: 6e6 }],
  ['null for memory', 'memory', { memory: null as unknown as number }],
  ['CPU time below zero', 'cpu', { cpuTime: -4 }],
  ['CPU time that is no number', 'cpu', { cpuTime: Number.NaN }],
  ['null for CPU time', 'cpu', { cpuTime: null as unknown as number }],
  ['a series that is no number', 'series.queue', { series: { queue: Number.NaN } }],
])('%s, once', (_, figure, change) => {
  const usage = usageOf([{}, change, {}])
  expect(Object.keys(usage.missing ?? {})).toEqual([figure])
  expect(usage.missing![figure]).toMatch(/^Failed to measure the application: .* is \S+\. Correct what tells it\.$/)
  expect(usage.series?.queue === undefined).toBe(figure === 'series.queue')
})

test('sound figures are figures', () => {
  expect(usageOf([{}, {}, {}]).missing).toBeUndefined()
})

test.each([{}, { counter: 'cpu_seconds' }])('CPU time that stands still while requests are served, %j', more => {
  const still = { cpuTime: 70, ...more }
  expect(usageOf([still, still], 4_000).missing?.cpu).toMatch(/ did not rise while 4,000 requests got a response/)
})

const figures = {
  pid: process.pid,
  heap: 1e6,
  delay: { p50: 0, p99: 1, max: 2 },
  gc: { count: 0, total: 0, max: 0 },
  loop: { active: 1, idle: 1 },
  trips: { '127.0.0.1:5432': { count: 2, waited: 1 } },
  requests: 1,
}

test.each<[response: string, found: string | undefined]>([
  [JSON.stringify(figures), undefined],
  [JSON.stringify({ ...figures, heap: -1 }), 'heap: -1'],
  [JSON.stringify({ ...figures, heap: null }), 'heap: null'],
  [JSON.stringify({ ...figures, delay: { ...figures.delay, p99: null } }), 'delay.p99: null'],
  [JSON.stringify({ ...figures, trips: { db: { count: -1, waited: 0 } } }), 'trips: an object'],
  ['null', 'pid: null'],
  ['not JSON', 'pid: null'],
])('a Node process that responds to the probe with %s', async (response, found) => {
  const folder = freshFolder('odd')
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', () => void socket.write(`${response}\n`))
  }).listen(join(folder, `${process.pid}.sock`))
  onTestFinished(() => void server.close())
  const tree: Probe = { subject: 'pid 7', sample: async () => ({ ...sound, pids: [process.pid] }) }
  const probe = new NodeProcessTree(tree, folder)
  onTestFinished(() => probe.close())
  await expect
    .poll(async () => {
      const { node, wrong } = await probe.sample()
      return wrong?.node ?? (node === undefined ? 'nothing yet' : 'sound')
    })
    .toBe(
      found === undefined
        ? 'sound'
        : `Failed to measure pid 7: process ${process.pid} tells ${found}. Its code may have replaced what the probe reads.`,
    )
})
