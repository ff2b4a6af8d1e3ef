import { readFileSync } from 'node:fs'
import { tried } from '../../ground/tried.ts'
import { type Git, type Revision, revisionOf } from './git.ts'

type Environment = Record<string, string | undefined>

/** Variables of CI with the target branch of a change. */
const TARGETS = [
  'GITHUB_BASE_REF',
  'CI_MERGE_REQUEST_TARGET_BRANCH_NAME',
  'BITBUCKET_PR_DESTINATION_BRANCH',
  'SYSTEM_PULLREQUEST_TARGETBRANCH',
  'CHANGE_TARGET',
]

const USUAL = ['main', 'master']

/** Target branch in CI; undefined if no change is to be merged. */
export function targetOf(env: Environment): { variable: string; name: string } | undefined {
  for (const variable of TARGETS) {
    const name = env[variable]?.replace(/^refs\/heads\//, '')
    if (name) return { variable, name }
  }
  return undefined
}

/**
 * The branch into which a change is to go, as CI says; else the default one of the remote, as it was when the
 * repository was cloned; else what usually is it. Without asking the remote: that takes a network, and credentials.
 */
export async function defaultBranch(git: Git, env: Environment): ReturnType<typeof firstOf> {
  const remotes = await remotesOf(git)
  const target = targetOf(env)
  if (target) return firstOf(git, [target.name], remotes)
  for (const remote of remotes) {
    const ref = await git.ask('symbolic-ref', '--quiet', `refs/remotes/${remote}/HEAD`)
    if (ref && (await exists(git, ref))) return { name: ref.slice(`refs/remotes/${remote}/`.length), ref }
  }
  const told = [env.CI_DEFAULT_BRANCH, nameInEvent(env), await git.ask('config', 'init.defaultBranch')]
  return firstOf(git, [...told.filter(name => name !== undefined), ...USUAL], remotes)
}

/** Remotes, the likeliest first: `origin`, the one that the branch follows, and others. */
async function remotesOf(git: Git): Promise<string[]> {
  const all = (await git.ask('remote'))?.split('\n') ?? []
  const branch = await git.ask('symbolic-ref', '--quiet', '--short', 'HEAD')
  const own = branch && (await git.ask('config', `branch.${branch}.remote`))
  return [
    ...new Set([...(all.includes('origin') ? ['origin'] : []), ...(own && all.includes(own) ? [own] : []), ...all]),
  ]
}

/**
 * Finds the first of names that is a branch, at a remote, which is where others see it, or else here: with its full
 * name in git, `refs/remotes/origin/main`.
 */
async function firstOf(git: Git, names: readonly string[], remotes: readonly string[]) {
  const places = [...remotes.map(remote => `refs/remotes/${remote}`), 'refs/heads']
  for (const place of places)
    for (const name of names) if (await exists(git, `${place}/${name}`)) return { name, ref: `${place}/${name}` }
  return undefined
}

async function exists(git: Git, ref: string): Promise<boolean> {
  return (await git.ask('rev-parse', '--verify', '--quiet', `${ref}^{commit}`)) !== undefined
}

/** GitHub has no variable for it, but each job has a file with its event. */
function nameInEvent({ GITHUB_EVENT_PATH: path }: Environment): string | undefined {
  return tried(() => {
    const event = JSON.parse(readFileSync(path ?? '', 'utf8')) as { repository?: { default_branch?: unknown } }
    const name = event.repository?.default_branch
    return typeof name === 'string' ? name : undefined
  })
}

/** Variables of CI with the branch of a change. */
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
