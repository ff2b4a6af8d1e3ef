import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'

/** A repository that takes longer than this to say what has changed is not waited for. */
const PATIENCE: Milliseconds = 5_000

/**
 * The commit that is checked out where a folder lies: `1a2b3c4d5`, with `-dirty` where files were changed since.
 * Undefined outside of a repository, and without git.
 */
export const commitOf = (folder: string): string | undefined =>
  gitIn(folder, ['describe', '--always', '--dirty', '--abbrev=9', '--exclude=*'])

/** Subject line of that commit, at most 200 characters. Undefined as above. */
export const subjectOfCommit = (folder: string): string | undefined =>
  gitIn(folder, ['log', '-1', '--format=%s'])?.slice(0, 200)

function gitIn(folder: string, args: readonly string[]): string | undefined {
  const text = tried(() =>
    execFileSync('git', args, {
      cwd: folder,
      // It takes no lock that somebody's own command may want.
      env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' },
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
      timeout: PATIENCE,
    }),
  )
  return text?.trim() || undefined
}
