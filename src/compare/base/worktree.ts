import { createHash } from 'node:crypto'
import { lstatSync, type Stats } from 'node:fs'
import { copyFile, cp, mkdir, readdir, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { failure } from '../../ground/fault.ts'
import { sleep } from '../../ground/timers.ts'
import { tried } from '../../ground/tried.ts'
import type { SideName } from '../pair.ts'
import { complaintOf, type Git } from './git.ts'

/** A worktree of ours, wherever it is and however much of it was made. */
export interface Worktree {
  /** Absolute. Its last part is a name that no other worktree has. */
  path: string
  /** Git folder shared by all worktrees. */
  shared: string
}

/** Marks the name of a worktree as ours. */
const OURS = /^vitest-arazzo-(?:base|head)-/

/** Names are equally long on both sides: what a path costs an application is the same then. */
export const nameOfWorktree = (side: SideName, hash: string, id: string): string =>
  `vitest-arazzo-${side}-${hash}-${id}`

/** Whether a file or folder is a worktree of ours, or belongs to one. */
export const isOfWorktree = (name: string): boolean => OURS.test(name)

/**
 * Errors of git if another run has just removed its worktree, which was the last, together with their folder; or if one
 * is about to record its worktree, whose file is still empty.
 */
const MEANWHILE = /could not create (?:leading )?directory|failed to read \S*worktrees/
/** Half a second in all. */
const RETRIES = 10

/** Checks a commit out into a folder that is not there yet: without a branch, and without hooks. */
export async function addWorktree(git: Git, { path }: Worktree, commit: string): Promise<void> {
  const add = () => git.run('worktree', 'add', '--detach', '--quiet', path, commit)
  let outcome = await add()
  for (let n = 1; n <= RETRIES && outcome.code !== 0 && MEANWHILE.test(outcome.stderr); n++) {
    await sleep(10 * n)
    outcome = await add()
  }
  if (outcome.code === 0) return
  const advice = `"git worktree add --detach <folder> ${commit.slice(0, 12)}" by hand says more.`
  throw failure('check out', 'a side of the comparison', complaintOf(outcome), advice)
}

/**
 * Removes a worktree, one of which git itself was killed in the middle as well: that one stays locked, and "git
 * worktree prune" would keep it, but remove worktrees of others which are on a disk that is away.
 */
export async function removeWorktree({ path, shared }: Worktree): Promise<void> {
  if (!isOfWorktree(basename(path))) return
  await removeFolder(path)
  const all = join(shared, 'worktrees')
  await removeFolder(join(all, basename(path)))
  // Git does the same after its last worktree.
  const left = await readdir(all).catch(() => undefined)
  if (left?.length === 0) await rmdir(all).catch(() => {})
}

/** Removes a folder into which a process may still be writing. */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

/**
 * How the files of a repository differ from what is committed: paths from its topmost folder, and a fingerprint that is
 * equal for equal contents, judged by sizes and times of files. What git ignores does not count.
 *
 * @param git in the repository's topmost folder.
 * @param commit what the files are compared with.
 */
export async function workingTreeOf(git: Git, commit = 'HEAD') {
  const [changed, added] = await Promise.all([
    pathsOf(git, 'diff', '--name-only', '--no-renames', '--no-ext-diff', '-z', commit, '--'),
    pathsOf(git, 'ls-files', '--others', '--exclude-standard', '-z'),
  ])
  const paths = [...new Set([...changed, ...added])].sort()
  const hash = createHash('sha256')
  for (const path of paths) {
    const file = fileAt(git.folder, path)
    hash.update(JSON.stringify([path, file?.mode, file?.size, file?.mtimeMs]))
  }
  return { paths, fingerprint: hash.digest('hex') }
}

/** Brings a worktree of the commit to the state of the working tree. */
export async function copyChanges(from: string, to: string, { paths }: { paths: readonly string[] }): Promise<void> {
  for (const path of paths) {
    const target = join(to, path)
    const file = fileAt(from, path)
    // A folder is a repository of its own, as a submodule is: `setup` fetches those.
    if (file?.isDirectory()) continue
    await rm(target, { recursive: true, force: true })
    if (file === undefined) continue
    await mkdir(dirname(target), { recursive: true })
    if (file.isSymbolicLink()) await cp(join(from, path), target, { verbatimSymlinks: true })
    else if (file.isFile()) await copyFile(join(from, path), target)
  }
}

const fileAt = (folder: string, path: string): Stats | undefined => tried(() => lstatSync(join(folder, path)))

/** Paths that a command lists, each ended by a zero. */
export async function pathsOf(git: Git, ...args: string[]): Promise<string[]> {
  const outcome = await git.run(...args)
  if (outcome.code === 0) return outcome.stdout.split('\0').filter(path => path !== '')
  const advice = 'Run "git status" there: it says more.'
  throw failure('copy', 'the working tree for the comparison', complaintOf(outcome), advice)
}
