import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { freePort, temporaryFolder } from '../../../plugin/server/address.ts'
import type { ServerOptions } from '../../../plugin/server/options.ts'
import { membersOf } from '../../../plugin/server/process-family.ts'
import { type RunningServer, startServer } from '../../../plugin/server/start.ts'
import { createTargetProbe } from '../../../src/measure/target-probe.ts'
import { readServerOptions } from './read-options.ts'

const app = fileURLToPath(new URL('../../../fixtures/suites/server-app/app.js', import.meta.url))

const running: RunningServer[] = []
afterAll(() => Promise.all(running.map(server => server.stop())))

async function start(options: Partial<ServerOptions>): Promise<RunningServer> {
  const url = 'http://127.0.0.1:{port}/health'
  const server = await startServer(readServerOptions({ command: `node ${app}`, url, timeout: '15s', ...options }))
  running.push(server)
  return server
}

/** The message of a failed start, with what differs from run to run replaced. */
async function failureOf(options: Partial<ServerOptions>): Promise<string> {
  const error = await start(options).catch((error: unknown) => error)
  if (!(error instanceof Error)) throw new Error('It did not fail.')
  return error.message
    .replaceAll(app, 'app.js')
    .replace(/:\d{4,5}\b/g, ':PORT')
    .replace(/(port|on) \d+/g, '$1 PORT')
}

function isListening(port: number | string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

const portOf = (server: RunningServer) => new URL(server.url).port
const familyOf = (server: RunningServer) => membersOf({ pid: server.pid!, mark: 'NO=MARK' })

describe('an application', () => {
  test('is started at a free port, each at another, and waited for', async () => {
    const env = { DELAY: '300', GIVEN: 'at {port}' }
    const [server, other] = (await Promise.all([start({ env }), start({})])) as [RunningServer, RunningServer]
    expect(portOf(server)).not.toBe(portOf(other))
    const body = (await (await fetch(server.url)).json()) as Record<string, unknown>
    expect(server.url).toBe(`${server.origin}/health`)
    expect(server.reused).toBe(false)
    expect(familyOf(server).map(member => member.pid)).toContain(body.pid)
    expect(body).toMatchObject({ given: `at ${portOf(server)}` })
    expect(body).not.toHaveProperty('vitest')
    await expect.poll(() => server.output()).toBe(`listening on ${portOf(server)}\n`)
  })

  test('gets an empty folder for its data where it asks for one, which goes with it', async () => {
    const server = await start({ env: { GIVEN: '{side} {dir}' } })
    const { given } = (await (await fetch(server.url)).json()) as { given: string }
    const [side, dir = ''] = given.split(' ')
    expect([side, readdirSync(dir)]).toEqual(['head', []])
    await server.stop()
    expect(existsSync(dir)).toBe(false)
  })

  test('tells of its event loop, heap and garbage collection when asked to, beside what NODE_OPTIONS has', async () => {
    const server = await start({ probe: true, env: { NODE_OPTIONS: '--max-old-space-size=200' } })
    const probe = createTargetProbe({ pid: server.pid!, probe: server.probe! })
    await expect.poll(async () => (await probe.sample()).node).toBeDefined()
    probe.mark!()
    for (let n = 0; n < 20; n++) await (await fetch(server.url)).text()
    const node = (await probe.settle!())!
    probe.close!()
    expect(node.processes).toBe(1)
    expect(node.heapPeak).toBeGreaterThan(1e6)
    expect(node.eventLoopUtilization).toBeGreaterThan(0)
    expect(readdirSync(server.probe!)).toHaveLength(1)
    await server.stop()
    await expect.poll(() => existsSync(server.probe!)).toBe(false)
  })

  describe('its temporary folder', () => {
    test('is not made by a process that may be killed before it can remove it', () => {
      expect(existsSync(temporaryFolder())).toBe(false)
    })

    const temporary = (folder: string) => {
      const { TMPDIR } = process.env
      process.env.TMPDIR = folder
      onTestFinished(() => {
        if (TMPDIR === undefined) delete process.env.TMPDIR
        else process.env.TMPDIR = TMPDIR
      })
    }

    test('TMPDIR that is not there, or is a file: an error that says so', async () => {
      temporary('/no/such/place')
      expect(await failureOf({ probe: true })).toMatchInlineSnapshot(
        `"Failed to make a temporary folder in /no/such/place: it is not there. Let TMPDIR name a folder that is there and can be written to."`,
      )
      temporary(app)
      expect(await failureOf({ probe: true })).toMatchInlineSnapshot(
        `"Failed to make a temporary folder in app.js: it is not a folder. Let TMPDIR name a folder that is there and can be written to."`,
      )
    })

    test('TMPDIR that is not there is nothing to an application that needs none', async () => {
      temporary('/no/such/place')
      const server = await start({})
      expect((await fetch(server.url)).ok).toBe(true)
    })

    test('is gone after each start that failed', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'scratch-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      temporary(folder)
      await failureOf({ probe: true, cwd: '/no/such/place' })
      await failureOf({ probe: true, cwd: app })
      await failureOf({ probe: true, command: 'exit 1' })
      await expect.poll(() => readdirSync(folder)).toEqual([])
    })
  })

  test('gets the port in its command as well', async () => {
    const server = await start({ command: `PORT= GIVEN={port} node ${app.replace('app.js', 'by-argument.js')} {port}` })
    expect(await (await fetch(server.url)).text()).toBe(portOf(server))
  })

  test('with a status below 500 is ready', async () => {
    const server = await start({ env: { STATUS: '401' } })
    expect((await fetch(server.url)).status).toBe(401)
  })
})

describe('stop', () => {
  test('leaves no process and frees the port', async () => {
    const server = await start({ env: { CHILD: '1' } })
    expect(familyOf(server).length).toBeGreaterThanOrEqual(2)
    await server.stop()
    expect(familyOf(server)).toEqual([])
    expect(await isListening(portOf(server))).toBe(false)
  })

  test('lets the application shut down by itself, even when its shell is gone before it', async () => {
    const server = await start({ command: `node ${app}; true`, env: { SLOW_END: '400' } })
    const exit = server.ended
    await server.stop()
    expect(await exit).toMatchObject({ signal: 'SIGTERM' })
    expect(await isListening(portOf(server))).toBe(false)
    expect(familyOf(server)).toEqual([])
  })

  test('ends one that ignores SIGTERM', async () => {
    const server = await start({ env: { STUBBORN: '1', CHILD: '1' } })
    await server.stop()
    expect(server.output()).toContain('never')
    expect(familyOf(server)).toEqual([])
    expect(await isListening(portOf(server))).toBe(false)
  })

  test.runIf(process.platform === 'linux')('ends a daemon that left the group and the tree', async () => {
    const { processTable, environmentOf } = await import('../../../plugin/server/process-family.ts')
    const server = await start({ env: { DAEMON: '1', GIVEN: `daemon-${process.pid}` } })
    const carriers = () =>
      processTable().filter(entry => !entry.zombie && environmentOf(entry.pid).includes(`GIVEN=daemon-${process.pid}`))
    await expect.poll(() => carriers().some(entry => entry.group !== server.pid)).toBe(true)
    await server.stop()
    expect(carriers()).toEqual([])
  })

  test('may be called twice, and after the application has ended', async () => {
    const server = await start({ env: { DIE_ON: '/die' } })
    await fetch(`${server.origin}/die`)
    expect(await server.ended).toEqual({ code: 9, signal: null })
    await Promise.all([server.stop(), server.stop()])
  })
})

describe('a failed start', () => {
  test('no such command', async () => {
    expect(await failureOf({ command: 'NODE_ENV=production nodee server.js' })).toMatchInlineSnapshot(`
      "Failed to start the application "NODE_ENV=production nodee server.js": the shell found no such command (exit code 127). Correct or install "nodee"; for a tool of the project write "npx nodee".

      Last output of the application:
        | /bin/sh: 1: nodee: not found"
    `)
  })

  test('exited early', async () => {
    expect(await failureOf({ env: { EXIT: '3', TALK: '30' } })).toMatchInlineSnapshot(`
      "Failed to start the application "node app.js": it exited with code 3 before http://127.0.0.1:PORT/health responded. Its output says why, or run the command by hand.

      Last output of the application:
        | Error: no database at 127.0.0.1:PORT
        | line 12
        | line 13
        | line 14
        | line 15
        | line 16
        | line 17
        | line 18
        | line 19
        | line 20
        | line 21
        | line 22
        | line 23
        | line 24
        | line 25
        | line 26
        | line 27
        | line 28
        | line 29
        | line 30"
    `)
  })

  test('went into the background', async () => {
    expect(await failureOf({ command: `node ${app} & sleep 0.2`, env: { DELAY: '5000' } })).toMatchInlineSnapshot(`
      "Failed to start the application "node app.js & sleep 0.2": it ended, without an error, before http://127.0.0.1:PORT/health responded. Give a command that stays in the foreground: without "&", "-d" or "--detach", and no build step alone.
      The application wrote nothing."
    `)
  })

  test('never listens', async () => {
    expect(await failureOf({ env: { DELAY: '60000' }, timeout: '700ms' })).toMatchInlineSnapshot(`
      "Failed to start the application "node app.js": it never became ready: http://127.0.0.1:PORT/health did not respond with a status below 500 within 700 ms, at last the connection was refused. Make it listen at that host and port ({port} in "command", or the environment variable PORT), or raise "timeout".
      The application wrote nothing."
    `)
  })

  test('never gets well: nothing of it is left', async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/health`
    const env = { STATUS: '503', CHILD: '1' }
    expect(await failureOf({ url, env, timeout: '5s' })).toMatchInlineSnapshot(`
      "Failed to start the application "node app.js": it never became ready: http://127.0.0.1:PORT/health did not respond with a status below 500 within 5 s, at last the response was HTTP 503. Point "url" at a page that responds once it is ready, or raise "timeout".

      Last output of the application:
        | listening on PORT"
    `)
    expect(await isListening(port)).toBe(false)
  })

  test('never answers', async () => {
    expect(await failureOf({ env: { HANG: '1' }, timeout: '5s' })).toMatchInlineSnapshot(`
      "Failed to start the application "node app.js": it never became ready: http://127.0.0.1:PORT/health did not respond with a status below 500 within 5 s, at last there was no HTTP response (only silence). Point "url" at a page that responds once it is ready, or raise "timeout".

      Last output of the application:
        | listening on PORT"
    `)
  })

  test('no such directory', async () => {
    expect(await failureOf({ cwd: '/no/such/place' })).toMatchInlineSnapshot(
      `"Failed to start the application "node app.js": there is no directory /no/such/place. Correct "cwd"; it is relative to the project's root."`,
    )
  })
})

describe('a fixed port', () => {
  async function occupied(handler: Parameters<typeof createServer>[1]) {
    const other = createServer(handler)
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}/health`, [Symbol.asyncDispose]: async () => void other.close() }
  }
  const withoutPid = (message: string) => message.replace(/process \d+ \(.*?\)(?= ?;)/, 'process PID (COMMAND)')

  /** A command that lets this process listen at its port, and then does the same: what it does next comes from `then`. */
  async function overtaken(then: string, isGoneAtOnce = false) {
    const port = await freePort()
    const other = createServer((_, response) => {
      response.end('not the application')
      if (isGoneAtOnce) other.close()
    })
    onTestFinished(() => void other.close())
    const control = createServer((_, response) => void other.listen(port, '127.0.0.1', () => response.end()))
    onTestFinished(() => void control.close())
    await new Promise<void>(resolve => control.listen(0, '127.0.0.1', resolve))
    const go = `http://127.0.0.1:${(control.address() as AddressInfo).port}`
    const script = `await fetch('${go}'); ${then}`
    return { url: `http://127.0.0.1:${port}/`, command: `node --input-type=module -e "${script}"` }
  }

  test('taken by another process while the application starts: what responds there is not the application', async () => {
    const listen = "await import('node:http').then(http => http.createServer().listen(process.env.PORT, '127.0.0.1'))"
    const { url, command } = await overtaken(`await new Promise(go => setTimeout(go, 700)); ${listen}`)
    const error = await start({ url, command }).catch((error: unknown) => error)
    expect(String(error)).toMatch(/exited with code 1 before .* responded/)
    expect(String(error)).toContain('EADDRINUSE')
  })

  test('taken by another process that is gone when it has responded: the application is waited for', async () => {
    const own = "await import('node:http').then(http => http.createServer((_, own) => own.end('own')).listen(port))"
    const { url, command } = await overtaken(
      `await new Promise(go => setTimeout(go, 700)); const port = process.env.PORT; ${own}`,
      true,
    )
    const server = await start({ url, command })
    expect(await (await fetch(server.url)).text()).toBe('own')
  })

  test('held by another process when the time is over: the error names it', async () => {
    const { url, command } = await overtaken('setInterval(() => {}, 1000)')
    const error = await start({ url, command, timeout: '1500ms' }).catch((error: unknown) => error)
    expect(String(error)).toMatch(/port \d+ is in use by process \d+/)
  })

  test('held for a command that lives on, as by a daemon', async () => {
    const { url, command } = await overtaken('setInterval(() => {}, 1000)')
    const server = await start({ url, command })
    expect(await (await fetch(server.url)).text()).toBe('not the application')
  })

  test('in use, and not to be reused', async () => {
    await using other = await occupied((_, response) => response.setHeader('server', 'nginx/1.2').end())
    expect(withoutPid(await failureOf({ url: other.url, reuseExisting: false }))).toMatchInlineSnapshot(
      `"Failed to start the application "node app.js": port PORT is in use by process PID (COMMAND); asked for http://127.0.0.1:PORT/health, the response was HTTP 200, server nginx/1.2. End that process, or write {port} in "url" and "command" to get a free port, or set "reuseExisting: true" to test what runs there."`,
    )
  })

  test('in use by one that is not well', async () => {
    await using other = await occupied((_, response) => response.writeHead(500).end())
    expect(withoutPid(await failureOf({ url: other.url, reuseExisting: true }))).toMatchInlineSnapshot(
      `"Failed to start the application "node app.js": port PORT is in use by process PID (COMMAND); asked for http://127.0.0.1:PORT/health, the response was HTTP 500. End that process, or write {port} in "url" and "command" to get a free port."`,
    )
  })

  test('in use by one that does not speak HTTP', async () => {
    const other = createTcpServer(socket => socket.end('SSH-2.0\r\n'))
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const failure = await failureOf({ url: `http://127.0.0.1:${port}/`, reuseExisting: true })
    other.close()
    expect(withoutPid(failure)).toMatchInlineSnapshot(
      `"Failed to start the application "node app.js": port PORT is in use by process PID (COMMAND); asked for http://127.0.0.1:PORT/, there was no HTTP response (Parse Error: Expected HTTP/, RTSP/ or ICE/). End that process, or write {port} in "url" and "command" to get a free port."`,
    )
  })

  test('is handed on; reused: not started, and not stopped', async () => {
    const port = await freePort()
    const first = await start({ url: `http://127.0.0.1:${port}/` })
    await expect.poll(() => first.output()).toBe(`listening on ${port}\n`)
    const second = await start({ url: first.url, reuseExisting: true })
    expect(second).toMatchObject({ reused: true, origin: first.origin })
    if (process.platform === 'linux') expect(familyOf(first).map(member => member.pid)).toContain(second.pid)
    await second.stop()
    expect(await isListening(portOf(first))).toBe(true)
  })
})
