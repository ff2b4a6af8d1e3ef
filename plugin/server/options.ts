import { resolve } from 'node:path'
import { type Fields, isHttpUrl, isText } from '../../src/ground/fields.ts'
import { isObject } from '../../src/ground/object.ts'
import { show } from '../../src/ground/show.ts'
import { type Milliseconds, parseDuration } from '../../src/ground/units.ts'
import { absoluteGlobs } from './globs.ts'

/** How an application is run. */
interface ServerConduct {
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

interface ServerCommand {
  /**
   * A shell command that stays in the foreground: `node src/server.js --port {port}`. `{dir}`, here and in the values
   * of `env`, is an empty folder for its data, removed when it has ended; `{side}` is `base` or `head` (see `compare`).
   * @example 'node src/server.js --port {port}'
   */
  command: string
}

interface ServerUrl {
  /**
   * Address that is asked until it responds with a status below 500: `http://127.0.0.1:{port}/health`. `{port}`, here,
   * in `command` and in the values of `env`, is a free port; the environment variable `PORT` holds it too. For what
   * does not speak HTTP, as a database, `tcp://127.0.0.1:{port}`: it is ready when it accepts a connection and keeps it
   * open. No requests go to it.
   * @default `tcp://127.0.0.1:{port}` if `ready` is there
   * @example 'http://127.0.0.1:{port}/health'
   */
  url: string
}

interface ReadyCommand {
  /**
   * A shell command that says when an application that does not speak HTTP is ready: it is run again and again, with
   * the environment of the application, until it exits with 0.
   * @default none: `url` says it
   * @example 'pg_isready -h 127.0.0.1 -p {port}'
   */
  ready: string
}

/** The application under test, started once for a run of Vitest and ended with it. */
export interface ServerWithReady extends ServerCommand, Partial<ServerUrl>, ReadyCommand, ServerConduct {}
export interface ServerWithUrl extends ServerCommand, ServerUrl, Partial<ReadyCommand>, ServerConduct {}

/** Two interfaces, so that compilers name the key that is missing. */
export type ServerOptions = ServerWithReady | ServerWithUrl

export interface ResolvedServerOptions {
  command: string
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
  const { url = ANY_PORT } = options
  return {
    command: options.command,
    url,
    readyCommand: options.ready,
    env: { ...options.env },
    cwd: resolve(root, options.cwd ?? '.'),
    timeout: parseDuration(options.timeout ?? '30s'),
    probe: options.probe ?? false,
    reuseExisting: options.reuseExisting ?? (!isCi() && !hasPort(url)),
    watch: options.watch ? absoluteGlobs([options.watch].flat(), root) : (options.watch as false | undefined),
  }
}

const ANY_PORT = 'tcp://127.0.0.1:{port}'

/** Whether requests may go to an application, whose options may be wrong otherwise. */
export const speaksHttp = (one: unknown): boolean =>
  !isObject(one) || (one.ready === undefined && !String(one.url).startsWith('tcp:'))

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
  fields.expect('ready', isText, "Write a shell command: 'pg_isready -h 127.0.0.1 -p {port}'.")
  for (const key of ['command', 'url', 'cwd']) fields.expect(key, isText, 'Write text.')
  const url = fields.get('url')
  if (isText(url)) checkUrl(fields, url)
  checkEnvironment(fields)
  fields.length('timeout', 1, true)
  for (const key of ['probe', 'reuseExisting']) fields.flag(key)
  const asked = url ?? (fields.has('ready') ? ANY_PORT : undefined)
  if (fields.get('reuseExisting') === true && isText(asked) && hasPort(asked))
    fields.fault(
      'reuseExisting',
      'nothing can respond yet at a port that is about to be found free',
      'Write a fixed port in "url", or leave it out.',
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
  "Write where it responds once it is ready: 'http://127.0.0.1:{port}/health', or 'tcp://127.0.0.1:{port}' if it " +
  'does not speak HTTP.'

/** A port of this machine, without HTTP. */
const TCP = /^tcp:\/\/127\.0\.0\.1:(\{port\}|[1-9]\d*)$/

function checkUrl(fields: Fields, url: string): void {
  const filled = url.replaceAll('{port}', '1')
  if (isHttpUrl(filled)) {
    if (!fields.has('ready')) return
    return fields.fault('ready', 'it does not go with a "url" of HTTP', 'Remove it: that URL says when it is ready.')
  }
  if (TCP.test(url) && URL.canParse(filled)) return
  fields.fault(
    'url',
    `${show(url)} is not an http or https URL, nor a port of 127.0.0.1`,
    "Write it in full: 'http://127.0.0.1:{port}/health', or 'tcp://127.0.0.1:{port}' if it does not speak HTTP.",
  )
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
