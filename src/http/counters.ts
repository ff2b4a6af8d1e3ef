import type { TransportCounters } from './transport.ts'

export const noCounts = (): TransportCounters => ({
  opened: 0,
  lost: 0,
  requests: 0,
  reused: 0,
  resent: 0,
  reconnected: 0,
  waits: 0,
  waited: 0,
})

export function addCounters(a: TransportCounters, b: TransportCounters): TransportCounters {
  const sum = { ...a }
  for (const name of Object.keys(sum) as (keyof TransportCounters)[]) sum[name] += b[name]
  return sum
}
