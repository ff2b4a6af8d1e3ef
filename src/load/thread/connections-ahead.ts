import type { TransportOptions } from '../../http/transport.ts'
import type { Plan } from '../../workflow/plan.ts'
import type { ThreadShare } from '../pace/arrivals.ts'
import { type LoadPlan, steadyUsers, usersOfThread } from '../plan/load-plan.ts'

/** Requests of a run, and how many of them are in flight at once. */
type Requests = Pick<Plan, 'requestsPerRun' | 'requestsAtOnce'>

/**
 * One for each request that a user has in flight; in open models, where the number of users is not known, enough for
 * responses within 20 ms.
 */
export function connectionsAhead(
  plan: LoadPlan,
  share: ThreadShare,
  { requestsAtOnce }: Requests,
  { connections }: TransportOptions,
): number {
  const users = usersOfThread(plan, share) * requestsAtOnce
  if (plan.kind === 'adaptive') return Math.max(1, Math.ceil(plan.from / share.count) * requestsAtOnce)
  const rate = plan.kind === 'capacity' ? plan.from : plan.model === 'open' ? plan.rate : 0
  const wanted = plan.model === 'closed' ? users : Math.ceil((rate / share.count) * 0.02) * requestsAtOnce
  return Math.max(1, Math.min(wanted, users, connections ?? Number.POSITIVE_INFINITY))
}

/**
 * Every user at once may have a request in flight, and several where steps run at the same time; where one had to wait
 * for a connection, it would wait for us.
 */
export function connectionsOf(plan: LoadPlan, share: ThreadShare, requests: Requests): number {
  const { requestsPerRun, requestsAtOnce } = requests
  return Math.max(128, usersOfThread(plan, share) * (requestsAtOnce > 1 ? requestsPerRun : 1))
}

/** Numbers of the users that a thread makes ready before its load begins: all, or the first where more may follow. */
export function usersAhead(plan: LoadPlan, share: ThreadShare): number[] {
  const users = steadyUsers(plan) === undefined ? 1 : usersOfThread(plan, share)
  return Array.from({ length: users }, (_, i) => share.index + i * share.count)
}
