import { afterEach, expect, test, vi } from 'vitest'
import { readServerOptions } from './read-options.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const url = 'http://127.0.0.1:3000/health'
const command = 'node server.js'

function problemsOf(options: unknown): string {
  try {
    readServerOptions(options)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('It was read.')
}

test('defaults', () => {
  vi.stubEnv('CI', '')
  expect(readServerOptions({ command, url }, '/repo')).toEqual({
    command,
    url,
    env: {},
    cwd: '/repo',
    timeout: 30_000,
    probe: false,
    reuseExisting: true,
  })
})

test('nothing is reused in CI unless asked for', () => {
  vi.stubEnv('CI', 'true')
  expect(readServerOptions({ command, url }).reuseExisting).toBe(false)
  expect(readServerOptions({ command, url, reuseExisting: true }).reuseExisting).toBe(true)
})

test('nothing is reused at a free port', () => {
  vi.stubEnv('CI', 'false')
  expect(readServerOptions({ command, url: 'http://127.0.0.1:{port}/' }).reuseExisting).toBe(false)
})

test('cwd is relative to the root', () => {
  expect(readServerOptions({ command, url, cwd: 'apps/shop', timeout: '1m30s' }, '/repo')).toMatchObject({
    cwd: '/repo/apps/shop',
    timeout: 90_000,
  })
})

test('not an object', () => {
  expect(problemsOf('node server.js')).toMatchInlineSnapshot(
    `"Failed to read option server: "node server.js" is not an object. Write { command: 'node server.js', url: 'http://127.0.0.1:{port}/health' }."`,
  )
})

test('an unknown key', () => {
  expect(problemsOf({ command, url, reuseExistingServer: true })).toMatchInlineSnapshot(
    `"Failed to read option server.reuseExistingServer: there is no such key. Did you mean "reuseExisting"?"`,
  )
})

test('every problem at once', () => {
  expect(
    problemsOf({
      comand: command,
      url: 'localhost:3000',
      env: { PORT: 3000 },
      timeout: '30 parsecs',
      reuseExisting: 'no',
    }),
  ).toMatchInlineSnapshot(`
    "5 problems

    Failed to read option server.comand: there is no such key. Did you mean "command"?

    Failed to read option server.url: "localhost:3000" is not an http or https URL, nor a port of 127.0.0.1. Write it in full: 'http://127.0.0.1:{port}/health', or 'tcp://127.0.0.1:{port}' if it does not speak HTTP.

    Failed to read option server.env.PORT: it is 3000. The environment holds text only.

    Failed to read option server.timeout: "30 parsecs": "parsecs" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.

    Failed to read option server.reuseExisting: "no" is neither true nor false."
  `)
})

test('a free port that is to be reused', () => {
  expect(problemsOf({ command, url: 'http://127.0.0.1:{port}/', reuseExisting: true })).toMatchInlineSnapshot(
    `"Failed to read option server.reuseExisting: nothing can respond yet at a port that is about to be found free. Write a fixed port in "url", or leave it out."`,
  )
})

test('what is watched', () => {
  const watch = (value: unknown) => readServerOptions({ command, url, watch: value }, '/repo').watch
  expect(watch(['src/**', '!../x', '/abs/*.js'])).toEqual(['/repo/src/**', '!/x', '/abs/*.js'])
  expect(watch('api')).toEqual(['/repo/api'])
  expect(watch(false)).toBe(false)
  expect(watch(undefined)).toBeUndefined()
  expect(problemsOf({ command, url, wacth: 'api' })).toContain('Did you mean "watch"?')
  expect(problemsOf({ command, url, watch: true })).toMatchInlineSnapshot(
    `"Failed to read option server.watch: it holds true. Write globs, ['src/**', '!src/generated/**'], or false."`,
  )
  expect(problemsOf({ command, url, watch: [] })).toMatchInlineSnapshot(
    `"Failed to read option server.watch: the list is empty. Write globs, ['src/**', '!src/generated/**'], or false."`,
  )
  expect(problemsOf({ command, url, watch: ['!src'] })).toMatchInlineSnapshot(
    `"Failed to read option server.watch: it only leaves files out. Write what is watched as well: ['src/**', '!src/generated/**']."`,
  )
})
