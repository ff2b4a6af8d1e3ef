import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { tried } from './tried.ts'
import type { Milliseconds } from './units.ts'

type Environment = Record<string, string | undefined>

/** Variables that name a repository, set for instance by a hook that runs tests: git prefers them to the folder. */
const LOCAL = new Set([
  ...['GIT_DIR', 'GIT_WORK_TREE', 'GIT_IMPLICIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_COMMON_DIR', 'GIT_OBJECT_DIRECTORY'],
  ...['GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_NAMESPACE', 'GIT_PREFIX', 'GIT_GRAFT_FILE', 'GIT_SHALLOW_FILE'],
  ...['GIT_INTERNAL_SUPER_PREFIX', 'GIT_QUARANTINE_PATH'],
])

/** An environment in which git finds the repository of the folder that it runs in. */
export function withoutGit(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !LOCAL.has(name)))
}

/** The environment of each call: git asks no questions, takes no optional locks, and fetches no large files. */
export const gitEnvironment = (env: Environment): Environment => ({
  ...withoutGit(env),
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_LFS_SKIP_SMUDGE: '1',
})

/** Settings of each call: nothing that the repository configures is run, and no process stays behind. */
export const GIT_SETTINGS = [
  ['core.hooksPath', process.platform === 'win32' ? 'NUL' : '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['log.showSignature', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['advice.detachedHead', 'false'],
].flatMap(([name, value]) => ['-c', `${name}=${value}`])

/** A repository that takes longer than this is not waited for. */
const PATIENCE: Milliseconds = 5_000

/** Output of a git command in a folder; undefined if it is empty, if the command fails, and without git. */
export function gitIn(folder: string, ...args: readonly string[]): string | undefined {
  const text = tried(() =>
    execFileSync('git', [...GIT_SETTINGS, ...args], {
      cwd: folder,
      env: gitEnvironment(process.env),
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
      timeout: PATIENCE,
    }),
  )
  return text?.trim() || undefined
}
