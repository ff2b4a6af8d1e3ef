import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { askOnce } from '../../../plugin/server/answer.ts'
import { membersOf } from '../../../plugin/server/process-family.ts'
import { builtPlugin } from './built.ts'

/*
 * A process that started an application ends in every way a process can end. Whatever way: soon afterwards no
 * process of the application is left, and its port is free.
 */

const app = fileURLToPath(new URL('../../../fixtures/suites/server-app/app.js', import.meta.url))
let built: string

beforeAll(async () => {
  built = await builtPlugin()
}, 60_000)

interface Host {
  process: ChildProcess
  url: string
  family: () => number[]
  /** The supervisor of its application. */
  supervisor: () => number
}

/** A process that starts an application, says so, and then runs `then`. */
async function host(env: Record<string, string>, then = ''): Promise<Host> {
  const script = `
    import { startServer } from ${JSON.stringify(join(built, 'start.js'))}
    const options = { command: process.env.COMMAND, url: 'http://127.0.0.1:{port}/', env: JSON.parse(process.env.KNOBS) }
    const server = await startServer(options)
    console.log(JSON.stringify({ pid: server.pid, url: server.url }))
    const idle = setInterval(() => {}, 1000)
    ${then}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, COMMAND: `node ${app}; true`, KNOBS: JSON.stringify(env) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout!, 'data')) as [Buffer]
  const { pid, url } = JSON.parse(String(line)) as { pid: number; url: string }
  return {
    process: child,
    url,
    family: () => membersOf({ pid, mark: 'NO=MARK' }).map(member => member.pid),
    supervisor: () => {
      const shells = membersOf({ pid, mark: 'NO=MARK' }).find(member => member.pid === pid)
      if (shells === undefined) throw new Error('The application has ended already.')
      return shells.parent
    },
  }
}

async function nothingIsLeftOf({ url, family }: Host): Promise<void> {
  await expect.poll(family, { timeout: 10_000 }).toEqual([])
  // The kernel may still be closing what listened.
  await expect.poll(() => askOnce(url, 1000), { timeout: 10_000 }).toEqual({ kind: 'refused' })
}

const everything = { STUBBORN: '1', CHILD: '1' }

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGKILL'] as const)
  test(`${signal} to the process leaves nothing, even of an application that ignores signals`, async () => {
    const it = await host(everything)
    expect(it.family().length).toBeGreaterThanOrEqual(3)
    it.process.kill(signal)
    await once(it.process, 'exit')
    await nothingIsLeftOf(it)
  })

test('an uncaught error leaves nothing', async () => {
  const it = await host(
    everything,
    `process.on('uncaughtException', () => process.exit(1)); setTimeout(oops, 50)`,
  )
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
