import { execFile } from 'node:child_process'
import { createHash, randomInt } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Profilers } from '../../src/cause/profiler/profilers.ts'
import { changedNote, chooseBase, sameNote } from '../../src/compare/base/choose.ts'
import { Git, isChanged, nameOf, type Revision, repositoryOf, revisionOf } from '../../src/compare/base/git.ts'
import { workingTreeOf } from '../../src/compare/base/worktree.ts'
import type { Traits } from '../../src/compare/differences.ts'
import { type Launch, type LaunchEnd, type Loaded, SIDES, type Side, type SideName } from '../../src/compare/pair.ts'
import { bothOf } from '../../src/compare/run.ts'
import { ended, isUserError } from '../../src/ground/fault.ts'
import { withoutGit } from '../../src/ground/git.ts'
import { given } from '../../src/ground/given.ts'
import { isObject } from '../../src/ground/object.ts'
import { tried } from '../../src/ground/tried.ts'
import type { Secrets } from '../../src/workflow/secrets.ts'
import { askOnce, describeOutcome, isReady } from '../server/ask.ts'
import { leftNotice } from '../server/notices.ts'
import { hasPort, isCi, type ResolvedServerOptions } from '../server/options.ts'
import { describeExit, errorsIn, quotedLines } from '../server/output-tail.ts'
import { portOwnerOf } from '../server/port-owner.ts'
import { environmentOf } from '../server/process-family.ts'
import { serversAt, serversFor } from '../server/servers-for.ts'
import { type RunningServer, ServerStartError, startServer } from '../server/start.ts'
import {
  environmentIn,
  environmentNextTo,
  fileIn,
  namesFolder,
  real,
  type Stand,
  standOf,
  withinOf,
} from './environment.ts'
import { notCompared, plainError } from './errors.ts'
import { shareNativeCode } from './native-code.ts'
import { type BaseSource, FIXED_PORT, FOLDER_VARIABLE, type ResolvedCompareOptions } from './options.ts'
import { OutsideProfilers } from './outside-profilers.ts'
import { enterRoom, ROOM_VARIABLE } from './room.ts'
import type { CompareSettings } from './settings.ts'
import { secretsOf } from './shown.ts'
import { type Tree, treeOf } from './tree.ts'

/** Both builds of the application, ready to be started. */
export interface Sides extends Record<SideName, Side> {
  /** Revision of each side, if git knows it. */
  revisions: Partial<Record<SideName, Revision>>
  /** Notes about the sides for the reader: sentences without a full stop. */
  notes: string[]
  /** Notices of processes that launches have left so far. */
  left: readonly string[]
  /** Folders of the sources; absent for a base that was not started here. */
  checkouts?: Checkouts | undefined
  /** Path in base's checkout of a file of head; absent if base has no checkout of its own. */
  fileOfBase?(file: string): string | undefined
  /** Ends what was started and still runs. The worktree stays for other load tests until the end of the run. */
  close(): Promise<void>
}

/** Folders of the sources of both sides. */
interface Checkouts extends Record<SideName, string> {
  /** Folder of the user that head's stands for. */
  project: string
}

/** Base: how it is started, and its properties. */
interface Base {
  checkouts?: Checkouts
  side: Side
  /** Head, if it is started elsewhere than in the project's folder. */
  head?: Side
  revisions: Sides['revisions']
  notes: string[]
  stand?: Stand | undefined
}

/**
 * Makes both sides ready: finds the base, and checks it out and sets it up if that has not been done in this run.
 * Throws what keeps the two from being compared; then nothing runs.
 * @param signal gives it up; then this rejects with its reason, as soon as nothing is left.
 */
export async function openSides(
  options: ResolvedCompareOptions,
  settings: CompareSettings,
  signal: AbortSignal,
): Promise<Sides> {
  const server = launchable(settings)
  await enterRoom(settings.room)
  const secrets = secretsOf(settings)
  const launcher = new Launcher(settings, secrets)
  const opened = await openBase(options.base, { server, launcher, settings, signal }).catch(error => {
    // Others than ours stay as they are.
    throw isUserError(error) ? plainError(secrets.mask(error.message)) : error
  })
  const { side: base, revisions, notes, stand, checkouts } = opened
  const head = opened.head ?? launcher.side('head', server, { revision: revisions.head })
  const fileOfBase = stand && ((file: string) => fileIn(stand, file))
  return { base, head, revisions, notes, checkouts, left: launcher.notes, fileOfBase, close: () => launcher.close() }
}

/** The application as it is here, to be started once more. Throws the reason why that cannot be. */
export async function openApplication(
  settings: CompareSettings,
  signal: AbortSignal,
): Promise<{ side: Side; checkout: string; close(): Promise<void> }> {
  const { server, root, room } = settings
  if (server === undefined || !hasPort(server.url))
    throw new Error('the application has a fixed port, at which it cannot run a second time (write {port})')
  await enterRoom(room)
  const launcher = new Launcher(settings, secretsOf(settings))
  const side = launcher.side('head', { ...server, reuseExisting: false })
  const checkout = (await repositoryIn(settings, signal))?.top ?? root
  return { side, checkout, close: () => launcher.close() }
}

/** The options by which an application can run more than once at a time. */
function launchable({ server, servers }: CompareSettings): ResolvedServerOptions {
  if (server === undefined)
    throw notCompared(
      'the plugin does not start the application',
      "Write how: arazzo({ server: { command: 'node server.js', url: 'http://127.0.0.1:{port}/health' } }).",
    )
  if (!hasPort(server.url)) throw notCompared(`"url" of server is ${server.url}: ${FIXED_PORT[0]}`, FIXED_PORT[1])
  const all = servers === undefined ? [] : typeof servers === 'string' ? [servers] : Object.values(servers)
  if (all.length > 0 && !all.some(hasPort))
    throw notCompared(
      `"servers" names no {port}, so that base and head would be asked at the same place`,
      "Write {port} where the application's own is meant: servers: 'http://127.0.0.1:{port}/v1'.",
    )
  return { ...server, reuseExisting: false }
}

/** Means by which both sides are made ready. */
interface Means {
  server: ResolvedServerOptions
  launcher: Launcher
  settings: CompareSettings
  signal: AbortSignal
}

type Source<From extends BaseSource['from']> = Extract<BaseSource, { from: From }>

async function openBase(source: BaseSource, means: Means): Promise<Base> {
  const { server, launcher, settings, signal } = means
  if (source.from === 'git') return fromGit(source, means)
  if (source.from === 'folder') return fromFolder(source, means)
  const head = await stateOf(settings.root, settings, signal)
  if (source.from === 'url') return { side: await fixedSide(source, settings), ...known({ head }) }
  const { command, cwd, url = server.url } = source
  const started = { ...server, command, cwd, url, env: { ...server.env, ...source.env } }
  const base = await stateOf(cwd, settings, signal)
  const stand = standOf(cwd, settings.root, (await repositoryIn(settings, signal))?.top)
  const environment = environmentNextTo(stand, settings.root, settings.environment)
  const of = known({ base, head })
  const side = launcher.side('base', started, { revision: base, environment })
  const checkouts = { base: stand.folder, head: stand.from, project: stand.from }
  return { side, revisions: of.revisions, notes: [...of.notes, PREPARED_APART], checkouts }
}

const PREPARED_APART =
  'base and head were prepared apart, and builds of another age or path can differ by some percent: ' +
  '{ git, setup } prepares both alike'

async function fromGit(source: Source<'git'>, { server, launcher, settings, signal }: Means): Promise<Base> {
  const { environment: env, root } = settings
  const git = new Git(root, env, signal)
  const repository = await repositoryOf(git)
  const { base, head, notes } = await chooseBase(git, source.ref, { env, isCi: isCi(env), isOfJob: source.isOfJob })
  const advice = source.setup === undefined ? NO_SETUP : undefined
  const changes = await workingTreeOf(new Git(repository.top, env, signal))
  const wanted = { source, repository, settings }
  const treeFor = {
    base: () =>
      treeOf({ ...wanted, side: 'base', revision: base, changes: source.isItself ? changes : undefined }, signal),
    head: () => treeOf({ ...wanted, side: 'head', revision: head, changes }, signal),
  }
  // Copies differ by the order in which they are written: chance decides it.
  const order = randomInt(2) === 0 ? SIDES : SIDES.toReversed()
  const begun = Object.fromEntries(order.map(side => [side, treeFor[side]()])) as Record<SideName, Promise<Tree>>
  // If both fail, the fault is that of base.
  const trees = await bothOf(begun.base, begun.head)
  const made = { base: trees[0], head: trees[1] }
  await shareNativeCode(made.base.path, made.head.path)
  const [ofBase, ofHead] = SIDES.map(name => {
    const revision = { base, head }[name]
    const stand = { folder: made[name].path, from: repository.top }
    const moved = movedTo(stand, server, `${name}, ${nameOf(revision)}`)
    const environment = environmentIn(stand, root, env)
    return { side: launcher.side(name, moved.server, { revision, advice, environment }), notes: moved.notes, stand }
  }) as [Base, Base]
  if (made.base.isKept) notes.push('base was set up by an earlier run, and head by this one (compare.cache)')
  const checkouts = { base: made.base.path, head: made.head.path, project: repository.top }
  return { ...ofBase, head: ofHead.side, revisions: { base, head }, notes: [...notes, ...ofBase.notes], checkouts }
}

const NO_SETUP =
  'It is a fresh checkout, in which nothing is installed or built, and without what git ignores. ' +
  "Write what it needs: compare: { setup: 'npm ci && npm run build' }."

async function fromFolder(source: Source<'folder'>, { server, launcher, settings, signal }: Means): Promise<Base> {
  const repository = await repositoryIn(settings, signal)
  const moved: Moved = inFolder(source, settings.root, repository?.top, server)
  const [base, head] = await Promise.all([
    stateOf(source.folder, settings, signal),
    stateOf(settings.root, settings, signal),
  ])
  const of = known({ base, head })
  const environment = moved.stand && environmentIn(moved.stand, settings.root, settings.environment)
  const { folder: ofBase = source.folder, from: project = settings.root } = moved.stand ?? {}
  return {
    side: launcher.side('base', moved.server, { revision: base, environment }),
    stand: moved.stand,
    checkouts: { base: ofBase, head: project, project },
    revisions: of.revisions,
    notes: [...of.notes, ...moved.notes, ...(source.by === FOLDER_VARIABLE || !moved.stand ? [] : [PREPARED_APART])],
  }
}

async function repositoryIn({ root, environment }: CompareSettings, signal: AbortSignal) {
  return repositoryOf(new Git(root, environment, signal)).catch(() => undefined)
}

/** Known revisions, with notes. */
function known({ base, head }: { base?: Revision | undefined; head?: Revision | undefined }): Omit<Base, 'side'> {
  const changed = Object.entries({ base, head }).filter(([, revision]) => revision?.isChanged)
  const notes = changed.map(([side, revision]) => changedNote(side as SideName, revision!))
  if (base && base.commit === head?.commit && changed.length === 0) notes.push(sameNote(base))
  return { revisions: { base, head }, notes }
}

/** State of a folder in git; undefined without git. */
async function stateOf(folder: string, { environment }: CompareSettings, signal: AbortSignal) {
  const git = new Git(folder, environment, signal)
  try {
    const revision = await revisionOf(git, 'HEAD')
    return revision && { ...revision, isChanged: await isChanged(git) }
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

/** Base that is already running. All launches are the same one, and it is never stopped. */
async function fixedSide({ url, pid = listenerAt(url) }: Source<'url'>, { servers }: CompareSettings): Promise<Side> {
  const { origin, pathname } = new URL(url)
  const outcome = await askOnce(url, 10_000)
  if (!isReady(outcome))
    throw notCompared(
      `base is to run at ${origin}${pathname} already, but ${describeOutcome(outcome)}`,
      'Start it before Vitest, or have it started: compare: { command, cwd }.',
    )
  if (pid !== undefined && tried(() => process.kill(pid, 0)) === undefined)
    throw notCompared(`there is no process ${pid} of this user, which is to be base`, 'Correct "pid", or leave it out.')
  const launch: Launch = { servers: serversAt(servers, origin), pid, stop: async () => {} }
  return { isFixed: true, launch: async () => launch }
}

/** Process that listens at a URL of this machine. */
function listenerAt(url: string): number | undefined {
  const { hostname, port, protocol } = new URL(url)
  if (!/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return undefined
  return portOwnerOf(port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port))?.pid
}

/** The options of the application, to be started from other files. */
interface Moved {
  server: ResolvedServerOptions
  notes: string[]
  /** Absent where it is the same folder. */
  stand?: Stand
}

/** The application out of another folder, which stands for the project's root or for that of its repository. */
function inFolder(
  { folder, by }: Source<'folder'>,
  root: string,
  top: string | undefined,
  server: ResolvedServerOptions,
): Moved {
  if (!existsSync(folder))
    throw notCompared(`there is no folder ${folder}`, `Correct ${by}; it is relative to the project's root.`)
  const stand = standOf(folder, root, top)
  const moved: Moved =
    real(stand.folder) === real(stand.from) ? { server, notes: [] } : movedTo(stand, server, `the base in ${folder}`)
  if (real(moved.server.cwd) === real(server.cwd))
    moved.notes.push('base and head are started from the same folder: nothing has changed, and what differs is noise')
  return moved
}

/**
 * The application started from another folder with the content of `from`.
 * @param base its name in messages.
 */
function movedTo(stand: Stand, server: ResolvedServerOptions, base: string): Moved {
  const { folder, from } = stand
  const within = withinOf(from, server.cwd)
  if (within === undefined)
    throw notCompared(
      `"cwd" of server, ${server.cwd}, is not below ${from}, and base has no such folder`,
      'Say how base is started: compare: { command, cwd }.',
    )
  const cwd = join(folder, within)
  if (!existsSync(cwd))
    throw notCompared(
      `there is no folder "${within}" in ${base}`,
      'If it was somewhere else then, say how base is started: compare: { command, cwd }.',
    )
  const names = (text: string) => [from, real(from)].some(path => namesFolder(text, path))
  if (names(server.command))
    throw notCompared(
      `"command" of server names a folder of head, ${from}, so that base would run what head is`,
      'Write paths that are relative to "cwd".',
    )
  const shared = Object.keys(server.env).filter(name => names(server.env[name]!))
  const notes = shared.map(name => `${name} in "env" of server names a folder of head, for base as well`)
  return { server: { ...server, cwd }, notes, stand }
}

interface About {
  revision?: Revision | undefined
  /** Further advice if it does not start. */
  advice?: string | undefined
  /** Instead of the environment of the process that runs Vitest. */
  environment?: CompareSettings['environment'] | undefined
}

/** Starts applications for one comparison, and knows which of them run. */
class Launcher {
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
    const optionsWith = (loaded?: Loaded) => ({
      ...server,
      probe: loaded !== undefined,
      profilers: this.#settings.cause?.profiler === undefined && loaded !== 'probe' ? loaded : undefined,
    })
    return { launch: (signal, loaded) => this.#launch(name, optionsWith(loaded), signal, { ...about, loaded }) }
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
    {
      revision,
      advice,
      environment: all = this.#settings.environment,
      loaded,
    }: About & { loaded?: Loaded | undefined },
  ): Promise<Launch> {
    const { room, servers } = this.#settings
    const environment = { ...withoutGit(all), [ROOM_VARIABLE]: room }
    const title = revision === undefined ? side : `${side}, ${nameOf(revision)}`
    const over = AbortSignal.any([signal, this.#closing.signal])
    try {
      const server = await startServer(options, over, { side, room, environment })
      this.#running.set(server, side)
      // Closed in the moment in which it was ready.
      if (this.#closing.signal.aborted) await this.#stop(server)
      over.throwIfAborted()
      return given({
        origin: server.origin,
        servers: serversFor(servers, [{ origin: server.origin }]),
        pid: isMeasurable(server) ? server.pid : undefined,
        probe: server.probe,
        profilers:
          loaded !== undefined && loaded !== 'probe' ? this.#profilersOf(server, environment, options.cwd) : undefined,
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

  #profilersOf(server: RunningServer, env: CompareSettings['environment'], cwd: string): Launch['profilers'] {
    const { cause, room } = this.#settings
    const { profiles, listener, pid, origin } = server
    if (cause?.profiler !== undefined)
      return new OutsideProfilers(cause.profiler, { pid: listener ?? pid!, origin, room, env, cwd })
    return profiles === undefined ? undefined : new Profilers(profiles)
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
