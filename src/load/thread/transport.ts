import type { TransportError } from '../../http/causes.ts'
import type { Transport, TransportCounters, TransportOptions } from '../../http/transport.ts'
import { createWireTransport } from '../../http/wire/pool.ts'
import type { Plan } from '../../workflow/plan.ts'
import type { ThreadShare } from '../pace/arrivals.ts'
import { type LoadPlan, steadyUsers, usersOfThread } from '../plan/load-plan.ts'
import type { Http1Name, TransportChoice } from '../plan/transport-choice.ts'

/** The transport that was chosen. undici is only loaded where it is used: it takes 100 ms of a thread's start. */
export async function createTransport(
  { name, http1 }: Pick<TransportChoice, 'name' | 'http1'>,
  options: TransportOptions,
): Promise<Transport> {
  if (name !== 'http2') return (await makerOf(name))(options)
  const { createHttp2Transport } = await import('../../http/h2/pool.ts')
  const make = http1 && (await makerOf(http1))
  return createHttp2Transport(options, make && ((counters: TransportCounters) => make(options, counters)))
}

/** Transport of a thread's share of a load. */
export function transportOfShare(
  choice: Pick<TransportChoice, 'name' | 'http1'>,
  load: LoadPlan,
  share: ThreadShare,
  plan: Plan,
  connections: TransportOptions,
): Promise<Transport> {
  return createTransport(choice, { connections: connectionsOf(load, share, plan), ...connections, tls: plan.tls })
}

/** Opens so many connections to each server ahead. Resolves to the reason if not one can be opened. */
export async function openAhead(
  { origins }: Pick<Plan, 'origins'>,
  transport: Transport,
  connections: number,
): Promise<TransportError | undefined> {
  const attempts = await Promise.allSettled(origins.map(origin => transport.warm(origin, connections)))
  const refusal = attempts.find(attempt => attempt.status === 'rejected')
  return transport.counters.opened === 0 ? (refusal?.reason as TransportError | undefined) : undefined
}

async function makerOf(name: Http1Name) {
  if (name === 'wire') return createWireTransport
  const { createUndiciTransport, undiciClient } = await import('../../http/undici.ts')
  undiciClient() // loaded here, no request waits for it
  return createUndiciTransport
}

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
