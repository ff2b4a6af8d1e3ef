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
export function commitOf(folder: string): string | undefined {
  const args = ['describe', '--always', '--dirty', '--abbrev=9', '--exclude=*']
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
