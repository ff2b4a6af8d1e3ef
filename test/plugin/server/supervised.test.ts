import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../plugin/server/address.ts'
import { askOnce } from '../../../plugin/server/ask.ts'
import { membersOf } from '../../../plugin/server/process-family.ts'
import { commandOf, marked } from '../../../scripts/leftovers.mjs'
import { cases, thoroughly } from '../../builders/thorough.ts'
import { builtPlugin } from './built.ts'

/*
 * A process that started an application ends in every way a process can end. Whatever way: soon afterwards no
 * process of the application is left, and its port is free.
 */

const app = fileURLToPath(new URL('../../../fixtures/suites/server-app/app.js', import.meta.url))
const built = await builtPlugin()

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'supervised-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

interface Host {
  process: ChildProcess
  url: string
  /** A temporary folder of its own. */
  probe: string
  isReused: boolean
  family: () => number[]
  /** The supervisor of its application. */
  supervisor: () => number
}

/** A process that starts an application, says so, and then runs `then`; SIGUSR2 makes it exit. */
async function host(env: Record<string, string>, then = '', at = 'http://127.0.0.1:{port}/'): Promise<Host> {
  const script = `
    import { startServer } from ${JSON.stringify(join(built, 'start.js'))}
    const { COMMAND: command, KNOBS, AT: url } = process.env
    const more = { cwd: process.cwd(), timeout: 30_000, probe: true, reuseExisting: !url.includes('{port}') }
    const server = await startServer({ command, url, env: JSON.parse(KNOBS), ...more })
    process.on('SIGUSR2', () => process.exit(7))
    console.log(JSON.stringify({ pid: server.pid, url: server.url, isReused: server.reused, probe: server.probe }))
    const idle = setInterval(() => {}, 1000)
    ${then}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, COMMAND: `node ${app}; true`, KNOBS: JSON.stringify(env), AT: at, CI: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error('It ended before the application was there.')
  })
  const [line] = (await Promise.race([once(child.stdout!, 'data'), ended])) as [Buffer]
  const told = JSON.parse(String(line)) as { pid: number; url: string; isReused: boolean; probe: string }
  const { pid, url, isReused, probe } = told
  return {
    process: child,
    url,
    isReused,
    probe,
    family: () => membersOf({ pid, mark: 'NO=MARK' }).map(member => member.pid),
    supervisor: () => {
      const shells = membersOf({ pid, mark: 'NO=MARK' }).find(member => member.pid === pid)
      if (shells === undefined) throw new Error('The application has ended already.')
      return shells.ppid
    },
  }
}

/** Not asked too often: each time all processes of the machine are looked at. */
const soon = { timeout: 60_000, interval: 200 }

async function nothingIsLeftOf({ url, family }: Host): Promise<void> {
  await expect.poll(family, soon).toEqual([])
  // The kernel may still be closing what listened.
  await expect.poll(() => askOnce(url, 1000)).toEqual({ kind: 'refused' })
}

const everything = { STUBBORN: '1', CHILD: '1' }

for (const signal of cases(['SIGTERM'], ['SIGQUIT', 'SIGKILL', 'SIGINT', 'SIGHUP']))
  test(`${signal} to the process leaves nothing, even of an application that ignores signals`, async () => {
    const it = await host(everything)
    expect(it.family().length).toBeGreaterThanOrEqual(3)
    it.process.kill(signal)
    await once(it.process, 'exit')
    await nothingIsLeftOf(it)
  })

thoroughly('an uncaught error leaves nothing', async () => {
  const it = await host(everything, `process.on('uncaughtException', () => process.exit(1)); setTimeout(oops, 50)`)
  expect(await once(it.process, 'exit')).toEqual([1, null])
  await nothingIsLeftOf(it)
})

test('process.exit leaves nothing', async () => {
  const it = await host(everything, 'setTimeout(() => process.exit(4), 50)')
  expect(await once(it.process, 'exit')).toEqual([4, null])
  await nothingIsLeftOf(it)
})

test('a process with nothing else to do may end, and the application with it', async () => {
  const it = await host({}, 'clearInterval(idle)')
  expect(await once(it.process, 'exit')).toEqual([0, null])
  await nothingIsLeftOf(it)
})

test('signals to the supervisor do not end the application', async () => {
  const it = await host({})
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(it.supervisor(), signal)
  expect(await askOnce(it.url, 1000)).toMatchObject({ kind: 'status', status: 200 })
  it.process.kill('SIGKILL')
  await nothingIsLeftOf(it)
})

test('a killed supervisor takes the application with it, and the process hears of it', async () => {
  const it = await host(everything, 'server.ended.then(() => process.exit(5))')
  process.kill(it.supervisor(), 'SIGKILL')
  expect(await once(it.process, 'exit')).toEqual([5, null])
  await nothingIsLeftOf(it)
})

test('a stopped supervisor cannot keep stop() from ending the application', async () => {
  const it = await host({}, 'setTimeout(() => server.stop().then(() => process.exit(6)), 200)')
  process.kill(it.supervisor(), 'SIGSTOP')
  expect(await once(it.process, 'exit')).toEqual([6, null])
  await nothingIsLeftOf(it)
})

thoroughly('a stopped supervisor is woken when the process exits', async () => {
  const it = await host({})
  process.kill(it.supervisor(), 'SIGSTOP')
  it.process.kill('SIGUSR2')
  expect(await once(it.process, 'exit')).toEqual([7, null])
  await nothingIsLeftOf(it)
})

for (const signal of cases(['SIGINT', 'SIGKILL'], ['SIGTERM', 'SIGHUP']))
  test(`after ${signal} to the process, the application shuts down by itself, and its folder goes`, async () => {
    const last = join(scratch(), 'last')
    const it = await host({ LAST: last })
    const folder = it.probe
    expect(existsSync(folder)).toBe(true)
    it.process.kill(signal)
    await once(it.process, 'exit')
    await nothingIsLeftOf(it)
    expect(readFileSync(last, 'utf8')).toBe('shut down\n')
    await expect.poll(() => existsSync(folder)).toBe(false)
  })

test('after process.exit the application shuts down by itself', async () => {
  const last = join(scratch(), 'last')
  const it = await host({ LAST: last }, 'setTimeout(() => process.exit(4), 50)')
  await once(it.process, 'exit')
  await nothingIsLeftOf(it)
  expect(readFileSync(last, 'utf8')).toBe('shut down\n')
})

test('a process that ends while it waits for the application, as by Ctrl-C twice, does not let that wait', async () => {
  // The grace is far longer than this test may take.
  const script = `
    import { supervise } from ${JSON.stringify(join(built, 'supervised.js'))}
    const { PORT, APP } = process.env
    const grace = 3_600_000
    const command = await supervise({ command: 'node ' + APP, cwd: '.', env: process.env, grace })
    process.on('SIGINT', () => {
      if (command.isStopped) process.exit(130)
      command.isStopped = true
      void command.stop(grace)
      console.log('stopping')
    })
    console.log(JSON.stringify({ pid: command.pid }))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, APP: app, PORT: '0', STUBBORN: '1', CHILD: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout!, 'data')) as [Buffer]
  const { pid } = JSON.parse(String(line)) as { pid: number }
  const family = () => membersOf({ pid, mark: 'NO=MARK' }).map(member => member.pid)
  await expect.poll(() => family().length, soon).toBeGreaterThanOrEqual(3)
  child.kill('SIGINT')
  await once(child.stdout!, 'data')
  // The application is left: its shell and its child do not ignore signals, and are gone sooner or later.
  expect(family().map(commandOf)).toContain(`node ${app}`)
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([130, null])
  await expect.poll(family, soon).toEqual([])
})

test('a process that is killed in the moment in which the command starts leaves nothing', async () => {
  const mark = `SUPERVISED_MARK=${randomUUID()}`
  // The supervisor is there and waits, so that the end falls between its hearing of the command and its telling of it.
  const script = `
    import { spawn } from 'node:child_process'
    const [supervisor, later] = process.argv.slice(1)
    const child = spawn(process.execPath, [supervisor], { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    setTimeout(() => {
      const order = { order: 'start', command: 'sleep 60; true', cwd: '.', env: process.env, scratch: [], grace: 1000 }
      child.send({ ...order, mark: 'NO=MARK' }, () => {
        const end = performance.now() + Number(later)
        while (performance.now() < end);
        process.kill(process.pid, 'SIGKILL')
      })
    }, 500)`
  const [name, value] = mark.split('=') as [string, string]
  const ends = cases([0, 0.4, 0.8, 1.2], [0.2, 0.6, 1, 1.4]).map(async later => {
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', script, join(built, 'supervisor.js'), String(later)],
      { env: { ...process.env, [name]: value }, stdio: ['ignore', 'ignore', 'inherit'] },
    )
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
  })
  await Promise.all(ends)
  await expect.poll(() => marked(mark).map(commandOf), soon).toEqual([])
})

test('the next run waits for an application that an interrupted one left to shut down, and does not use it', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const it = await host({ SLOW_END: '2000' }, '', url)
  const [before] = it.family()
  it.process.kill('SIGINT')
  await once(it.process, 'exit')
  expect(await askOnce(url, 1000)).toMatchObject({ kind: 'status' })
  const next = await host({}, '', url)
  expect(next.isReused).toBe(false)
  expect(next.family()).not.toContain(before)
  next.process.kill('SIGKILL')
  await nothingIsLeftOf(next)
})

test('one that ends while the next run asks it, as of a connection that it breaks, is not in the way', async () => {
  const url = `http://127.0.0.1:${await freePort()}/`
  const it = await host({ SLOW_END: '1000', MUTE_END: '1' }, '', url)
  it.process.kill('SIGINT')
  await once(it.process, 'exit')
  await expect.poll(() => askOnce(url, 50)).toEqual({ kind: 'no response', reason: 'only silence' })
  const next = await host({}, '', url)
  expect(next.isReused).toBe(false)
  next.process.kill('SIGKILL')
  await nothingIsLeftOf(next)
})
