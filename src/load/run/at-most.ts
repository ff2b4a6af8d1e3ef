import { sleep as delay } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'

/** Waits for a promise, but no longer than that; rejects as it does. */
export async function atMost(limit: Milliseconds, promise: Promise<unknown>): Promise<void> {
  const late = new AbortController()
  try {
    await Promise.race([promise, delay(limit, undefined, { signal: late.signal }).catch(() => {})])
  } finally {
    late.abort()
  }
}
