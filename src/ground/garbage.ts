import { getHeapStatistics } from 'node:v8'
import { once } from './once.ts'
import type { Bytes } from './units.ts'

/** To collect a heap with more in use stops its thread for longer than the memory is worth. */
const LARGEST_HEAP: Bytes = 64e6

/**
 * Gives back what loading and preparing left in the heap of this thread; the first call of a thread only. The young
 * generation grows while modules are loaded, and V8 makes it smaller only as it collects all that it can, which it does
 * not by itself in a thread that soon allocates little.
 */
export const collectGarbageOnce = once(() => collectGarbage(LARGEST_HEAP))

/**
 * Collects all that can be, in a heap with at most `limit` bytes in use. Nothing happens in a larger one, nor where
 * there is no inspector or it is not permitted.
 */
export async function collectGarbage(limit: Bytes): Promise<void> {
  try {
    if (getHeapStatistics().used_heap_size > limit) return
    const { Session } = await import('node:inspector/promises')
    const session = new Session()
    session.connect()
    // It stays connected: to disconnect would end what other sessions of this thread track of the heap.
    await session.post('HeapProfiler.collectGarbage')
  } catch {}
}
