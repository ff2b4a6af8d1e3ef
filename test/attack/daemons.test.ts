import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { freePort } from '../../plugin/server/address.ts'
import { beginOf } from '../../plugin/server/process-family.ts'
import { sweepApplications } from '../../plugin/server/record.ts'
import { type RunningServer, startServer } from '../../plugin/server/start.ts'
import { ownedName, thisProcess } from '../../src/compare/base/owner.ts'
import { RECORD } from '../../src/measure/family-record.ts'
import { createTargetProbe } from '../../src/measure/target-probe.ts'
import { daemonConfiguration, withoutNginx } from '../builders/nginx.ts'
import { project } from '../builders/project.ts'
import { readServerOptions } from '../plugin/server/read-options.ts'

/*
 * Daemons as applications: processes that leave the group, the session, the parents and the environment that they were
 * started with. They are measured, they end with the run, and the run names them.
 */

/** An application of `node`, which holds as many MB as it is told, and works for each request. */
const app = `
const held = Buffer.alloc(Number(process.argv[3] ?? 0) * 1e6, 1)
require('node:http').createServer((request, response) => {
  for (const end = performance.now() + 2; performance.now() < end;);
  response.end('{}')
}).listen(Number(process.argv[2]), '127.0.0.1', () => held.fill(2))`

async function start(command: string, url = 'http://127.0.0.1:{port}/'): Promise<RunningServer> {
  const folder = project({ 'app.js': app, 'nginx.conf': daemonConfiguration() })
  const server = await startServer(readServerOptions({ command, url, cwd: folder, timeout: '20s' }))
  onTestFinished(() => server.stop())
  return server
}

const isThere = (pid: number) => {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

const nginx = 'sed -i s/PORT/{port}/ nginx.conf; nginx -e stderr -p . -c nginx.conf'
const DAEMONS: [name: string, command: string, needs?: string][] = [
  ['nginx in front of tail', `${nginx}; exec tail -f /dev/null`, withoutNginx],
  ['a process of another session', 'setsid -f node app.js {port}; exec tail -f /dev/null'],
  ['one of another session and environment', 'env -i setsid -f $(which node) app.js {port}; exec tail -f /dev/null'],
]

describe.runIf(process.platform === 'linux').each(DAEMONS)('%s', (_, command, needs) => {
  test.skipIf(needs)('is measured', async () => {
    const server = await start(command)
    const probe = createTargetProbe({ pid: server.pid! })
    await probe.sample()
    const ask = async () => {
      for (let n = 0; n < 100; n++) await (await fetch(server.url)).arrayBuffer()
    }
    await expect.poll(async () => (await probe.sample()).processes, { timeout: 20_000 }).toBeGreaterThan(1)
    const before = await probe.sample()
    await ask()
    const after = await probe.sample()
    expect(after.elsewhere).toBeUndefined()
    expect(after.pids).toContain(server.listener)
    expect(after.cpuTime).toBeGreaterThan(before.cpuTime)
    expect(after.memory).toBeGreaterThan(3e6)
  })

  test.skipIf(needs)('ends with the command, and is named', async () => {
    const server = await start(command)
    const listener = server.listener!
    expect(isThere(listener)).toBe(true)
    await server.stop()
    expect(isThere(listener)).toBe(false)
    expect((await server.ended).strays?.join()).toContain(`(pid ${listener})`)
  })
})

test.runIf(process.platform === 'linux')(
  'a worker that leaves later, and changes its environment, is measured',
  async () => {
    const leave = 'env -i setsid -f $(which node) app.js 0 200'
    const server = await start(`(sleep 0.5; ${leave}) & exec node app.js {port}`)
    const probe = createTargetProbe({ pid: server.pid! })
    await expect.poll(async () => (await probe.sample()).memory, { timeout: 20_000 }).toBeGreaterThan(250e6)
  },
)

const listening = async (server: Server, port = 0) => {
  onTestFinished(() => void server.close())
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

test.runIf(process.platform === 'linux')('a process elsewhere that listens is named, and not ended', async () => {
  const port = await freePort()
  const other = createServer((_, response) => response.end('{}'))
  const control = createServer((_, response) => void listening(other, port).then(() => response.end()))
  const ask = `node -e "fetch('http://127.0.0.1:${await listening(control)}')"`
  const server = await start(`${ask}; exec tail -f /dev/null`, `http://127.0.0.1:${port}/`)
  const probe = createTargetProbe({ pid: server.pid! })
  const here = new RegExp(`\\(pid ${process.pid}\\)$`)
  await expect.poll(async () => (await probe.sample()).elsewhere, { timeout: 20_000 }).toMatch(here)
  await server.stop()
  expect((await server.ended).remains).toMatch(here)
})

describe.runIf(process.platform === 'linux')('the record of a supervisor that was killed', () => {
  async function sleeper(): Promise<ChildProcess> {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child, 'spawn')
    return child
  }

  /** A record of nobody's in a temporary folder of its own, in which a process is noted. */
  function recordOf(pid: number, began: number, owner = { ...thisProcess(), pid: 2 ** 22 + 1 }): string {
    const folder = project({})
    vi.stubEnv('TMPDIR', folder)
    onTestFinished(() => void vi.unstubAllEnvs())
    const first = { supervisor: 2 ** 22 + 2, mark: 'NO=MARK', since: began, adopters: [1] }
    writeFileSync(join(folder, ownedName(RECORD, owner)), `${JSON.stringify(first)}\n[${pid},${began}]\n`)
    return folder
  }

  test('names the processes that are ended by the next run, and goes', async () => {
    const child = await sleeper()
    const folder = recordOf(child.pid!, beginOf(child.pid!)!)
    expect(await sweepApplications()).toEqual([`sleep (pid ${child.pid})`])
    expect(child.signalCode ?? (await once(child, 'exit'))[1]).toBe('SIGTERM')
    expect(readdirSync(folder)).toEqual([])
  })

  test('does not end a later process with the same number', async () => {
    const child = await sleeper()
    const folder = recordOf(child.pid!, beginOf(child.pid!)! - 1)
    expect(await sweepApplications()).toEqual([])
    expect(isThere(child.pid!)).toBe(true)
    expect(readdirSync(folder)).toEqual([])
  })

  test('is left alone while its run goes on', async () => {
    const child = await sleeper()
    const folder = recordOf(child.pid!, beginOf(child.pid!)!, thisProcess())
    expect(await sweepApplications()).toEqual([])
    expect(isThere(child.pid!)).toBe(true)
    expect(readdirSync(folder)).toHaveLength(1)
  })
})
