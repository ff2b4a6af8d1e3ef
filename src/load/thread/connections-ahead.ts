import type { TransportOptions } from '../../http/transport.ts'
import type { ThreadShare } from '../pace/arrivals.ts'
import { type LoadPlan, steadyUsers, usersOfThread } from '../plan/load-plan.ts'

/** One for each user; in open models, where their number is not known, enough for responses within 20 ms. */
export function connectionsAhead(plan: LoadPlan, share: ThreadShare, { connections }: TransportOptions): number {
  const users = usersOfThread(plan, share)
  if (plan.kind === 'adaptive') return Math.max(1, Math.ceil(plan.from / share.count))
  const rate = plan.kind === 'capacity' ? plan.from : plan.model === 'open' ? plan.rate : 0
  const wanted = plan.model === 'closed' ? users : Math.ceil((rate / share.count) * 0.02)
  return Math.max(1, Math.min(wanted, users, connections ?? Number.POSITIVE_INFINITY))
}

/** Every user at once may have a request in flight; where one had to wait for a connection, it would wait for us. */
export function connectionsOf(plan: LoadPlan, share: ThreadShare): number {
  return Math.max(128, usersOfThread(plan, share))
}

/** Numbers of the users that a thread makes ready before its load begins: all, or the first where more may follow. */
export function usersAhead(plan: LoadPlan, share: ThreadShare): number[] {
  const users = steadyUsers(plan) === undefined ? 1 : usersOfThread(plan, share)
  return Array.from({ length: users }, (_, i) => share.index + i * share.count)
}
