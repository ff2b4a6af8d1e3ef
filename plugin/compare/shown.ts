import { relative } from 'node:path'
import { MERGE_BASE } from '../../src/compare/base/choose.ts'
import { branchOfBase, branchOfHead, nameOfRef, proposed } from '../../src/compare/base/default-branch.ts'
import { Git, type Revision } from '../../src/compare/base/git.ts'
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
