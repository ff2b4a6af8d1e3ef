import { createHash, randomUUID } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { cp, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'

/** Builds that are kept in a folder; the oldest goes first. */
const MOST = 5

/** Name of base as its setup leaves it: another commit, command or machine makes another one. */
export function nameOfBuild(commit: string, setup: string, cwd: string): string {
  const { platform, arch, version } = process
  const about = createHash('sha256').update(JSON.stringify([setup, cwd, platform, arch, version]))
  return `${commit}-${about.digest('hex').slice(0, 12)}`
}

/** Makes a fresh worktree what a kept build was; whether there was one. */
export async function restoreBuild(cache: string, name: string, worktree: string): Promise<boolean> {
  const kept = join(cache, name)
  if (!existsSync(kept)) return false
  await copy(kept, worktree)
  return true
}

/** Keeps a worktree as its setup has left it, before anything runs there. Git leaves the folder out. */
export async function keepBuild(cache: string, name: string, worktree: string): Promise<void> {
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
export async function copyAnew(worktree: string): Promise<void> {
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
