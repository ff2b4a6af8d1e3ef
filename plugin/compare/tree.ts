import { createHash, randomUUID } from 'node:crypto'
import { constants, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { cp, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import process from 'node:process'
import { Git, nameOf, type Revision, type repositoryOf } from '../../src/compare/base/git.ts'
import {
  addWorktree,
  copyChanges,
  nameOfWorktree,
  removeWorktree,
  type WorkingTree,
  type Worktree,
} from '../../src/compare/base/worktree.ts'
import type { SideName } from '../../src/compare/pair.ts'
import { REPAIRS } from '../../src/compare/words.ts'
import { failed, isUserError } from '../../src/ground/fault.ts'
import { withoutGit } from '../../src/ground/git.ts'
import { tried } from '../../src/ground/tried.ts'
import { formatMs, type Milliseconds } from '../../src/ground/units.ts'
import { forApplications } from '../server/address.ts'
import { quotedLines } from '../server/output-tail.ts'
import { supervise } from '../server/supervised.ts'
import { environmentIn } from './environment.ts'
import { notCompared, plainError } from './errors.ts'
import type { BaseSource } from './options.ts'
import { ROOM_VARIABLE } from './room.ts'
import type { CompareSettings } from './settings.ts'

type FromGit = Extract<BaseSource, { from: 'git' }>

/** Result of preparing a worktree, for all load tests of the run. */
type Result = Tree | { failure: string }

/** A folder that is checked out and set up. */
export interface Tree {
  path: string
  /** Whether an earlier run has set it up. */
  isKept: boolean
}

/** End of the name of the file that holds a result. */
const RESULT = '.tree.json'

/** Has what failed tried again by the run of tests that begins, while Vitest watches: what was away may be back. */
export function forgetFailures(room: string): void {
  const files = (tried(() => readdirSync(room)) ?? []).filter(name => name.endsWith(RESULT))
  for (const file of files.map(name => join(room, name)))
    if ('failure' in (JSON.parse(readFileSync(file, 'utf8')) as Result)) rmSync(file)
}

/** Contents of a worktree, and how it is set up. */
interface Wanted {
  side: SideName
  /** The working tree that it is, if it is not just its revision. */
  changes: WorkingTree | undefined
  source: FromGit
  revision: Revision
  repository: Awaited<ReturnType<typeof repositoryOf>>
  settings: CompareSettings
}

/**
 * The folder in which a side is checked out and set up: once for all load tests that need it. Head is the working tree
 * as it is. What kept a side from being set up is remembered as well, so that it is not tried by each.
 */
export async function treeOf(wanted: Wanted, signal: AbortSignal): Promise<Tree> {
  const { side, changes, source, revision, repository, settings } = wanted
  const { setup = '', cwd = repository.within } = source
  const key = createHash('sha256')
    .update(JSON.stringify([side, repository.shared, revision.commit, setup, cwd, changes?.fingerprint]))
    .digest('hex')
  const file = join(settings.room, `${key.slice(0, 16)}${RESULT}`)
  const result = (await read(file)) ?? (await make({ ...wanted, file }, signal))
  if ('failure' in result) throw plainError(result.failure)
  return result
}

interface Making extends Wanted {
  file: string
}

async function make(making: Making, signal: AbortSignal): Promise<Result> {
  const { side, revision, repository, settings, changes, file } = making
  const { room, environment } = settings
  const name = nameOfWorktree(side, revision.hash, randomUUID().slice(0, 8))
  const worktree = { path: join(room, name), shared: repository.shared }
  const git = new Git(repository.top, { ...environment, [ROOM_VARIABLE]: room }, signal)
  await noteWorktree(room, worktree)
  let isKept = false
  try {
    await addWorktree(git, worktree, revision.commit)
    if (changes !== undefined) await copyChanges(repository.top, worktree.path, changes)
    isKept = await setUp(making, worktree, signal)
  } catch (error) {
    await dropWorktree(room, worktree)
    if (signal.aborted || !isUserError(error)) throw error
    return publish(file, { failure: error.message })
  }
  const result = await publish(file, { path: worktree.path, isKept })
  if (!('path' in result) || result.path !== worktree.path) await dropWorktree(room, worktree)
  return result
}

/** Records a worktree before git creates it, so that it can be found after a crash. */
async function noteWorktree(room: string, worktree: Worktree): Promise<void> {
  await writeFile(join(room, `${basename(worktree.path)}.json`), JSON.stringify(worktree))
}

/** Removes one worktree of a room. */
async function dropWorktree(room: string, worktree: Worktree): Promise<void> {
  await removeWorktree(worktree)
  await rm(join(room, `${basename(worktree.path)}.json`), { force: true })
}

/** Whether it was set up by an earlier run, and is as that has left it. */
async function setUp(
  { side, source, revision, repository, settings, changes }: Making,
  { path }: Worktree,
  signal: AbortSignal,
): Promise<boolean> {
  const { setup, cwd, cache } = source
  if (setup === undefined) return false
  const within = cwd ?? repository.within
  const folder = join(path, within)
  if (!existsSync(folder)) {
    const advice = 'Say where "setup" runs, from the topmost folder of the repository: compare: { cwd }.'
    throw notCompared(`there is no folder "${within}" in ${side}, ${nameOf(revision)}`, advice)
  }
  const environment = environmentIn({ folder: path, from: repository.top }, settings.root, settings.environment)
  const keeps = cache !== undefined && changes === undefined
  const name = nameOfBuild(revision.commit, setup, within)
  if (keeps && (await restoreBuild(cache, name, path))) return true
  await runSetup(side, source, folder, { ...settings, environment }, signal)
  if (keeps) await keepBuild(cache, name, path)
  if (cache !== undefined) await copyAnew(path)
  return false
}

/** Makes a result known, unless another worker was faster: then it is that one's which counts. */
async function publish(file: string, result: Result): Promise<Result> {
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, JSON.stringify(result))
  try {
    await link(draft, file)
    return result
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return (await read(file))!
  } finally {
    await rm(draft, { force: true })
  }
}

async function read(file: string): Promise<Result | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as Result)
}

/** How long a setup has to shut down when it is given up. */
const grace: Milliseconds = 2000

/**
 * Runs the command that makes a worktree ready. It is tied to this process by a supervisor, and nothing that it started
 * outlives it. Throws with what it wrote last, also when it takes too long; with the signal's reason when it is given
 * up.
 */
async function runSetup(
  side: SideName,
  { setup = '', setupTimeout: timeout }: FromGit,
  cwd: string,
  { environment, room, root }: CompareSettings,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const env = { ...asInShell(environment), [ROOM_VARIABLE]: room, VITEST_ARAZZO_SIDE: side, VITEST_ARAZZO_HEAD: root }
  const command = await supervise({ command: setup, cwd, env, grace }).catch((error: Error) => {
    throw setupFailed(side, setup, error.message, 'Check that a shell can be started here.', '')
  })
  const tooLong = AbortSignal.timeout(timeout)
  const over = AbortSignal.any([signal, tooLong])
  const giveUp = () => void command.stop(grace)
  over.addEventListener('abort', giveUp)
  if (over.aborted) giveUp()
  const { code, signal: by } = await command.ended
  over.removeEventListener('abort', giveUp)
  signal.throwIfAborted()
  if (code === 0) return
  if (tooLong.aborted) {
    const advice = "Its output says how far it came; build base before, and write compare: { cwd: '../base' }."
    throw setupFailed(side, setup, `it took longer than ${formatMs(timeout)}`, advice, command.output())
  }
  const how = by === null ? `exited with code ${code}` : `was ended by ${by}`
  const advice = 'Its output says why; "setup" runs in a fresh checkout, in which nothing is installed or built.'
  throw setupFailed(side, setup, `it ${how}`, advice, command.output())
}

/** Error for a failed setup command, with its last output. */
function setupFailed(side: SideName, setup: string, found: string, advice: string, output: string): Error {
  const message = failed(`set up ${side}`, `with "${setup}"`, found, advice)
  const lines = quotedLines(output)
  const rest = lines.length === 0 ? ['It wrote nothing.'] : ['', 'Last output of the setup:', ...lines]
  return plainError([message, ...rest, ...(side === 'base' ? ['', REPAIRS] : [])].join('\n'))
}

/**
 * The environment without what Vitest made of it: a build for `test`, which is the NODE_ENV that Vitest sets, is not
 * the one that head was built with.
 */
function asInShell(environment: CompareSettings['environment']): CompareSettings['environment'] {
  const { NODE_ENV, ...rest } = withoutGit(forApplications(environment))
  return NODE_ENV === undefined || NODE_ENV === 'test' ? rest : { ...rest, NODE_ENV }
}

/** Builds that are kept in a folder; the oldest goes first. */
const MOST = 5

/** Name of base as its setup leaves it: another commit, command or machine makes another one. */
function nameOfBuild(commit: string, setup: string, cwd: string): string {
  const { platform, arch, version } = process
  const about = createHash('sha256').update(JSON.stringify([setup, cwd, platform, arch, version]))
  return `${commit}-${about.digest('hex').slice(0, 12)}`
}

/** Makes a fresh worktree what a kept build was; whether there was one. */
async function restoreBuild(cache: string, name: string, worktree: string): Promise<boolean> {
  const kept = join(cache, name)
  if (!existsSync(kept)) return false
  await copy(kept, worktree)
  return true
}

/** Keeps a worktree as its setup has left it, before anything runs there. Git leaves the folder out. */
async function keepBuild(cache: string, name: string, worktree: string): Promise<void> {
  await mkdir(cache, { recursive: true })
  await writeFile(join(cache, '.gitignore'), '*\n')
  const draft = join(cache, `${name}.${randomUUID().slice(0, 8)}`)
  try {
    await copy(worktree, draft)
    // Another worker may have been faster.
    await rename(draft, join(cache, name)).catch(() => {})
    await removeOldest(cache)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function removeOldest(cache: string): Promise<void> {
  const names = (await readdir(cache)).filter(name => /^[0-9a-f]{40,64}-[0-9a-f]{12}$/.test(name))
  const builds = await Promise.all(names.map(async name => ({ name, at: (await stat(join(cache, name))).ctimeMs })))
  for (const { name } of builds.sort((a, b) => b.at - a.at).slice(MOST))
    await rm(join(cache, name), { recursive: true, force: true })
}

/**
 * Replaces a worktree by a copy of itself. A kept build is a copy, and native code of files that were written in
 * another way can take some percent more or less CPU time: both sides have to be copies.
 */
async function copyAnew(worktree: string): Promise<void> {
  const made = `${worktree}.made`
  await rename(worktree, made)
  await mkdir(worktree)
  // First: without it git does not take the folder for its worktree, and would not remove it.
  await rename(join(made, '.git'), join(worktree, '.git'))
  await copy(made, worktree)
  await rm(made, { recursive: true, force: true })
}

/**
 * Without the file by which git knows a worktree. Times stay: what is compiled is valid for a source of that time
 * (Python, make).
 */
const copy = (from: string, to: string) =>
  cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    mode: constants.COPYFILE_FICLONE,
    filter: source => source !== join(from, '.git'),
  })
