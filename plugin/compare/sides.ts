import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { changedNote, chooseBase, sameNote } from '../../src/compare/base/choose.ts'
import { Git, isChanged, nameOf, type Revision, revisionOf } from '../../src/compare/base/git.ts'
import { repositoryOf } from '../../src/compare/base/repository.ts'
import { type Launch, SIDES, type Side, type SideName } from '../../src/compare/pair.ts'
import { bothOf } from '../../src/compare/run.ts'
import { tried } from '../../src/ground/tried.ts'
import { askOnce, describeOutcome, isReady } from '../server/ask.ts'
import { hasPort, isCi, type ResolvedServerOptions } from '../server/options.ts'
import { portOwnerOf } from '../server/port-owner.ts'
import { serversAt } from '../server/servers-for.ts'
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
import { maskedError, notCompared } from './errors.ts'
import { Launcher } from './launcher.ts'
import { type BaseSource, FIXED_PORT, FOLDER_VARIABLE, type ResolvedCompareOptions } from './options.ts'
import { enterRoom } from './room.ts'
import type { CompareSettings } from './settings.ts'
import { secretsOf } from './shown.ts'
import { treeOf } from './tree.ts'

/** Both builds of the application, ready to be started. */
export interface Sides extends Record<SideName, Side> {
  /** Revision of each side, if git knows it. */
  revisions: Partial<Record<SideName, Revision>>
  /** Notes about the sides for the reader: sentences without a full stop. */
  notes: string[]
  /** Notices of processes that launches have left so far. */
  left: readonly string[]
  /** Path in base's checkout of a file of head; absent if base has no checkout of its own. */
  fileOfBase?(file: string): string | undefined
  /** Ends what was started and still runs. The worktree stays for other load tests until the end of the run. */
  close(): Promise<void>
}

/** Base: how it is started, and its properties. */
interface Base {
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
  const opening = openBase(options.base, server, launcher, settings, signal)
  const opened = await opening.catch(error => {
    throw maskedError(error, secrets)
  })
  const { side: base, revisions, notes, stand } = opened
  const head = opened.head ?? launcher.side('head', server, { revision: revisions.head })
  const fileOfBase = stand && ((file: string) => fileIn(stand, file))
  return { base, head, revisions, notes, left: launcher.notes, fileOfBase, close: () => launcher.close() }
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
  return { ...server, probe: false, reuseExisting: false }
}

async function openBase(
  source: BaseSource,
  server: ResolvedServerOptions,
  launcher: Launcher,
  settings: CompareSettings,
  signal: AbortSignal,
): Promise<Base> {
  if (source.from === 'git') return fromGit(source, server, launcher, settings, signal)
  const head = await stateOf(settings.root, settings, signal)
  if (source.from === 'url') return { side: await fixedSide(source, settings), ...known({ head }) }
  if (source.from === 'folder') return fromFolder(source, server, launcher, settings, signal)
  const { command, cwd, url = server.url } = source
  const started = { ...server, command, cwd, url, env: { ...server.env, ...source.env } }
  const base = await stateOf(cwd, settings, signal)
  const stand = standOf(cwd, settings.root, (await repositoryIn(settings, signal))?.top)
  const environment = environmentNextTo(stand, settings.root, settings.environment)
  const of = known({ base, head })
  const side = launcher.side('base', started, { revision: base, environment })
  return { side, revisions: of.revisions, notes: [...of.notes, PREPARED_APART] }
}

const PREPARED_APART =
  'base and head were prepared apart, and builds of another age or path can differ by some percent: ' +
  '{ git, setup } prepares both alike'

async function fromGit(
  source: Extract<BaseSource, { from: 'git' }>,
  server: ResolvedServerOptions,
  launcher: Launcher,
  settings: CompareSettings,
  signal: AbortSignal,
): Promise<Base> {
  const { environment: env, root } = settings
  const git = new Git(root, env, signal)
  const repository = await repositoryOf(git)
  const { base, head, notes } = await chooseBase(git, source.ref, { env, isCi: isCi(env), isOfJob: source.isOfJob })
  const advice = source.setup === undefined ? NO_SETUP : undefined
  const wanted = { source, repository, settings }
  const made = await bothOf(
    treeOf({ ...wanted, side: 'base', revision: base }, signal),
    treeOf({ ...wanted, side: 'head', revision: head }, signal),
  )
  const [ofBase, ofHead] = SIDES.map((name, i) => {
    const revision = { base, head }[name]
    const stand = { folder: made[i]!.path, from: repository.top }
    const moved = movedTo(stand, server, `${name}, ${nameOf(revision)}`)
    const environment = environmentIn(stand, root, env)
    return { side: launcher.side(name, moved.server, { revision, advice, environment }), notes: moved.notes, stand }
  }) as [Base, Base]
  const { side, stand } = ofBase
  if (made[0].isKept) notes.push('base was set up by an earlier run, and head by this one (compare.cache)')
  return { side, head: ofHead.side, revisions: { base, head }, notes: [...notes, ...ofBase.notes], stand }
}

const NO_SETUP =
  'It is a fresh checkout, in which nothing is installed or built, and without what git ignores. ' +
  "Write what it needs: compare: { setup: 'npm ci && npm run build' }."

async function fromFolder(
  source: Extract<BaseSource, { from: 'folder' }>,
  server: ResolvedServerOptions,
  launcher: Launcher,
  settings: CompareSettings,
  signal: AbortSignal,
): Promise<Base> {
  const repository = await repositoryIn(settings, signal)
  const moved: Moved = inFolder(source, settings.root, repository?.top, server)
  const [base, head] = await Promise.all([
    stateOf(source.folder, settings, signal),
    stateOf(settings.root, settings, signal),
  ])
  const of = known({ base, head })
  const environment = moved.stand && environmentIn(moved.stand, settings.root, settings.environment)
  return {
    side: launcher.side('base', moved.server, { revision: base, environment }),
    stand: moved.stand,
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
async function fixedSide(
  { url, pid = listenerAt(url) }: Extract<BaseSource, { from: 'url' }>,
  { servers }: CompareSettings,
): Promise<Side> {
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
  { folder, by }: Extract<BaseSource, { from: 'folder' }>,
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
