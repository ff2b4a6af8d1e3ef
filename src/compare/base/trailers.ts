import type { Git } from './git.ts'

/** What a commit says is accepted, as it was written. */
export interface Trailer {
  /** Abbreviated hash. */
  commit: string
  author: string
  text: string
}

const KEY = 'Load-Accept'
/** Trailers that are read: whoever writes commits writes as many as they like. */
export const MOST_TRAILERS = 100

/**
 * The trailers `Load-Accept` of commits that head has and base has not, of the newest commit first: a commit comes
 * before its parents, whatever its date.
 */
export async function trailersOf(git: Git, base: string): Promise<Trailer[]> {
  const format = `--format=%h%x00%an%x00%(trailers:key=${KEY},valueonly,unfold,separator=%x0A)%x00`
  const log = ['log', '--topo-order', '--no-show-signature', '--encoding=UTF-8', '-i', `--grep=^${KEY}:`, format]
  const fields = (await git.ask(...log, `${base}..HEAD`, '--'))?.split('\0') ?? []
  const found: Trailer[] = []
  for (let i = 0; i + 2 < fields.length && found.length < MOST_TRAILERS; i += 3) {
    const [commit = '', author = '', values = ''] = fields.slice(i, i + 3)
    const texts = values.split('\n').filter(text => text.trim() !== '')
    found.push(...texts.map(text => ({ commit: commit.trim(), author, text: text.trim() })))
  }
  return found.slice(0, MOST_TRAILERS)
}
