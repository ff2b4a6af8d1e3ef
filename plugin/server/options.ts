import { resolve } from 'node:path'
import { type Fields, isHttpUrl, isText } from '../../src/ground/fields.ts'
import { isObject } from '../../src/ground/object.ts'
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
   * Address that is asked until it responds with a status below 500: `http://127.0.0.1:{port}/health`. `{port}`, here,
   * in `command` and in the values of `env`, is a free port; the environment variable `PORT` holds it too.
   * @default none: `ready` is there instead
   * @example 'http://127.0.0.1:{port}/health'
   */
  url?: string
  /**
   * Instead of `url`, for what does not speak HTTP, as a database: when it is ready. No requests go to it.
   * @default none: `url` is there instead
   * @example { command: 'pg_isready -h 127.0.0.1 -p {port}' }
   */
  ready?: ServerReady
  /**
   * Added to the environment of Vitest, and to what `.env` files say, which Vite reads for its mode (`test`).
   * @default none
   * @example { DATABASE: '{dir}/data.sqlite' }
   */
  env?: Record<string, string>
  /**
   * Working directory of the command, relative to the project's root (the default).
   * @example './packages/api'
   */
  cwd?: string
  /**
   * How long it may take until it is ready: `'30s'` (the default), or milliseconds.
   * @example '60s'
   */
  timeout?: string | number
  /**
   * Whether Node processes of the application report event-loop delay, heap and garbage collection. A script is loaded
   * first (`--import` in NODE_OPTIONS), which does not change them. Needs Node.js 18.19 or later. Default: no.
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

/** When an application that does not speak HTTP is ready: `port` or `command`, or both if the port is fixed. */
export interface ServerReady {
  /**
   * Port of 127.0.0.1 that it listens on. It is ready when it accepts a connection and keeps it open, unless `command`
   * says otherwise.
   * @default '{port}': a free port
   * @example 6379
   */
  port?: number | '{port}'
  /**
   * A shell command that is run again and again, with the environment of the application, until it exits with 0.
   * @default none
   * @example 'redis-cli -p {port} ping'
   */
  command?: string
}

export interface ResolvedServerOptions {
  command: string
  /** `tcp://127.0.0.1:{port}` of one that does not speak HTTP. */
  url: string
  /** Decides whether it is ready, in the place of `url`. */
  readyCommand?: string
  env: Record<string, string>
  /** Absolute. */
  cwd: string
  timeout: Milliseconds
  probe: boolean
  /**
   * Profilers of its threads, which a look for the cause of a missed budget starts; with `heap` they watch allocations
   * from the start. Default: no profilers.
   */
  profilers?: 'profilers' | 'heap' | undefined
  reuseExisting: boolean
  /** Absolute globs; undefined is the default, which depends on the project's files. */
  watch?: readonly string[] | false | undefined
}

export const SERVER_KEYS = ['command', 'url', 'ready', 'env', 'cwd', 'timeout', 'probe', 'reuseExisting', 'watch']

/** The options of an application that are known to be right, with their defaults. */
export function resolveServer(options: ServerOptions, root: string): ResolvedServerOptions {
  const url = urlOf(options)
  return {
    command: options.command,
    url,
    readyCommand: options.ready?.command,
    env: { ...options.env },
    cwd: resolve(root, options.cwd ?? '.'),
    timeout: parseDuration(options.timeout ?? '30s'),
    probe: options.probe ?? false,
    reuseExisting: options.reuseExisting ?? (!isCi() && !hasPort(url)),
    watch: options.watch ? absoluteGlobs([options.watch].flat(), root) : (options.watch as false | undefined),
  }
}

/** The address that is asked until the application is ready. */
const urlOf = ({ url, ready }: Pick<ServerOptions, 'url' | 'ready'>): string =>
  url ?? `tcp://127.0.0.1:${ready?.port ?? '{port}'}`

/** Whether text asks for a free port. */
export function hasPort(text: string): boolean {
  return text.includes('{port}')
}

/**
 * Faults in the options of one application.
 *
 * @param more further allowed keys.
 */
export function checkServer(fields: Fields, more: readonly string[] = []): void {
  const meant = fields.checkKeys([...SERVER_KEYS, ...more])
  const isThere = (key: string) => fields.has(key) || meant.has(key)
  if (!isThere('command')) fields.fault('command', 'it is missing', COMMAND_NEEDED)
  if (!isThere('url') && !isThere('ready')) fields.fault('url', 'it is missing', URL_NEEDED)
  if (fields.has('ready')) checkReady(fields)
  for (const key of ['command', 'url', 'cwd']) fields.expect(key, isText, 'Write text.')
  const [url, reuse] = [fields.get('url'), fields.get('reuseExisting')]
  if (isText(url) && !isHttpUrl(url.replaceAll('{port}', '1')))
    fields.fault(
      'url',
      `${show(url)} is not an http or https URL`,
      "Write it in full: 'http://127.0.0.1:{port}/health'.",
    )
  checkEnvironment(fields)
  fields.length('timeout', 1, true)
  for (const key of ['probe', 'reuseExisting']) fields.flag(key)
  const ready = fields.get('ready')
  const asked = urlOf({
    url: isText(url) ? url : undefined,
    ready: isObject(ready) ? ready : undefined,
  } as ServerOptions)
  if (reuse === true && (isText(url) || isObject(ready)) && hasPort(asked))
    fields.fault(
      'reuseExisting',
      'nothing can respond yet at a port that is about to be found free',
      `Write a fixed port in "${fields.has('ready') ? 'ready' : 'url'}", or leave it out.`,
    )
  checkWatch(fields)
}

export function checkEnvironment(fields: Fields): void {
  const env = fields.has('env') ? fields.within('env', "Write an object: { NODE_ENV: 'test' }.") : undefined
  for (const name of env?.keys ?? [])
    env!.expect(name, value => typeof value === 'string', 'The environment holds text only.')
}

const COMMAND_NEEDED = "Write the shell command that starts the application: 'node server.js'."
const URL_NEEDED =
  "Write where it responds once it is ready: 'http://127.0.0.1:{port}/health'. If it does not speak HTTP, write " +
  "ready: { port: '{port}' } instead."

function checkReady(fields: Fields): void {
  if (fields.has('url'))
    fields.fault('ready', 'it does not go with "url"', 'Write "url" if it speaks HTTP, and else "ready".')
  const ready = fields.within('ready', "Write { port: '{port}' } or { command: 'pg_isready -p {port}' }.")
  if (ready === undefined) return
  const meant = ready.checkKeys(['port', 'command'])
  if (!['port', 'command'].some(key => ready.has(key) || meant.has(key)))
    fields.fault('ready', 'it has neither "port" nor "command"', "Write one of them: { port: '{port}' }.")
  ready.expect('command', isText, "Write a shell command: 'pg_isready -p {port}'.")
  const isPort = (value: unknown) => value === '{port}' || (Number.isInteger(value) && +value! > 0 && +value! < 65_536)
  ready.expect('port', isPort, "Write a number from 1 to 65535, or '{port}' for a free port.")
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
