import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { gitIn } from '../ground/git.ts'

/** Origin of a result, as far as it is known. */
export interface Origin {
  /** Commit of the sources: `1a2b3c4d5`, with `-dirty` where files were changed. */
  commit?: string
  /** Subject line of that commit. */
  subject?: string
  /** Branch of the sources; of a pull request, the one that it wants to merge. */
  branch?: string
  /** Address of the job in CI. */
  ciUrl?: string
}

/** Top folder of the repository in which a folder lies; undefined outside of one. */
export function repositoryOf(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    // A file in worktrees and submodules.
    if (existsSync(join(at, '.git'))) return at
    if (dirname(at) === at) return undefined
  }
}

type Variables = Readonly<Record<string, string | undefined>>

/** @param folder that the sources lie in. @param variables of the environment; default: those of this process. */
export function originOf(folder: string, variables: Variables = process.env): Origin {
  const ci = ofGithub(variables) ?? ofGitlab(variables) ?? {}
  return {
    commit: commitOf(folder) ?? ci.commit?.slice(0, 9),
    subject: subjectOfCommit(folder),
    branch: ci.branch ?? gitIn(folder, 'symbolic-ref', '--short', '--quiet', 'HEAD'),
    ciUrl: ci.ciUrl,
  }
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/variables */
function ofGithub(variables: Variables): Origin | undefined {
  const { GITHUB_ACTIONS, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_SHA } = variables
  if (GITHUB_ACTIONS !== 'true') return undefined
  const { GITHUB_HEAD_REF, GITHUB_REF_NAME, GITHUB_REF_TYPE } = variables
  const branch = GITHUB_HEAD_REF || (GITHUB_REF_TYPE === 'branch' ? GITHUB_REF_NAME : undefined)
  const isKnown = GITHUB_SERVER_URL && GITHUB_REPOSITORY && GITHUB_RUN_ID
  return {
    commit: GITHUB_SHA || undefined,
    branch: branch || undefined,
    ciUrl: isKnown ? `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}` : undefined,
  }
}

/** https://docs.gitlab.com/ci/variables/predefined_variables/ */
function ofGitlab(variables: Variables): Origin | undefined {
  const { GITLAB_CI, CI_COMMIT_SHA, CI_COMMIT_BRANCH, CI_MERGE_REQUEST_SOURCE_BRANCH_NAME } = variables
  if (GITLAB_CI !== 'true') return undefined
  return {
    commit: CI_COMMIT_SHA || undefined,
    branch: CI_MERGE_REQUEST_SOURCE_BRANCH_NAME || CI_COMMIT_BRANCH || undefined,
    ciUrl: variables.CI_JOB_URL || variables.CI_PIPELINE_URL || undefined,
  }
}

/**
 * The commit that is checked out where a folder lies: `1a2b3c4d5`, with `-dirty` where files were changed since.
 * Undefined outside of a repository, and without git.
 */
export const commitOf = (folder: string): string | undefined =>
  gitIn(folder, 'describe', '--always', '--dirty', '--abbrev=9', '--exclude=*')

/** Subject line of that commit, at most 200 characters. Undefined as above. */
export const subjectOfCommit = (folder: string): string | undefined =>
  gitIn(folder, 'log', '-1', '--format=%s')?.slice(0, 200)
