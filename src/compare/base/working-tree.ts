import { createHash } from 'node:crypto'
import { lstatSync, type Stats } from 'node:fs'
import { copyFile, cp, mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { failure } from '../../ground/fault.ts'
import { tried } from '../../ground/tried.ts'
import { complaintOf, type Git } from './git.ts'

/** How the files of a repository differ from what is committed. What git ignores does not count. */
export interface WorkingTree {
  /** Paths from the repository's topmost folder, of files that were changed, added or removed. */
  paths: readonly string[]
  /** Equal for equal contents, judged by sizes and times of files. */
  fingerprint: string
}

/**
 * @param git in the repository's topmost folder.
 * @param commit what the files are compared with.
 */
export async function workingTreeOf(git: Git, commit = 'HEAD'): Promise<WorkingTree> {
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
export async function copyChanges(from: string, to: string, { paths }: WorkingTree): Promise<void> {
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
