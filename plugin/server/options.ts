import { resolve } from 'node:path'
import { didYouMean } from '../../src/ground/errors.ts'
import { failed } from '../../src/ground/fault.ts'
import { isObject } from '../../src/ground/object.ts'
import { show } from '../../src/ground/show.ts'
import { type Milliseconds, parseDuration, UnitError } from '../../src/ground/units.ts'
import { absoluteGlobs } from './globs.ts'

/** The application under test, started once for a run of Vitest and ended with it. */
export interface ServerOptions {
  /** A shell command that stays in the foreground: `node src/server.js --port {port}`. */
  command: string
  /**
   * Asked until it answers with a status below 500: `http://127.0.0.1:{port}/health`. `{port}`, here, in `command`
   * and in the values of `env`, is a free port; the environment variable `PORT` holds it too.
   */
  url: string
  /** Added to the environment of Vitest. */
  env?: Record<string, string>
  /** Where the command runs, relative to the project's root (the default). */
  cwd?: string
  /** How long it may take until `url` answers: `'30s'` (the default), or milliseconds. */
  timeout?: string | number
  /**
   * Whether Node processes of the application tell of themselves: event-loop delay, heap, garbage collection. A script
   * is loaded before theirs (`--import` in NODE_OPTIONS), which changes nothing of them. Takes Node.js 18.19 or later.
   * Default: no.
   */
  probe?: boolean
  /** Whether an application that already answers at `url` is used as it is. Default: yes, but not in CI. */
  reuseExisting?: boolean
  /**
   * In watch mode, the files whose change restarts the application: globs relative to the project's root, `'!data/**'`
   * leaves out. Default: the package of the command, without `node_modules` and what is not source
   * (docs/application.md), and with `dist` only if the command runs from there. `false`: none.
   */
  watch?: string | readonly string[] | false
}

export interface ResolvedServerOptions {
  command: string
  url: string
  env: Record<string, string>
  /** Absolute. */
  cwd: string
  timeout: Milliseconds
  probe: boolean
  reuseExisting: boolean
  /** Absolute globs; undefined is the default, which depends on what is there. */
  watch?: readonly string[] | false | undefined
}

const keys = ['command', 'url', 'env', 'cwd', 'timeout', 'probe', 'reuseExisting', 'watch'] as const
const place = 'option server'

/** Reads `server` as users write it. Throws one error that lists everything that is wrong with it. */
export function readServerOptions(input: unknown, root = process.cwd()): ResolvedServerOptions {
  const problems = [...serverProblems(input)]
  if (problems.length === 1) throw new TypeError(problems[0])
  if (problems.length > 1) throw new TypeError([`${problems.length} problems`, ...problems].join('\n\n'))
  const options = input as ServerOptions
  return {
    command: options.command,
    url: options.url,
    env: { ...options.env },
    cwd: resolve(root, options.cwd ?? '.'),
    timeout: parseDuration(options.timeout ?? '30s'),
    probe: options.probe ?? false,
    reuseExisting: options.reuseExisting ?? (!isCi() && !hasPort(options.url)),
    watch: options.watch ? absoluteGlobs([options.watch].flat(), root) : (options.watch as false | undefined),
  }
}

/** Whether text asks for a free port. */
export function hasPort(text: string): boolean {
  return text.includes('{port}')
}

/** Everything that is wrong with `server` as users write it. */
export function* serverProblems(input: unknown): Iterable<string> {
  if (!isObject(input)) {
    const found = `it is ${show(input)}`
    yield failed('read', place, found, "Write { command: 'node server.js', url: 'http://127.0.0.1:{port}/health' }.")
    return
  }
  for (const key of Object.keys(input)) if (!isKey(key)) yield unknownKey(key)
  for (const key of ['command', 'url'] as const) if (!(key in input)) yield missing(key)
  for (const key of ['command', 'url', 'cwd'] as const)
    if (input[key] !== undefined && (typeof input[key] !== 'string' || input[key].trim() === ''))
      yield failed('read', `${place}.${key}`, `it is ${show(input[key])}`, 'Write text.')
  if (typeof input.url === 'string') yield* urlProblems(input.url)
  if (input.env !== undefined) yield* envProblems(input.env)
  if (input.timeout !== undefined) yield* timeoutProblems(input.timeout)
  if (input.probe !== undefined && typeof input.probe !== 'boolean')
    yield failed('read', `${place}.probe`, `it is ${show(input.probe)}`, 'Write true or false.')
  yield* reuseProblems(input)
  yield* watchProblems(input.watch)
}

function isKey(key: string): boolean {
  return (keys as readonly string[]).includes(key)
}

function unknownKey(key: string): string {
  const meant = didYouMean(key, keys)
  const advice = meant ? `Did you mean "${meant}"?` : `The options are ${keys.join(', ')}.`
  return failed('read', place, `"${key}" is unknown`, advice)
}

function missing(key: 'command' | 'url'): string {
  const advice = {
    command: "Write the shell command that starts the application: 'node server.js'.",
    url: "Write where it answers once it is ready: 'http://127.0.0.1:{port}/health'.",
  }
  return failed('read', place, `"${key}" is missing`, advice[key])
}

function* urlProblems(url: string): Iterable<string> {
  const text = url.replaceAll('{port}', '1')
  const parsed = URL.canParse(text) ? new URL(text) : null
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) return
  const advice = "Write it in full: 'http://127.0.0.1:{port}/health'."
  yield failed('read', `${place}.url`, `"${url}" is no http or https URL`, advice)
}

function* envProblems(env: unknown): Iterable<string> {
  if (!isObject(env)) {
    yield failed('read', `${place}.env`, `it is ${show(env)}`, "Write an object: { NODE_ENV: 'test' }.")
    return
  }
  for (const [name, value] of Object.entries(env))
    if (typeof value !== 'string')
      yield failed('read', `${place}.env.${name}`, `it is ${show(value)}`, 'The environment holds text only.')
}

function* timeoutProblems(timeout: unknown): Iterable<string> {
  try {
    if (parseDuration(timeout) > 0) return
    yield failed('read', `${place}.timeout`, 'it is no time at all', "Write '30s', or leave it out.")
  } catch (error) {
    if (!(error instanceof UnitError)) throw error
    yield failed('read', `${place}.timeout`, `${error.shown}: ${error.found}`, error.advice)
  }
}

function* watchProblems(watch: unknown): Iterable<string> {
  if (watch === undefined || watch === false) return
  const globs: unknown[] = Array.isArray(watch) ? watch : [watch]
  const example = "Write globs, ['src/**', '!src/generated/**'], or false."
  if (globs.length === 0) yield failed('read', `${place}.watch`, 'the list is empty', example)
  for (const glob of globs)
    if (typeof glob !== 'string' || glob.replace(/^!/, '').trim() === '')
      yield failed('read', `${place}.watch`, `it holds ${show(glob)}`, example)
  if (globs.length > 0 && globs.every(glob => String(glob).startsWith('!')))
    yield failed(
      'read',
      `${place}.watch`,
      'it only leaves files out',
      "Write what is watched as well: ['src/**', '!src/generated/**'].",
    )
}

function* reuseProblems({ reuseExisting: reuse, url }: Record<string, unknown>): Iterable<string> {
  if (reuse !== undefined && typeof reuse !== 'boolean')
    yield failed('read', `${place}.reuseExisting`, `it is ${show(reuse)}`, 'Write true or false.')
  if (reuse === true && typeof url === 'string' && hasPort(url))
    yield failed(
      'read',
      `${place}.reuseExisting`,
      'nothing can answer yet at a port that is about to be found free',
      'Write a fixed port in "url", or leave it out.',
    )
}

function isCi(): boolean {
  return !['', '0', 'false', undefined].includes(process.env.CI)
}
