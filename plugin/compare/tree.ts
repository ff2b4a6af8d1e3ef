import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Git } from '../../src/compare/base/git.ts'
import type { Repository } from '../../src/compare/base/repository.ts'
import { nameOf, type Revision } from '../../src/compare/base/revision.ts'
import { copyChanges, type WorkingTree, workingTreeOf } from '../../src/compare/base/working-tree.ts'
import { addWorktree, nameOfWorktree, type Worktree } from '../../src/compare/base/worktree.ts'
import type { SideName } from '../../src/compare/pair.ts'
import { isForeseen } from '../../src/ground/fault.ts'
import { tried } from '../../src/ground/tried.ts'
import { environmentIn } from './environment.ts'
import { notCompared, plainError } from './errors.ts'
import { copyAnew, keepBuild, nameOfBuild, restoreBuild } from './kept-build.ts'
import type { BaseSource } from './options.ts'
import { dropWorktree, noteWorktree, ROOM_VARIABLE } from './room.ts'
import type { CompareSettings } from './settings.ts'
import { runSetup } from './setup.ts'

type FromGit = Extract<BaseSource, { from: 'git' }>

/** What came of a worktree, for all load tests of the run. */
type Result = Tree | { failure: string }

/** A folder that is checked out and set up. */
interface Tree {
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
  source: FromGit
  revision: Revision
  repository: Repository
  settings: CompareSettings
}

/**
 * The folder in which a side is checked out and set up: once for all load tests that need it. Head is the working tree
 * as it is. What kept a side from being set up is remembered as well, so that it is not tried by each.
 */
export async function treeOf(wanted: Wanted, signal: AbortSignal): Promise<Tree> {
  const { side, source, revision, repository, settings } = wanted
  const { setup = '', cwd = repository.within } = source
  const git = new Git(repository.top, settings.environment, signal)
  const changes = side === 'head' || source.isItself ? await workingTreeOf(git) : undefined
  const key = createHash('sha256')
    .update(JSON.stringify([side, repository.shared, revision.commit, setup, cwd, changes?.fingerprint]))
    .digest('hex')
  const file = join(settings.room, `${key.slice(0, 16)}${RESULT}`)
  const result = (await read(file)) ?? (await make({ ...wanted, changes, file }, signal))
  if ('failure' in result) throw plainError(result.failure)
  return result
}

interface Making extends Wanted {
  changes: WorkingTree | undefined
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
    if (signal.aborted || !isForeseen(error)) throw error
    return publish(file, { failure: error.message })
  }
  const result = await publish(file, { path: worktree.path, isKept })
  if (!('path' in result) || result.path !== worktree.path) await dropWorktree(room, worktree)
  return result
}

/** Whether it was set up by an earlier run, and is as that has left it. */
async function setUp(
  { side, source, revision, repository, settings, changes }: Making,
  { path }: Worktree,
  signal: AbortSignal,
): Promise<boolean> {
  const { setup, setupTimeout: timeout, cwd } = source
  if (setup === undefined) return false
  const within = cwd ?? repository.within
  const folder = join(path, within)
  if (!existsSync(folder)) {
    const advice = 'Say where "setup" runs, from the topmost folder of the repository: compare: { cwd }.'
    throw notCompared(`there is no folder "${within}" in ${side}, ${nameOf(revision)}`, advice)
  }
  const environment = environmentIn({ folder: path, from: repository.top }, settings.root, settings.environment)
  const { cache } = source
  const keeps = cache !== undefined && changes === undefined
  const name = nameOfBuild(revision.commit, setup, within)
  if (keeps && (await restoreBuild(cache, name, path))) return true
  await runSetup({ side, command: setup, timeout }, folder, { ...settings, environment }, signal)
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
