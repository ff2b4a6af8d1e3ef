import process from 'node:process'
import { once } from './once.ts'

/** Bytes of heap in use from which a collection stops a thread for longer than the memory is worth. */
const MOST = 64e6

/**
 * Gives back what loading and preparing left in the heap of this thread; the first call of a thread only. The young
 * generation grows while modules are loaded, and V8 makes it smaller only as it collects all that it can, which it does
 * not by itself in a thread that soon allocates little: 10 MB of the main thread, 7 MB of a load thread, for 30 to 80
 * ms.
 */
export const collectGarbage = once(() => collectAll(MOST))

/** Nothing happens where more than `most` bytes are in use, nor where there is no inspector or it is not permitted. */
export async function collectAll(most: number): Promise<void> {
  if (process.memoryUsage().heapUsed > most) return
  try {
    const { Session } = await import('node:inspector/promises')
    const session = new Session()
    session.connect()
    // A session that is closed while its command calls back waits for itself for ever.
    await session.post('HeapProfiler.collectGarbage')
    session.disconnect()
  } catch {}
}
