import { defaultBranch, targetOf } from './default-branch.ts'
import type { Git } from './git.ts'
import { type Revision, revisionOf } from './revision.ts'

type Environment = Record<string, string | undefined>

/** Where CI says from which branch a change comes. */
const SOURCES = [
  'GITHUB_HEAD_REF',
  'CI_MERGE_REQUEST_SOURCE_BRANCH_NAME',
  'BITBUCKET_BRANCH',
  'SYSTEM_PULLREQUEST_SOURCEBRANCH',
  'CHANGE_BRANCH',
]

/** The branch that head is, as CI says or as it is checked out. */
export async function branchOfHead(git: Git, env: Environment): Promise<string | undefined> {
  const told = SOURCES.map(name => env[name])
    .find(Boolean)
    ?.replace(/^refs\/heads\//, '')
  return told ?? git.ask('symbolic-ref', '--quiet', '--short', 'HEAD')
}

/**
 * The branch that a change is to go into, or that it is on, if the commit is part of it: as git has it here, or of a
 * branch that is not here, as the service itself says.
 */
export async function branchOfBase(git: Git, env: Environment, commit: string): Promise<string | undefined> {
  const target = targetOf(env)?.name
  const name = target ?? (await defaultBranch(git, env))?.name
  const refs = [`refs/heads/${name}`, `refs/remotes/*/${name}`]
  if (await git.ask('for-each-ref', `--contains=${commit}`, ...refs)) return name
  if (target === undefined || (await git.ask('for-each-ref', ...refs))) return undefined
  const merged = (await proposed(git, env)) && (await git.ask('rev-parse', 'HEAD^'))
  return [merged, env.CI_MERGE_REQUEST_DIFF_BASE_SHA].includes(commit) ? name : undefined
}

/** The branch or tag that a name means: `develop` of `develop...`; undefined of a hash. */
export async function nameOfRef(git: Git, ref: string): Promise<string | undefined> {
  const whole = await git.ask('rev-parse', '--symbolic-full-name', ref.replace(/\.\.\.$/, ''))
  return whole?.replace(/^refs\/(?:heads|tags|remotes\/[^/]+)\//, '')
}

/** The newest commit of a pull request, if a merge of it is checked out, which has a subject that says nothing. */
export async function proposed(git: Git, env: Environment): Promise<Revision | undefined> {
  return /^refs\/pull\/\d+\/merge$/.test(env.GITHUB_REF ?? '') ? revisionOf(git, 'HEAD^2') : undefined
}
