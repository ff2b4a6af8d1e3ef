import type { BlockReading, SideResult } from '../../../src/load/thread/duet/protocol.ts'

const nothing = { due: 0, dropped: 0, started: 0, passed: 0, failed: 0, aborted: 0 }

/** A side of which nothing is known but these looks at it. */
export const sideWith = (readings: BlockReading[]): SideResult => ({
  answers: [],
  requests: 0,
  iterations: nothing,
  started: 0,
  measured: 90 * (readings.length - 2),
  readings,
  slices: [],
  prices: [],
  warmedUp: 0,
  inTurns: 0,
})
