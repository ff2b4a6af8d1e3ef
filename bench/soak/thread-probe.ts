/**
 * Loaded ahead of everything else in each thread of the generator, which then tells once a second of its memory. A soak
 * that is asked to leak keeps memory here, in the load thread, as a leak of the product would.
 */
import { setInterval } from 'node:timers'
import { getHeapStatistics } from 'node:v8'
import { BroadcastChannel, getEnvironmentData, isMainThread } from 'node:worker_threads'
import { CHANNEL, COLLECT, LEAK, type ThreadMemory } from './thread-memory.ts'

const BYTES_A_NUMBER = 8

/** @param leak bytes a second that are kept for ever. */
function tellOfMemory(leak: number): void {
  const channel = new BroadcastChannel(CHANNEL)
  const leaked: number[][] = []
  let live: number | undefined
  channel.onmessage = message => {
    if ((message as { data: unknown }).data !== COLLECT) return
    globalThis.gc!()
    live = getHeapStatistics().used_heap_size
  }
  const tell = () => {
    if (leak > 0) leaked.push(Array.from({ length: leak / BYTES_A_NUMBER }, (_, n) => n + 0.5))
    const { total_physical_size: heap } = getHeapStatistics()
    const { external: buffers } = process.memoryUsage()
    const told: ThreadMemory = { isMain: isMainThread, heap, buffers, ...(live !== undefined && { live }) }
    channel.postMessage(told)
  }
  setInterval(tell, 1_000).unref()
  channel.unref()
}

// The first process of a benchmark only starts the one that is pinned to its core.
if (globalThis.gc) tellOfMemory(isMainThread ? 0 : Number(getEnvironmentData(LEAK)))
