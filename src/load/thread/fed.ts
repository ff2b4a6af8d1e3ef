import type { Milliseconds } from '../../ground/units.ts'
import type { Feed } from '../feed/feed.ts'
import { CalledFeed, UserFeed } from '../feed/feed.ts'
import type { Supplied, ThreadQuery } from './protocol.ts'

/**
 * Asks for what a feed needs before its load begins; resolves when that has come, at once where it asks for nothing.
 *
 * @param users those who are there from the start.
 */
export async function openFed(
  feed: Feed,
  users: readonly number[],
  ask: (query: ThreadQuery) => void,
  now: () => Milliseconds,
): Promise<void> {
  if (feed instanceof CalledFeed) await feed.open({ ask: rows => ask({ type: 'need rows', rows }), now })
  else if (feed instanceof UserFeed) await feed.open(user => ask({ type: 'need row', user }), users)
}

/** Gives a feed what it asked for. */
export function give(feed: Feed, supplied: Supplied): void {
  if (supplied.type === 'rows' && feed instanceof CalledFeed) feed.add(supplied.rows, supplied.isLast)
  else if (supplied.type === 'row' && feed instanceof UserFeed) feed.add(supplied.user, supplied.row)
}
