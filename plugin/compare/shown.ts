import { relative } from 'node:path'
import { MERGE_BASE } from '../../src/compare/base/choose.ts'
import { defaultBranch, targetOf } from '../../src/compare/base/default-branch.ts'
import { Git, type Revision, revisionOf } from '../../src/compare/base/git.ts'
import type { ComparedBudget, Comparison } from '../../src/compare/comparison.ts'
import type { SideName } from '../../src/compare/pair.ts'
import { Secrets } from '../../src/workflow/secrets.ts'
import { addSecretsOf } from '../server/secrets.ts'
import { type BaseSource, COMMIT_VARIABLE, isOfJob, type ResolvedCompareOptions } from './options.ts'
import type { CompareSettings } from './settings.ts'
import type { Sides } from './sides.ts'

/** Both sides as people know them: commits with their subjects and branches. */
export async function shownRevisions(
  { base: source }: Pick<ResolvedCompareOptions, 'base'>,
  { root, environment: env }: CompareSettings,
  { base, head }: Sides['revisions'],
  signal: AbortSignal,
): Promise<Pick<Comparison, SideName>> {
  const git = new Git(root, env, signal)
  const isHere = head !== undefined
  const newest = isHere ? ((await proposed(git, env)) ?? head) : undefined
  return {
    base: shown(base, whereFrom(source, root), isHere && base ? await baseBranch(git, source, env, base) : undefined),
    head: shown(
      newest && { ...newest, isChanged: head?.isChanged },
      'the working tree',
      isHere ? await branchOfHead(git, env) : undefined,
    ),
  }
}

function shown(revision: Revision | undefined, from: string, branch: string | undefined): Comparison['base'] {
  const { hash: commit, subject, isChanged } = revision ?? {}
  return { from, commit, subject, branch, isChanged: isChanged || undefined }
}

async function baseBranch(git: Git, source: BaseSource, env: CompareSettings['environment'], { commit }: Revision) {
  if (isOfJob(source)) return branchOfBase(git, env, commit)
  if (source.from !== 'git') return undefined
  return source.ref === MERGE_BASE ? branchOfBase(git, env, commit) : nameOfRef(git, source.ref)
}

type Environment = CompareSettings['environment']

/** Variables of CI with the branch of a change. */
const SOURCES = [
  'GITHUB_HEAD_REF',
  'CI_MERGE_REQUEST_SOURCE_BRANCH_NAME',
  'BITBUCKET_BRANCH',
  'SYSTEM_PULLREQUEST_SOURCEBRANCH',
  'CHANGE_BRANCH',
]

/** The branch that head is, as CI says or as it is checked out. */
async function branchOfHead(git: Git, env: Environment): Promise<string | undefined> {
  const told = SOURCES.map(name => env[name])
    .find(Boolean)
    ?.replace(/^refs\/heads\//, '')
  return told ?? git.ask('symbolic-ref', '--quiet', '--short', 'HEAD')
}

/**
 * The branch that a change is to go into, or that it is on, if the commit is part of it: as git has it here, or of a
 * branch that is not here, as the service itself says.
 */
async function branchOfBase(git: Git, env: Environment, commit: string): Promise<string | undefined> {
  const target = targetOf(env)?.name
  const name = target ?? (await defaultBranch(git, env))?.name
  const refs = [`refs/heads/${name}`, `refs/remotes/*/${name}`]
  if (await git.ask('for-each-ref', `--contains=${commit}`, ...refs)) return name
  if (target === undefined || (await git.ask('for-each-ref', ...refs))) return undefined
  const merged = (await proposed(git, env)) && (await git.ask('rev-parse', 'HEAD^'))
  return [merged, env.CI_MERGE_REQUEST_DIFF_BASE_SHA].includes(commit) ? name : undefined
}

/** The branch or tag that a name means: `develop` of `develop...`; undefined of a hash. */
async function nameOfRef(git: Git, ref: string): Promise<string | undefined> {
  const whole = await git.ask('rev-parse', '--symbolic-full-name', ref.replace(/\.\.\.$/, ''))
  return whole?.replace(/^refs\/(?:heads|tags|remotes\/[^/]+)\//, '')
}

/** The newest commit of a pull request, if a merge of it is checked out, which has a subject that says nothing. */
async function proposed(git: Git, env: Environment): Promise<Revision | undefined> {
  return /^refs\/pull\/\d+\/merge$/.test(env.GITHUB_REF ?? '') ? revisionOf(git, 'HEAD^2') : undefined
}

/**
 * Origin of base, in public form: commands hold tokens, and URLs passwords. A folder that a job has made is gone when
 * its report is read.
 */
export function whereFrom(base: BaseSource, root: string): string {
  if (base.from === 'git') return isOfJob(base) ? COMMIT_VARIABLE : `git ${base.ref}`
  if (base.from === 'folder') return isOfJob(base) ? base.by : relative(root, base.folder) || '.'
  if (base.from === 'command') return 'another command'
  const { origin, pathname } = new URL(base.url)
  return `${origin}${pathname}`
}

/** Secrets that are never shown of a comparison with these settings. */
export function secretsOf({ confidential = {} }: CompareSettings): Secrets {
  const secrets = new Secrets()
  addSecretsOf(confidential, secrets)
  return secrets
}

/** A comparison without its secrets: subjects of commits, causes and reasons may hold them. */
export function maskedComparison(comparison: Comparison, secrets: Secrets): Comparison {
  const finding = (found: ComparedBudget) => ({ ...found, why: secrets.maskAll(found.why) })
  const { base, head, notes, cause, budgets, beside, accepted, acceptedElsewhere, differences } = comparison
  return {
    ...comparison,
    ...{ base: secrets.maskAll(base), head: secrets.maskAll(head), notes: secrets.maskAll(notes) },
    differences: differences && secrets.maskAll(differences),
    cause: cause === undefined ? undefined : secrets.mask(cause),
    budgets: budgets.map(finding),
    beside: beside.map(finding),
    accepted: accepted && secrets.maskAll(accepted),
    acceptedElsewhere: acceptedElsewhere && secrets.maskAll(acceptedElsewhere),
  }
}
