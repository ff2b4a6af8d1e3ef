import { randomInt, randomUUID } from 'node:crypto'
import { accessSync, constants, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { FOLDER_VARIABLE as PROFILER_FOLDER } from '../../src/cause/profiler/protocol.ts'
import { failure } from '../../src/ground/fault.ts'
import { given } from '../../src/ground/given.ts'
import { isHttp, type Place, portOf, withAddresses } from '../../src/load/plan/addresses.ts'
import { FOLDER_VARIABLE as PROBE_FOLDER } from '../../src/measure/node-probe/protocol.ts'
import { ours } from '../files.ts'
import { hasPort, type ResolvedServerOptions } from './options.ts'

type Environment = Record<string, string | undefined>

/** Properties of one start that are not in the options. */
export interface Surroundings {
  /** Name, if there are several applications. */
  name?: string
  /** Others that run, whose addresses it may be given. */
  others?: readonly Place[]
  /** Side of a comparison. Default: `head`. */
  side?: string
  /** The folder in which it gets one of its own. Default: that of temporary files, and only if a text asks for it. */
  room?: string
  /** Instead of the environment of this process. */
  environment?: Environment
}

/** The options with their port filled in. */
export interface Address {
  name?: string
  command: string
  url: string
  readyCommand?: string
  /** Complete: what the command gets to see. */
  env: Environment
  port: number
  /** Whether the port was found free, rather than written in `url`. */
  isFree: boolean
  /** An empty folder for its data, which is made for it and goes with it. */
  dir?: string
}

export async function addressOf(options: ResolvedServerOptions, around: Surroundings = {}): Promise<Address> {
  const { name, others = [], side = 'head', environment = process.env } = around
  const isFree = hasPort(options.url)
  const port = isFree ? await freePort() : Number(portOf(options.url))
  const dir = around.room !== undefined || asksForFolder(options) ? temporaryFolder(side, around.room) : undefined
  const url = filled(options.url, { port: String(port), side, dir })
  const own = name === undefined ? [] : [{ name, origin: originOf(url) }]
  const fill = (text: string) => withNames(filled(text, { port: String(port), side, dir }), [...own, ...others])
  const env = Object.fromEntries(Object.entries(options.env).map(([name, value]) => [name, fill(value)]))
  const told = given<Environment>({ PORT: String(port), VITEST_ARAZZO_SIDE: around.side, VITEST_ARAZZO_DIR: dir })
  return given<Address>({
    name,
    command: fill(options.command),
    url,
    readyCommand: options.readyCommand === undefined ? undefined : fill(options.readyCommand),
    env: { ...forApplications(environment), ...told, ...env },
    port,
    isFree,
    dir,
  })
}

function asksForFolder({ command, readyCommand = '', env }: ResolvedServerOptions): boolean {
  return [command, readyCommand, ...Object.values(env)].some(text => text.includes('{dir}'))
}

/** Address of an application, without the path of the readiness URL. */
export const originOf = (url: string): string => (isHttp(url) ? new URL(url).origin : url)

/** A text with the addresses of applications that have names. */
const withNames = (text: string, places: readonly Place[]) => withAddresses(text, places.filter(hasName))

const hasName = ({ name }: Place) => name !== undefined

function filled(text: string, values: Record<string, string | undefined>): string {
  return text.replaceAll(/\{(port|side|dir)\}/g, (whole, name: string) => values[name] ?? whole)
}

/** Variables that Vitest sets in its own processes. */
const OF_VITEST = new Set(['VITEST', 'VITEST_MODE', 'VITEST_WORKER_ID', 'VITEST_POOL_ID', 'TEST'])

/** An environment without what Vitest has put there: an application should run as it does elsewhere. */
export function forApplications(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !OF_VITEST.has(name)))
}

/**
 * Port range below those that systems assign automatically, for example to connections (Linux: 32768 to 60999 by
 * default; macOS and Windows: from 49152 on, RFC 6335). So the system gives no such port to another process before the
 * application starts. Ports from 30000 on may be services of Kubernetes (NodePort).
 */
const [FIRST, LAST] = [20_000, 29_999] as const
const TRIES = 50

const givenAway = new Set<number>()

/** A port that nothing listens on, on any interface, and that this process has not given away before. */
export async function freePort(): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await bound(attempt > TRIES ? 0 : randomInt(FIRST, LAST + 1))
    if (port === undefined || givenAway.has(port)) continue
    givenAway.add(port)
    return port
  }
}

/**
 * Binds without a host, so to all of IPv6 and IPv4, because an application may listen on `::`, `0.0.0.0` or loopback.
 *
 * @param asked 0 for any port.
 * @returns undefined if the port is in use or not permitted.
 */
function bound(asked: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.unref()
    server.on('error', error => (asked === 0 ? reject(error) : resolve(undefined)))
    server.listen({ port: asked, exclusive: true }, () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('Failed to find a free port: the system gave no address.')),
      )
    })
  })
}

/**
 * Path of a folder for one start of an application. Not made yet: its supervisor makes it, which lives to remove it
 * however this process ends. Short, since the path of a socket in it has 104 bytes at most.
 */
export function temporaryFolder(name = 'arazzo', within = tmpdir()): string {
  const found = faultOf(within)
  if (found === undefined) return join(within, `${name}-${randomUUID().slice(0, 8)}`)
  const advice = 'Let TMPDIR name a folder that is there and can be written to.'
  throw failure('make a temporary folder', `in ${within}`, found, advice)
}

/** Scripts that Node processes load before their own code, by the variable that names their folder. */
const SCRIPTS = { 'node-probe.js': PROBE_FOLDER, 'node-profiler.js': PROFILER_FOLDER }

/** An environment in which each Node process loads a script before its own code, after those of NODE_OPTIONS. */
export function withScript(env: Environment, script: keyof typeof SCRIPTS, folder: string | undefined): Environment {
  if (folder === undefined) return env
  const load = `--import ${pathToFileURL(ours(script)).href}`
  const before = env.NODE_OPTIONS?.trim()
  return { ...env, NODE_OPTIONS: before ? `${before} ${load}` : load, [SCRIPTS[script]]: folder }
}

function faultOf(folder: string): string | undefined {
  try {
    if (!statSync(folder).isDirectory()) return 'it is not a folder'
    accessSync(folder, constants.W_OK)
    return undefined
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'it is not there' : `it cannot be written to (${code})`
  }
}
