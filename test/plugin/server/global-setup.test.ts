import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { askOnce } from '../../../plugin/server/ask.ts'
import { membersOf } from '../../../plugin/server/process-family.ts'
import { cases } from '../../builders/thorough.ts'
import { builtPlugin } from './built.ts'
import { runVitest, runVitestAgain, startVitest } from './run-vitest.ts'

const built = await builtPlugin()
let scratch: string

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'started-'))
})
afterEach(() => rmSync(scratch, { recursive: true }))

const app = fileURLToPath(new URL('../../../fixtures/suites/server-app/app.js', import.meta.url))
const inScratch = (name: string) => join(scratch, name)
const linesOf = (name: string) =>
  existsSync(inScratch(name)) ? readFileSync(inScratch(name), 'utf8').trim().split('\n') : []
const seen = () => linesOf('seen').map(line => JSON.parse(line) as { origin: string; pid: number })
const environment = (more: Record<string, string>) => ({
  BUILT: built,
  STARTS: inScratch('starts'),
  SEEN: inScratch('seen'),
  ...more,
})

/** In a process that goes on, and so ends nothing by its own end. */
const runAgain = (args: string[], env: Record<string, string> = {}) =>
  runVitestAgain('server-started', args, environment(env))

async function nothingIsLeft(): Promise<void> {
  expect(seen().length).toBeGreaterThan(0)
  for (const { origin, pid } of seen()) {
    const family = () => membersOf({ pid, mark: 'NO=MARK' })
    await expect.poll(family, { timeout: 60_000, interval: 200 }).toEqual([])
    await expect.poll(() => askOnce(origin, 1000)).toEqual({ kind: 'refused' })
  }
}

const knobs = { KNOBS: '{"STUBBORN":"1","CHILD":"1"}' }

test('is started once for two projects, and ended with all that it started, also when a test fails', async () => {
  const { code, stdout, stderr } = await runAgain(['run', 'fails', 'answers'], knobs)
  expect([code, stdout + stderr]).toEqual([1, expect.stringMatching(/2 failed.*2 passed/)])
  expect(linesOf('starts')).toEqual(['started'])
  expect(seen()).toHaveLength(2)
  await nothingIsLeft()
})

test('a start that fails fails the run with what the application wrote, though no test tells of it', async () => {
  const { code, stderr } = await runAgain(['run', 'fails'], { KNOBS: '{"EXIT":"3"}' })
  expect(code).toBe(1)
  const message = stderr.slice(stderr.indexOf('Failed to start'), stderr.indexOf('5432') + 4)
  expect(
    message
      .replaceAll(app, 'app.js')
      .replaceAll(inScratch('starts'), 'FILE')
      .replace(/:\d+\/h/, ':PORT/h'),
  ).toMatchInlineSnapshot(`
    "Failed to start the application "echo started >> FILE; node app.js": it exited with code 3 before http://127.0.0.1:PORT/health responded. Its output says why, or run the command by hand.

    Last output of the application:
      | Error: no database at 127.0.0.1:5432"
  `)
  expect(seen()).toEqual([])
})

test('`vitest list` does not start it', async () => {
  const { code, stdout } = await runVitest('server-started', ['list', '--project=one', 'answers'], environment({}))
  expect(code).toBe(0)
  expect(stdout).toContain('the application answers')
  expect(linesOf('starts')).toEqual([])
})

test('a reused application is announced on standard error, and left running', async () => {
  const other = createServer((_, response) => response.end())
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  const { code, stdout, stderr } = await runAgain(['run', '--reporter=json', 'answers'], {
    APP_URL: `${origin}/health`,
  })
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 2 })
  expect(stderr.replaceAll(origin, 'ORIGIN').replaceAll(String(process.pid), 'PID')).toMatchInlineSnapshot(`
    "
    Process PID already responds at ORIGIN/health and is REUSED: nothing was started, and it may be out of date.
    To have it refused, set "reuseExisting: false"; to never meet one, write {port} in "url" and "command".

    "
  `)
  expect(seen().map(it => it.pid)).toEqual([process.pid, process.pid])
  expect(linesOf('starts')).toEqual([])
  expect(await askOnce(origin, 1000)).toMatchObject({ status: 200 })
  other.close()
})

test('an application that ends by itself is announced with what it wrote', async () => {
  const { stderr } = await runAgain(['run', 'waits', '--project=one'], { WAIT: '2000', KNOBS: '{"DIE_ON":"/"}' })
  expect(stderr.replaceAll(/:\d+/g, ':PORT').replace(/on \d+/, 'on PORT')).toMatchInlineSnapshot(`
    "
    The application at http://127.0.0.1:PORT/health exited with code 9, without a request to stop.
      | listening on PORT

    "
  `)
  await nothingIsLeft()
})

describe('nothing is left', () => {
  for (const signal of cases(['SIGKILL'], ['SIGINT', 'SIGTERM', 'SIGHUP']))
    test(`when Vitest gets ${signal} in the middle of a test`, async () => {
      const vitest = startVitest('server-started', ['run', 'waits', '--project=one'], environment(knobs))
      await expect.poll(() => linesOf('seen').length).toBe(1)
      vitest.process.kill(signal)
      await vitest.finished
      await nothingIsLeft()
    })
})
