import { resolve } from 'node:path'
import { sentenceOf } from '../../src/ground/fault.ts'
import { Fields, isHttpUrl, isText } from '../../src/ground/fields.ts'
import { show } from '../../src/ground/show.ts'
import { type Milliseconds, parseDuration } from '../../src/ground/units.ts'
import { absoluteGlobs } from './globs.ts'

/** The application under test, started once for a run of Vitest and ended with it. */
export interface ServerOptions {
  /**
   * A shell command that stays in the foreground: `node src/server.js --port {port}`. `{dir}`, here and in the values
   * of `env`, is an empty folder for its data, removed when it has ended; `{side}` is `base` or `head` (see `compare`).
   * @example 'node src/server.js --port {port}'
   */
  command: string
  /**
   * Asked until it responds with a status below 500: `http://127.0.0.1:{port}/health`. `{port}`, here, in `command`
   * and in the values of `env`, is a free port; the environment variable `PORT` holds it too.
   * @example 'http://127.0.0.1:{port}/health'
   */
  url: string
  /**
   * Added to the environment of Vitest, and to what `.env` files say, which Vite reads for its mode (`test`).
   * @default none
   * @example { DATABASE: '{dir}/data.sqlite' }
   */
  env?: Record<string, string>
  /**
   * Where the command runs, relative to the project's root (the default).
   * @example './packages/api'
   */
  cwd?: string
  /**
   * How long it may take until `url` responds: `'30s'` (the default), or milliseconds.
   * @example '60s'
   */
  timeout?: string | number
  /**
   * Whether Node processes of the application tell of themselves: event-loop delay, heap, garbage collection. A script
   * is loaded before theirs (`--import` in NODE_OPTIONS), which changes nothing of them. Takes Node.js 18.19 or later.
   * Default: no.
   */
  probe?: boolean
  /** Whether an application that already responds at `url` is used as it is. Default: yes, but not in CI. */
  reuseExisting?: boolean
  /**
   * Files whose change restarts the application in watch mode: globs relative to the project's root, `'!data/**'`
   * leaves out. Default: the package of the command, without `node_modules` and what is not source
   * (docs/reference/application.md), and with `dist` only if the command runs from there. `false`: none.
   * @example ['src/**', '!src/data/**']
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

export const SERVER_KEYS = ['command', 'url', 'env', 'cwd', 'timeout', 'probe', 'reuseExisting', 'watch']

/** Reads the options of one application. Throws one error that lists everything that is wrong with them. */
export function readServerOptions(input: unknown, root = process.cwd()): ResolvedServerOptions {
  const around = new Fields({ server: input ?? null }, '')
  const fields = around.within('server', SERVER_FORM)
  if (fields !== undefined) checkServer(fields)
  assertNothingWrong(around)
  return resolveServer(input as ServerOptions, root)
}

/** Throws one error that lists everything that is wrong with `server`. */
export function assertNothingWrong({ faults }: Fields): void {
  const problems = faults.map(fault => sentenceOf({ ...fault, thing: `option ${fault.thing}` }))
  if (problems.length === 1) throw new TypeError(problems[0])
  if (problems.length > 1) throw new TypeError([`${problems.length} problems`, ...problems].join('\n\n'))
}

/** The options of an application that are known to be right, with their defaults. */
export function resolveServer(options: ServerOptions, root: string): ResolvedServerOptions {
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

export const SERVER_FORM = "Write { command: 'node server.js', url: 'http://127.0.0.1:{port}/health' }."

/**
 * Everything that is wrong with the options of one application.
 *
 * @param more keys that it may have besides.
 */
export function checkServer(fields: Fields, more: readonly string[] = []): void {
  const meant = fields.checkKeys([...SERVER_KEYS, ...more])
  for (const [key, advice] of Object.entries(NEEDED))
    if (!fields.has(key) && !meant.has(key)) fields.fault(key, 'it is missing', advice)
  for (const key of ['command', 'url', 'cwd']) fields.expect(key, isText, 'Write text.')
  const [url, reuse] = [fields.get('url'), fields.get('reuseExisting')]
  if (isText(url) && !isHttpUrl(url.replaceAll('{port}', '1')))
    fields.fault(
      'url',
      `${show(url)} is not an http or https URL`,
      "Write it in full: 'http://127.0.0.1:{port}/health'.",
    )
  const env = fields.has('env') ? fields.within('env', "Write an object: { NODE_ENV: 'test' }.") : undefined
  for (const name of env?.keys ?? [])
    env!.expect(name, value => typeof value === 'string', 'The environment holds text only.')
  fields.length('timeout', 1, true)
  for (const key of ['probe', 'reuseExisting']) fields.flag(key)
  if (reuse === true && isText(url) && hasPort(url))
    fields.fault(
      'reuseExisting',
      'nothing can respond yet at a port that is about to be found free',
      'Write a fixed port in "url", or leave it out.',
    )
  checkWatch(fields)
}

const NEEDED = {
  command: "Write the shell command that starts the application: 'node server.js'.",
  url: "Write where it responds once it is ready: 'http://127.0.0.1:{port}/health'.",
}

function checkWatch(fields: Fields): void {
  const watch = fields.get('watch') ?? false
  if (watch === false) return
  const globs: unknown[] = Array.isArray(watch) ? watch : [watch]
  const example = "Write globs, ['src/**', '!src/generated/**'], or false."
  if (globs.length === 0) fields.fault('watch', 'the list is empty', example)
  for (const glob of globs)
    if (typeof glob !== 'string' || glob.replace(/^!/, '').trim() === '')
      fields.fault('watch', `it holds ${show(glob)}`, example)
  if (globs.length === 0 || !globs.every(glob => String(glob).startsWith('!'))) return
  fields.fault('watch', 'it only leaves files out', "Write what is watched as well: ['src/**', '!src/generated/**'].")
}

/** Whether this runs in CI, as its environment says. */
export function isCi({ CI }: Record<string, string | undefined> = process.env): boolean {
  return !['', '0', 'false', undefined].includes(CI)
}
