import process from 'node:process'
import { given } from '../../src/ground/given.ts'
import { isHttp, type Place, portOf, withAddresses } from '../../src/load/plan/addresses.ts'
import { freePort } from './free-port.ts'
import { hasPort, type ResolvedServerOptions } from './options.ts'
import { temporaryFolder } from './temporary.ts'

type Environment = Record<string, string | undefined>

/** What one start is told that the options do not say. */
export interface Surroundings {
  /** What it is called, where it is one of several. */
  name?: string
  /** Others that run, whose addresses it may be given. */
  others?: readonly Place[]
  /** Which of two builds it is. Default: `head`, there being no other. */
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

/** Where an application is, without the path of the URL that is asked. */
export const originOf = (url: string): string => (isHttp(url) ? new URL(url).origin : url)

/** A text with the addresses of applications that have names. */
const withNames = (text: string, places: readonly Place[]) => withAddresses(text, places.filter(hasName))

const hasName = ({ name }: Place) => name !== undefined

function filled(text: string, values: Record<string, string | undefined>): string {
  return text.replaceAll(/\{(port|side|dir)\}/g, (whole, name: string) => values[name] ?? whole)
}

/** What Vitest sets for itself in the process that runs it. */
const OF_VITEST = new Set(['VITEST', 'VITEST_MODE', 'VITEST_WORKER_ID', 'VITEST_POOL_ID', 'TEST'])

/** An environment without what Vitest has put there: an application should run as it does elsewhere. */
export function forApplications(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !OF_VITEST.has(name)))
}
