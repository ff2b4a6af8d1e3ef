import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { nameOf, type Revision } from '../../src/compare/base/git.ts'
import type { Traits } from '../../src/compare/differences.ts'
import type { Launch, LaunchEnd, Side, SideName } from '../../src/compare/pair.ts'
import { ended } from '../../src/ground/fault.ts'
import { withoutGit } from '../../src/ground/git.ts'
import { given } from '../../src/ground/given.ts'
import { isObject } from '../../src/ground/object.ts'
import { tried } from '../../src/ground/tried.ts'
import type { Secrets } from '../../src/workflow/secrets.ts'
import { leftNotice } from '../server/notices.ts'
import type { ResolvedServerOptions } from '../server/options.ts'
import { describeExit, errorsIn, quotedLines } from '../server/output-tail.ts'
import { environmentOf } from '../server/process-family.ts'
import { serversFor } from '../server/servers-for.ts'
import { type RunningServer, ServerStartError, startServer } from '../server/start.ts'
import { plainError } from './errors.ts'
import { ROOM_VARIABLE } from './room.ts'
import type { CompareSettings } from './settings.ts'

interface About {
  revision?: Revision | undefined
  /** Further advice if it does not start. */
  advice?: string | undefined
  /** Instead of the environment of the process that runs Vitest. */
  environment?: CompareSettings['environment'] | undefined
}

/** Starts applications for one comparison, and knows which of them run. */
export class Launcher {
  /** Notices of processes that launches have left. */
  readonly notes: string[] = []
  readonly #settings: CompareSettings
  readonly #secrets: Secrets
  readonly #running = new Map<RunningServer, SideName>()
  /** Sides of which such a notice is there: each launch of one leaves the same. */
  readonly #noted = new Set<SideName>()
  readonly #closing = new AbortController()
  /** Traits of each side, read at its first launch. */
  readonly #traits: Partial<Record<SideName, Promise<Traits>>> = {}

  constructor(settings: CompareSettings, secrets: Secrets) {
    this.#settings = settings
    this.#secrets = secrets
  }

  side(name: SideName, server: ResolvedServerOptions, about: About = {}): Side {
    return { launch: signal => this.#launch(name, server, signal, about) }
  }

  /** Ends running launches and those that are starting. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The comparison is over.'))
    await Promise.all([...this.#running.keys()].map(server => this.#stop(server)))
  }

  async #launch(
    side: SideName,
    options: ResolvedServerOptions,
    signal: AbortSignal,
    { revision, advice, environment: all = this.#settings.environment }: About,
  ): Promise<Launch> {
    const { room, servers } = this.#settings
    const environment = { ...withoutGit(all), [ROOM_VARIABLE]: room }
    const title = revision === undefined ? side : `${side}, ${nameOf(revision)}`
    const over = AbortSignal.any([signal, this.#closing.signal])
    try {
      const server = await startServer(options, undefined, over, { side, room, environment })
      this.#running.set(server, side)
      // Closed in the moment in which it was ready.
      if (this.#closing.signal.aborted) await this.#stop(server)
      over.throwIfAborted()
      return given({
        servers: serversFor(servers, [{ origin: server.origin }]),
        pid: isMeasurable(server) ? server.pid : undefined,
        traits: await this.#traitsOf(side, server, options.cwd),
        ended: () => this.#endOf(server),
        stop: () => this.#stop(server),
      })
    } catch (error) {
      if (!(error instanceof ServerStartError)) throw error
      const { message, log } = error.masked(text => this.#secrets.mask(text))
      const found = ['it did not start', ...errorsIn(log)].join(': ')
      const head = `Failed to launch ${title}: ${ended(found)} ${advice ?? ''}`.trim()
      throw plainError(`${this.#secrets.mask(head)}\n\n${message}`)
    }
  }

  #traitsOf(side: SideName, { listener, pid }: RunningServer, folder: string): Promise<Traits> {
    const traits = this.#traits[side] ?? traitsOf(listener ?? pid, folder)
    this.#traits[side] = traits
    return traits
  }

  async #endOf(server: RunningServer): Promise<LaunchEnd> {
    const exit = await server.ended
    return { how: describeExit(exit), output: quotedLines(this.#secrets.mask(server.output())) }
  }

  async #stop(server: RunningServer): Promise<void> {
    const side = this.#running.get(server)
    await server.stop()
    this.#running.delete(server)
    const notice = leftNotice(await server.ended, side)
    if (side === undefined || notice.length === 0 || this.#noted.has(side)) return
    this.#noted.add(side)
    this.notes.push(...notice.map(line => this.#secrets.mask(line.replace(/\.$/, ''))))
  }
}

/** Whether the process that responds is one of the command's, as far as that can be known. */
const isMeasurable = ({ listener }: RunningServer) => listener !== undefined || process.platform !== 'linux'

/** Files that say which packages there are, and how an application is built and started. */
const TELLING = new RegExp(
  `^(?:${[
    '(?:package-lock|npm-shrinkwrap|packages\\.lock)\\.json|pnpm-lock\\.yaml|bun\\.lockb?|gradle\\.lockfile|go\\.sum',
    '(?:yarn|deno|poetry|uv|Pipfile|Cargo|Gemfile|composer)\\.lock|requirements[\\w.-]*\\.txt',
    '(?:ts|js)config[\\w.-]*\\.json|nest-cli\\.json|\\.swcrc|\\.babelrc[\\w.]*|Makefile|Dockerfile[\\w.-]*',
    '(?:tsup|vite|webpack|rollup|esbuild|babel|next|nuxt)\\.config\\.\\w+',
    '\\.nvmrc|\\.node-version|\\.tool-versions|\\.npmrc|\\.python-version',
  ].join('|')})$`,
)

/** Scripts of package.json that build or start something. */
const BUILDS = /^(?:pre|post)?(?:build|bundle|compile|install|prepare|serve|start)/
/** Variables that each launch has of its own, or that say where it is. */
const OF_LAUNCHES = /^(?:PORT|PWD|OLDPWD|SHLVL|_|npm_.*|VITEST_ARAZZO_.*)$/
/** `NAME=` at the beginning of a line. */
const NAMES = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=/gm

/**
 * Traits of an application that are not in its code: of its process (Linux), of its folder, and of the folders above it
 * within the repository.
 *
 * @param pid the process that listens.
 */
export async function traitsOf(pid: number | undefined, folder: string): Promise<Traits> {
  const files: Record<string, string> = {}
  for (const place of foldersFrom(folder))
    for (const name of tried(() => readdirSync(place)) ?? [])
      if (files[name] === undefined) {
        const content = contentOf(join(place, name))
        if (content !== undefined) files[name] = content
      }
  return given<Traits>({ ...(pid === undefined ? {} : await ofProcess(pid)), files, scripts: scriptsIn(folder) })
}

/** The folder and those above it, up to the one with a `.git`; only the folder if it is in no repository. */
function foldersFrom(folder: string): string[] {
  const places = [folder]
  for (let place = folder; !existsSync(join(place, '.git')); place = dirname(place)) {
    if (place === dirname(place)) return [folder]
    places.push(dirname(place))
  }
  return places
}

/** A short hash of a file, or the names in a list of variables; undefined of files that do not count. */
function contentOf(path: string): string | undefined {
  const name = basename(path)
  const isList = /^\.env(?:\.|$)/.test(name)
  const text = isList || TELLING.test(name) ? tried(() => readFileSync(path, 'utf8')) : undefined
  if (text === undefined) return undefined
  if (isList) return [...text.matchAll(NAMES)].map(([, variable]) => variable).join(', ')
  return createHash('sha256').update(text).digest('hex').slice(0, 7)
}

function scriptsIn(folder: string): Record<string, string> {
  const text = tried(() => readFileSync(join(folder, 'package.json'), 'utf8'))
  const read = text === undefined ? undefined : tried(() => JSON.parse(text) as unknown)
  const scripts = isObject(read) && isObject(read.scripts) ? Object.entries(read.scripts) : []
  const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string'
  return Object.fromEntries(scripts.filter(isText).filter(([name]) => BUILDS.test(name)))
}

async function ofProcess(pid: number): Promise<Partial<Traits>> {
  const program = tried(() => readlinkSync(`/proc/${pid}/exe`))
  if (program === undefined) return {}
  const variables = environmentOf(pid).map(entry => entry.slice(0, Math.max(0, entry.indexOf('='))))
  const own = variables.filter(name => name !== '' && !OF_LAUNCHES.test(name)).sort()
  if (!/^node/.test(basename(program))) return { variables: own }
  const words =
    tried(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      ?.split('\0')
      .slice(1) ?? []
  const script = words.findIndex(word => !word.startsWith('-'))
  const version = await promisify(execFile)(program, ['--version']).catch(() => undefined)
  return given<Partial<Traits>>({ node: version?.stdout.trim(), flags: words.slice(0, script), variables: own })
}
