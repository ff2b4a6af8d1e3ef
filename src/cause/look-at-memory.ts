import { performance } from 'node:perf_hooks'
import { sleep } from '../ground/timers.ts'
import type { Milliseconds } from '../ground/units.ts'
import { assertProfiled, type LookOptions, launched } from './look.ts'
import { type Checkpoint, checkpointOf } from './memory.ts'

/** Memory of a launch at its start, and while it has load. */
interface MemoryLook {
  start: Checkpoint
  checkpoints: readonly Checkpoint[]
  /** Requests from the first checkpoint to the last. */
  requests: number
}

const CHECKPOINTS = 5
const LONGEST: Milliseconds = 20_000

/** Reads the memory of one launch under load several times. Rejects with the reason if that cannot be done. */
export function lookAtMemory(options: LookOptions & { checkout: string }): Promise<MemoryLook> {
  return launched(options, LONGEST, async (launch, times, signal) => {
    const look = async () => checkpointOf(await launch.profilers!.heap(), options.checkout)
    const start = await look()
    assertProfiled(launch)
    const over = new AbortController()
    const checkpoints: Checkpoint[] = []
    const at: Milliseconds[] = []
    const looks = (async () => {
      const from = performance.now() + times.warmUp
      for (let i = 0; i < CHECKPOINTS; i++) {
        await sleep(Math.max(0, from + (i * times.duration) / CHECKPOINTS - performance.now()))
        if (over.signal.aborted) return
        at.push(performance.now())
        checkpoints.push(await look())
      }
    })()
    const { rps } = await options.load(launch, times, signal).finally(() => over.abort())
    await looks
    return { start, checkpoints, requests: (rps * ((at.at(-1) ?? 0) - (at[0] ?? 0))) / 1_000 }
  })
}
