import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ownProcessors, processorsIn } from '../../src/measure/proc-stat.ts'
import { holdToProcessors } from '../../src/measure/processor.ts'

test.each([
  ['0', [0]],
  ['0-3', [0, 1, 2, 3]],
  ['0-1,4,6-7', [0, 1, 4, 6, 7]],
  ['', []],
])('processors of the list %j', (list, expected) => {
  expect(processorsIn(list)).toEqual(expected)
})

const isLinux = process.platform === 'linux'

/** Processors that each thread of a process may use. */
const allowed = (pid: number) =>
  readdirSync(`/proc/${pid}/task`).map(thread =>
    processorsIn(/^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'))![1]!),
  )

test.runIf(isLinux)('a process is held with all its threads, and with those that it begins later', async () => {
  const child = spawn(process.execPath, [
    '-e',
    "process.stdin.once('data', () => new (require('worker_threads').Worker)('setInterval(() => {}, 1e3)', { eval: true }))",
  ])
  onTestFinished(() => void child.kill('SIGKILL'))
  await vi.waitFor(() => expect(allowed(child.pid!).length).toBeGreaterThan(4), 60_000)
  const own = ownProcessors()
  expect(new Set(allowed(child.pid!).flat())).toEqual(new Set(own))
  const last = own.at(-1)!
  expect(await holdToProcessors([child.pid!], [last])).toBe(true)
  const before = allowed(child.pid!)
  expect(before).toEqual(before.map(() => [last]))
  child.stdin.write('go')
  await vi.waitFor(() => expect(allowed(child.pid!).length).toBeGreaterThan(before.length), 60_000)
  expect(
    allowed(child.pid!)
      .flat()
      .every(processor => processor === last),
  ).toBe(true)
})

test.runIf(isLinux)(
  'nothing cannot be held, nor can anything without taskset, nor to a processor that is not there',
  async () => {
    expect(await holdToProcessors([], [0])).toBe(false)
    expect(await holdToProcessors([process.pid], [1023])).toBe(false)
    vi.stubEnv('PATH', '/nowhere')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(await holdToProcessors([process.pid], [0])).toBe(false)
  },
)
