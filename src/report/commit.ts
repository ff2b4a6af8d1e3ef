import { gitIn } from '../ground/git.ts'

/**
 * The commit that is checked out where a folder lies: `1a2b3c4d5`, with `-dirty` where files were changed since.
 * Undefined outside of a repository, and without git.
 */
export const commitOf = (folder: string): string | undefined =>
  gitIn(folder, 'describe', '--always', '--dirty', '--abbrev=9', '--exclude=*')

/** Subject line of that commit, at most 200 characters. Undefined as above. */
export const subjectOfCommit = (folder: string): string | undefined =>
  gitIn(folder, 'log', '-1', '--format=%s')?.slice(0, 200)
