import { readFileSync } from 'node:fs'
import { tried } from '../../ground/tried.ts'
import type { Git } from './git.ts'

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
  return [...new Set(['origin', own ?? '', ...all])].filter(remote => all.includes(remote))
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
