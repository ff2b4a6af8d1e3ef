import { failure } from '../../ground/fault.ts'
import { complaintOf, type Git } from './git.ts'

/** The repository that a folder lies in. */
export interface Repository {
  /** Topmost folder of its files, without symbolic links. */
  top: string
  /** Git folder shared by all worktrees. */
  shared: string
  /** The folder that was asked about, from the topmost one: `packages/api`, `.`. */
  within: string
}

/** Repository of git's folder. Throws, with advice, if there is no repository with a working tree. */
export async function repositoryOf(git: Git): Promise<Repository> {
  const format = ['--path-format=absolute', '--show-toplevel', '--git-common-dir', '--show-prefix']
  const outcome = await git.run('rev-parse', ...format)
  const [top = '', shared = '', within = ''] = outcome.stdout.split('\n')
  if (outcome.code === 0) return { top, shared, within: within.replace(/\/$/, '') || '.' }
  const complaint = complaintOf(outcome)
  if (/not a git repository/i.test(complaint))
    throw noBase(
      `${git.folder} is in no git repository`,
      'Name the base without git: compare: { cwd }, { command } or { url }.',
    )
  if (/must be run in a work tree/i.test(complaint))
    throw noBase(
      `${git.folder} is in a bare repository, which has no files`,
      'Run Vitest in a clone or a worktree of it.',
    )
  throw noBase(complaint, 'Run "git status" there: it says more.')
}

/** The folder of a repository without files of its own is not looked at: its history may be cut off all the same. */
export async function isShallow(git: Git): Promise<boolean> {
  return (await git.ask('rev-parse', '--is-shallow-repository')) === 'true'
}

export function noBase(found: string, advice: string): Error {
  return failure('find', 'the base of the comparison', found, advice)
}

/** Advice for a history that is too short. */
export const CLONE_WHOLE = 'clone it whole: "fetch-depth: 0" of actions/checkout, "GIT_DEPTH: 0" of GitLab'
export const DEEPEN = `Fetch all of it, "git fetch --unshallow", or in CI ${CLONE_WHOLE}.`
