import { valueOfBucket } from '../counts/intervals.ts'
import type { AdaptivePlan } from '../plan/limit.ts'
import type { Counted } from './shared-limit.ts'

/** Fewer iterations than this say nothing of how far they lie apart. */
const FEWEST = 10
/** Standard errors that a signal lies beyond what would change nothing, before it is believed early. */
const SURE = 3

type Ended = Counted & { count: number }

/**
 * Whether the signal of these iterations is so far from the latency that more of them would not change on which side it
 * lies: then a window need not wait for as many as it takes near to the latency.
 */
export function isClear(ended: Ended, plan: Pick<AdaptivePlan, 'signal' | 'latency' | 'deadBand'>): boolean {
  if (ended.count < FEWEST) return false
  return plan.signal === 'mean' ? isMeanClear(ended, plan) : isQuantileClear(ended, plan.signal, plan)
}

type Band = Pick<AdaptivePlan, 'latency' | 'deadBand'>

function isMeanClear({ buckets, count, sum }: Ended, { latency, deadBand }: Band): boolean {
  const mean = sum / count
  let squares = 0
  for (let bucket = 0; bucket < buckets.length; bucket++)
    if (buckets[bucket]! > 0) squares += buckets[bucket]! * (valueOfBucket(bucket) - mean) ** 2
  const error = Math.sqrt(squares / (count - 1) / count)
  return Math.abs(mean - latency) > deadBand * latency + SURE * error
}

/** By how many iterations are longer than the band's ends: a share of them is, where the percentile is just there. */
function isQuantileClear({ buckets, count }: Ended, quantile: number, { latency, deadBand }: Band): boolean {
  let [overLower, overUpper] = [0, 0]
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    if (buckets[bucket]! === 0) continue
    const value = valueOfBucket(bucket)
    if (value > latency * (1 - deadBand)) overLower += buckets[bucket]!
    if (value > latency * (1 + deadBand)) overUpper += buckets[bucket]!
  }
  const expected = count * (1 - quantile)
  const error = Math.sqrt(expected * quantile)
  return overLower < expected - SURE * error || overUpper > expected + SURE * error
}
