import process from 'node:process'
import { given } from '../../src/ground/given.ts'
import { freePort } from './free-port.ts'
import { hasPort, type ResolvedServerOptions } from './options.ts'
import { temporaryFolder } from './temporary.ts'

type Environment = Record<string, string | undefined>

/** What one start is told that the options do not say. */
export interface Surroundings {
  /** Which of two builds it is. Default: `head`, there being no other. */
  side?: string
  /** The folder in which it gets one of its own. Default: that of temporary files, and only if a text asks for it. */
  room?: string
  /** Instead of the environment of this process. */
  environment?: Environment
}

/** The options with their port filled in. */
export interface Address {
  command: string
  url: string
  /** Complete: what the command gets to see. */
  env: Environment
  port: number
  /** Whether the port was found free, rather than written in `url`. */
  isFree: boolean
  /** An empty folder for its data, which is made for it and goes with it. */
  dir?: string
}

export async function addressOf(options: ResolvedServerOptions, around: Surroundings = {}): Promise<Address> {
  const { side = 'head', environment = process.env } = around
  const isFree = hasPort(options.url)
  const port = isFree ? await freePort() : portOf(options.url)
  const dir = around.room !== undefined || asksForFolder(options) ? temporaryFolder(side, around.room) : undefined
  const fill = (text: string) => filled(text, { port: String(port), side, dir })
  const env = Object.fromEntries(Object.entries(options.env).map(([name, value]) => [name, fill(value)]))
  const told = given<Environment>({ PORT: String(port), VITEST_ARAZZO_SIDE: around.side, VITEST_ARAZZO_DIR: dir })
  return given({
    command: fill(options.command),
    url: fill(options.url),
    env: { ...forApplications(environment), ...told, ...env },
    port,
    isFree,
    dir,
  })
}

function asksForFolder({ command, env }: ResolvedServerOptions): boolean {
  return [command, ...Object.values(env)].some(text => text.includes('{dir}'))
}

function filled(text: string, values: Record<string, string | undefined>): string {
  return text.replaceAll(/\{(port|side|dir)\}/g, (whole, name: string) => values[name] ?? whole)
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

/** What Vitest sets for itself in the process that runs it. */
const OF_VITEST = new Set(['VITEST', 'VITEST_MODE', 'VITEST_WORKER_ID', 'VITEST_POOL_ID', 'TEST'])

/** An environment without what Vitest has put there: an application should run as it does elsewhere. */
export function forApplications(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !OF_VITEST.has(name)))
}
