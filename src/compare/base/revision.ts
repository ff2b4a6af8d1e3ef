import type { Git } from './git.ts'

/** One state of the sources, as people know it. */
export interface Revision {
  /** Of the commit, whole. */
  commit: string
  /** As short as the repository allows. */
  hash: string
  /** First line of the commit's message. */
  subject: string
  /** Whether the files are not as they were committed. */
  isChanged?: boolean
}

/** The commit that a name means; undefined where it means none. */
export async function revisionOf(git: Git, name: string): Promise<Revision | undefined> {
  const text = await git.ask(
    'log',
    '-1',
    '--no-show-signature',
    '--encoding=UTF-8',
    '--format=%H%n%h%n%s',
    `${name}^{commit}`,
    '--',
  )
  if (text === undefined) return undefined
  const [commit = '', hash = '', subject = ''] = text.split('\n')
  return { commit, hash, subject }
}

/** `1a2b3c4 "Carts are cheaper"` */
export function nameOf({ hash, subject }: Revision): string {
  return `${hash} "${subject.length > 72 ? `${subject.slice(0, 71)}…` : subject}"`
}

/** Whether files that git knows differ from what was committed: not what builds and runs leave beside them. */
export async function isChanged(git: Git): Promise<boolean> {
  return (await git.ask('status', '--porcelain', '--untracked-files=no', '--ignore-submodules=dirty')) !== undefined
}
