import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes in use once all that is garbage has been collected, within the heap and outside of it. */
export async function bytesInUse(): Promise<number> {
  // What a call has just ended with is on its stack, or in a turn of the event loop that is not over.
  await setImmediate()
  collect()
  await setImmediate()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
