import { readFileSync } from 'node:fs'
import { didYouMean } from '../../ground/errors.ts'
import { tried } from '../../ground/tried.ts'
import { capitalized, counted } from '../../ground/words.ts'
import type { SideName } from '../pair.ts'
import { defaultBranch, targetOf } from './default-branch.ts'
import { type Git, isChanged, nameOf, noBase, type Revision, revisionOf } from './git.ts'

type Environment = Record<string, string | undefined>

/** Advice for a history that is too short. */
const CLONE_WHOLE = 'clone it whole: "fetch-depth: 0" of actions/checkout, "GIT_DEPTH: 0" of GitLab'
const DEEPEN = `Fetch all of it, "git fetch --unshallow", or in CI ${CLONE_WHOLE}.`

/** Start of a change, as named in options. */
export const MERGE_BASE = 'merge-base'

interface Around {
  env: Environment
  /** In CI, files that differ from what was committed were changed by the job itself. */
  isCi: boolean
  /** Whether a job has found the commit, in a clone that may be cut off between it and head. */
  isOfJob?: boolean | undefined
}

/**
 * The commit that head is compared with; with notes about the two for the reader, as sentences without a full stop.
 *
 * @param ref `merge-base`, anything that means a commit, or `main...`: where head left that branch, as in `git diff`.
 */
export async function chooseBase(git: Git, ref: string, around: Around) {
  const head = await revisionOf(git, 'HEAD')
  if (head === undefined) throw noBase('there is no commit yet', 'Commit, and there is a base from the next commit on.')
  head.isChanged = await isChanged(git)
  const { base, notes } = await baseFor(git, ref, head, around)
  if (head.isChanged) notes.push(changedNote('head', head))
  if (head.commit === base.commit && !head.isChanged) notes.push(sameNote(head))
  return { base, head, notes }
}

export function changedNote(side: SideName, revision: Revision): string {
  return `${side} is the working tree: ${nameOf(revision)} with changes that are not committed`
}

export function sameNote(revision: Revision): string {
  return `base and head are the same commit, ${nameOf(revision)}: nothing has changed, and what differs is noise`
}

type Found = { base: Revision; notes: string[] }

async function baseFor(git: Git, ref: string, head: Revision, around: Around): Promise<Found> {
  if (ref === MERGE_BASE) return whereHeadBegan(git, head, around)
  if (ref.endsWith('...')) {
    const other = ref.slice(0, -3)
    return { base: await mergeBase(git, await fullNameOf(git, other), other), notes: [] }
  }
  const name = await fullNameOf(git, ref)
  const base = (await revisionOf(git, name))!
  if (around.isOfJob) return { base, notes: [] }
  const ahead = Number(await git.ask('rev-list', '--count', `HEAD..${name}`))
  if (!(ahead > 0)) return { base, notes: [] }
  const commits = counted(ahead, 'commit')
  return { base, notes: [`base has ${commits} that head has not; '${ref}...' means the commit where head left it`] }
}

async function whereHeadBegan(git: Git, head: Revision, { env, isCi }: Around): Promise<Found> {
  // A merge that GitHub made to be tested: all that head has more than its first parent is the pull request.
  if (/^refs\/pull\/\d+\/merge$/.test(env.GITHUB_REF ?? '') && (await parentsOf(git)) === 2)
    return { base: await before(git), notes: ['head is the pull request merged into its target, which is base'] }
  const branch = (await defaultBranch(git, env)) ?? (await noDefaultBranch(git, env))
  if (!(await isOn(git, branch))) return { base: await mergeBase(git, branch.ref, branch.name), notes: [] }
  if (head.isChanged && !isCi)
    return {
      base: { ...head, isChanged: false },
      notes: [`head is on ${branch.name} itself, base is what is committed`],
    }
  return { base: await before(git), notes: [`head is on ${branch.name} itself, base is the commit before`] }
}

/** Whether head is on the default branch itself. */
export async function isOnDefaultBranch(git: Git, env: Environment): Promise<boolean> {
  const branch = await defaultBranch(git, env)
  return branch !== undefined && isOn(git, branch)
}

/** Whether the branch itself is checked out, or without a branch, as in CI, a commit of it. */
async function isOn(git: Git, { name, ref }: { name: string; ref: string }): Promise<boolean> {
  const current = await git.ask('symbolic-ref', '--quiet', 'HEAD')
  if (current !== undefined) return current === `refs/heads/${name}`
  return (await git.run('merge-base', '--is-ancestor', 'HEAD', ref)).code === 0
}

/** From the commit itself: parents that were not fetched count as well. */
async function parentsOf(git: Git): Promise<number> {
  const text = (await git.ask('cat-file', 'commit', 'HEAD')) ?? ''
  return text
    .split('\n\n', 1)[0]!
    .split('\n')
    .filter(line => line.startsWith('parent ')).length
}

async function before(git: Git): Promise<Revision> {
  const base = await revisionOf(git, 'HEAD^')
  if (base !== undefined) return base
  if ((await parentsOf(git)) > 0) throw await cutOff(git, 'the commit before head is not here')
  throw noBase(
    'head is the first commit, so there is no commit before it',
    'The next commit has a base; or name one: compare: { cwd }.',
  )
}

async function mergeBase(git: Git, ref: string, name: string): Promise<Revision> {
  const commit = await git.ask('merge-base', 'HEAD', ref)
  const base = commit && (await revisionOf(git, commit))
  if (base && (await isCutOff(git, ref, base)))
    throw await cutOff(git, `head and ${name} may have a newer commit in common than ${nameOf(base)}`)
  if (base) return base
  throw await cutOff(git, `head and ${name} have no commit in common here`)
}

/** Whether history ends before the common ancestor of head and a branch: newer commits may be missing. */
async function isCutOff(git: Git, ref: string, base: Revision): Promise<boolean> {
  if (!(await isShallow(git))) return false
  const file = await git.ask('rev-parse', '--path-format=absolute', '--git-path', 'shallow')
  const ends = new Set(tried(() => readFileSync(file ?? '', 'utf8'))?.split('\n'))
  const between = await git.ask('rev-list', 'HEAD', ref, `^${base.commit}`)
  return (between?.split('\n') ?? []).some(commit => ends.has(commit))
}

async function cutOff(git: Git, found: string): Promise<Error> {
  if (await isShallow(git)) return noBase(`${found}, since the clone is shallow`, DEEPEN)
  const before = (await parentsOf(git)) > 0 ? "{ git: 'HEAD^' }, or " : ''
  return noBase(found, `Name the base: compare: ${before}{ cwd } of another checkout.`)
}

async function noDefaultBranch(git: Git, env: Environment): Promise<never> {
  const target = targetOf(env)
  const [remote, isCut, name] = await Promise.all([git.ask('remote'), isShallow(git), howToName(git)])
  const origin = remote?.split('\n')[0]
  if (target !== undefined) {
    const found = `${target.variable} says that the change is for "${target.name}", a branch that is not here`
    if (origin === undefined) throw noBase(found, `${capitalized(name)}.`)
    const fetch = `git fetch ${origin} 'refs/heads/${target.name}:refs/remotes/${origin}/${target.name}'`
    throw noBase(found, isCut ? DEEPEN : `Fetch it: "${fetch}".`)
  }
  const found = 'nothing says which branch is the default one: no remote has a HEAD, and none is called main or master'
  if (origin === undefined) throw noBase(found, `${capitalized(name)}.`)
  // A clone of one branch fetches no other, and then no branch is there that the remote's HEAD could name.
  const fetch = `git remote set-branches ${origin} '*' && git fetch${isCut ? ' --unshallow' : ''} ${origin}`
  const advice = `Write "${fetch} && git remote set-head ${origin} --auto", or ${name}.`
  if (!isCut) throw noBase(found, advice)
  throw noBase(`${found}, and the clone is shallow`, `${advice} In CI, ${CLONE_WHOLE}.`)
}

/** How users name a base themselves: by a branch that is here and is not head's, and by a commit. */
async function howToName(git: Git): Promise<string> {
  const current = await git.ask('symbolic-ref', '--quiet', '--short', 'HEAD')
  const all = await git.ask('for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads', 'refs/remotes')
  const other = all
    ?.split('\n')
    .find(name => name !== current && !name.endsWith(`/${current}`) && !/\/HEAD$/.test(name))
  const branch = other === undefined ? '' : `name the branch: compare: { git: '${other}...' }, or `
  return `${branch}set VITEST_ARAZZO_BASE_COMMIT to a commit`
}

/** Full name of a commit in git. A branch that only a remote has can be given by its plain name. */
async function fullNameOf(git: Git, name: string): Promise<string> {
  const remotes = (await git.ask('remote'))?.split('\n') ?? []
  for (const full of [name, ...remotes.map(remote => `refs/remotes/${remote}/${name}`)])
    if (await git.ask('rev-parse', '--verify', '--quiet', `${full}^{commit}`)) return full
  const found = `there is no commit "${name}" here`
  if (await isShallow(git)) throw noBase(`${found}, and the clone is shallow`, DEEPEN)
  const known = await git.ask('for-each-ref', '--format=%(refname:short)', 'refs/heads', 'refs/remotes', 'refs/tags')
  const names = (known?.split('\n') ?? []).flatMap(short => [short, short.replace(/^[^/]+\//, '')])
  const guess = didYouMean(name, [MERGE_BASE, 'HEAD', ...names])
  throw noBase(
    found,
    guess ? `Did you mean "${guess}"?` : '"git branch --all" lists what there is; fetch it, or write another.',
  )
}

/** The folder of a repository without files of its own is not looked at: its history may be cut off all the same. */
async function isShallow(git: Git): Promise<boolean> {
  return (await git.ask('rev-parse', '--is-shallow-repository')) === 'true'
}
