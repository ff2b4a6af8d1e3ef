import type { TransportCounters } from './transport.ts'

export const noCounts = (): TransportCounters => ({
  opened: 0,
  lost: 0,
  requests: 0,
  reused: 0,
  resent: 0,
  refused: 0,
  reconnected: 0,
  waits: 0,
  waited: 0,
  streams: 0,
  streamsAtOnce: 0,
  mostStreams: 0,
})
