import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { connectOnce } from '../../../plugin/server/ask.ts'
import { environmentOf, membersOf, processTable } from '../../../plugin/server/process-family.ts'
import { type RunningServer, startServer } from '../../../plugin/server/start.ts'
import { freshFolder } from '../../builders/folder.ts'
import { readServerOptions } from './read-options.ts'

const folder = freshFolder('ready')

const running: RunningServer[] = []
afterAll(() => Promise.all(running.map(server => server.stop())))

async function start(options: object): Promise<RunningServer> {
  const server = await startServer(readServerOptions({ timeout: '30s', url: 'tcp://127.0.0.1:{port}', ...options }))
  running.push(server)
  return server
}

async function failureOf(options: object): Promise<string> {
  const error = await start(options).catch((error: unknown) => error)
  if (!(error instanceof Error)) throw new Error('It did not fail.')
  return error.message.replaceAll(folder, 'FOLDER').replace(/:\d{4,5}\b/g, ':PORT')
}

/** A command that runs a script in which `net` and `port` are there. */
function script(text: string): string {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.mjs`)
  writeFileSync(file, `import net from 'node:net'\nconst port = process.env.PORT\n${text}`)
  return `node ${file}`
}

/** Sends a text to a server, and gives back its response. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'))
    socket.on('data', data => {
      socket.destroy()
      resolve(data.toString())
    })
    socket.on('error', reject)
  })
}

const portOf = ({ url }: RunningServer) => Number(new URL(url).port)
const familyOf = ({ pid }: RunningServer) => membersOf({ pid: pid!, mark: 'NO=MARK' })
const has = (command: string) => {
  try {
    return execFileSync('sh', ['-c', `command -v ${command}`]).length > 0
  } catch {
    return false
  }
}

/** Silent until it is written to, as most databases are. */
const ECHO = "net.createServer(socket => socket.on('error', () => {}).pipe(socket)).listen(port, '127.0.0.1')"

test('a server that does not speak HTTP is ready when it accepts connections, and nothing of it is left', async () => {
  const server = await start({ command: script(`setTimeout(() => ${ECHO}, 300)`) })
  expect(server.url).toBe(`tcp://127.0.0.1:${portOf(server)}`)
  expect(server.origin).toBe(server.url)
  expect(await exchange(portOf(server), 'who is there')).toBe('who is there')
  expect(familyOf(server).map(({ pid }) => pid)).toContain(server.listener)
  await server.stop()
  expect(familyOf(server)).toEqual([])
  expect(await connectOnce(portOf(server), 1000)).toEqual({ kind: 'refused' })
})

test('a connection that is closed at once is not ready; a server that speaks first and closes is', async () => {
  const command = script(`
    let count = 0
    const greet = socket => ++count > 3 ? socket.end('220 ready') : (console.log('closes'), socket.end())
    net.createServer(socket => greet(socket.on('error', () => {}))).listen(port, '127.0.0.1')`)
  const server = await start({ command })
  await expect.poll(() => server.output()).toBe('closes\n'.repeat(3))
})

test('a command says when: it is run until it exits with 0, with the environment of the application', async () => {
  const tries = join(folder, 'tries')
  const ready = `echo "$NAME {port} $PORT" >> ${tries}; test $(wc -l < ${tries}) -ge 4`
  const server = await start({ command: 'sleep 600', ready, env: { NAME: 'cache' } })
  const lines = readFileSync(tries, 'utf8').trim().split('\n')
  expect(lines.length).toBeGreaterThanOrEqual(4)
  expect(new Set(lines)).toEqual(new Set([`cache ${portOf(server)} ${portOf(server)}`]))
  await server.stop()
  expect(familyOf(server)).toEqual([])
})

test('a server that accepts no connection, or whose command never succeeds, is not started', async () => {
  expect(await failureOf({ command: 'echo I wait; sleep 600', timeout: '700ms' })).toMatchInlineSnapshot(`
    "Failed to start the application "echo I wait; sleep 600": it never became ready: tcp://127.0.0.1:PORT did not accept a connection within 700 ms, at last the connection was refused. Make it listen at that host and port ({port} in "command", or the environment variable PORT), or raise "timeout".

    Last output of the application:
      | I wait"
  `)
  expect(
    await failureOf({ command: 'sleep 600', timeout: '6s', ready: 'echo no such table >&2; exit 2' }),
  ).toMatchInlineSnapshot(`
    "Failed to start the application "sleep 600": it never became ready: "echo no such table >&2; exit 2" did not exit with code 0 within 6 s, at last it exited with code 2 and wrote "no such table". Run that command by hand while the application runs, correct "ready", or raise "timeout".
    The application wrote nothing."
  `)
  expect(
    await failureOf({ command: script("net.createServer(one => one.end()).listen(port, '127.0.0.1')"), timeout: '2s' }),
  ).toContain('at last the connection was closed at once')
})

test('one that ends before it is ready', async () => {
  expect(await failureOf({ command: 'echo no memory; exit 3' })).toMatchInlineSnapshot(`
    "Failed to start the application "echo no memory; exit 3": it exited with code 3 before tcp://127.0.0.1:PORT accepted a connection. Its output says why, or run the command by hand.

    Last output of the application:
      | no memory"
  `)
  expect(await failureOf({ command: 'sleep 0.5', ready: 'sleep 600' })).toMatchInlineSnapshot(`
    "Failed to start the application "sleep 0.5": it ended, without an error, before "sleep 600" exited with code 0. Give a command that stays in the foreground: without "&", "-d" or "--detach", and no build step alone.
    The application wrote nothing."
  `)
})

test.runIf(process.platform === 'linux')('a command that hangs is ended, with all that it started', async () => {
  const mark = `HANGS=${process.pid}`
  const left = () => processTable().filter(({ pid, zombie }) => !zombie && environmentOf(pid).includes(mark))
  const env = { HANGS: String(process.pid) }
  const ready = `touch ${folder}/hangs; sleep 600 & sleep 601`
  expect(await failureOf({ command: 'sleep 600', timeout: '3s', ready, env })).toContain('at last it did not end')
  expect(existsSync(join(folder, 'hangs'))).toBe(true)
  await expect.poll(left).toEqual([])
})

test('a fixed port that is in use is refused, or its server is used', async () => {
  const other = createServer(socket => socket.on('error', () => {}).resume())
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const asked = { command: 'sleep 600', url: `tcp://127.0.0.1:${port}` }
  const message = await failureOf({ ...asked, reuseExisting: false })
  expect(message).toMatch(/port \d+ is in use by process .*; asked for tcp:\/\/127\.0\.0\.1:PORT, it is ready\./)
  const used = await start({ ...asked, ready: 'true', reuseExisting: true })
  expect(used).toMatchObject({ reused: true, url: `tcp://127.0.0.1:${port}`, pid: process.pid })
  expect(await failureOf({ ...asked, ready: 'exit 4', reuseExisting: true })).toContain('it exited with code 4')
})

test.skipIf(!has('redis-server'))('redis-server (skipped where it is not installed)', async () => {
  const command = "redis-server --port {port} --save '' --dir {dir}"
  for (const ready of [undefined, 'redis-cli -p {port} ping']) {
    const server = await start({ command, ready })
    expect(await exchange(portOf(server), 'PING\r\n')).toBe('+PONG\r\n')
    await server.stop()
    expect(familyOf(server)).toEqual([])
  }
})

test.skipIf(!has('postgres') || !has('initdb'))('PostgreSQL (skipped where it is not installed)', async () => {
  const database = 'initdb -D {dir}/db -U app -A trust > {dir}/log && exec postgres -D {dir}/db -p {port} -k {dir}'
  // It refuses to run as root.
  const command =
    process.getuid?.() === 0
      ? `chown postgres {dir} && exec setpriv --reuid=postgres --regid=postgres --clear-groups sh -c "${database}"`
      : database
  const server = await start({ command, ready: 'pg_isready -h 127.0.0.1 -p {port}', timeout: '120s' })
  // The first byte of the response to a request for TLS: no.
  expect(await exchange(portOf(server), '\0\0\0\u0008\u0004\u00d2\u0016\u002f')).toBe('N')
  await server.stop()
  expect(familyOf(server)).toEqual([])
})
