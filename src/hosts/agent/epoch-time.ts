import { performance } from 'node:perf_hooks'
import type { Milliseconds } from '../../ground/units.ts'

/** This clock, in milliseconds since the epoch, with fractions. It goes on steadily when the system's is set. */
export const epochTime = (): Milliseconds => performance.timeOrigin + performance.now()
