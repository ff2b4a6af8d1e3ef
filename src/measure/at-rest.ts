import type { Milliseconds } from '../ground/units.ts'
import { type Clock, realClock } from './clock.ts'
import type { Reading } from './probe.ts'

const BETWEEN_LOOKS: Milliseconds = 100
/** Longest wait while an application works a little, and while a process of it seems to start. */
const [LONGEST, LONGEST_START]: [Milliseconds, Milliseconds] = [1_000, 4_000]
/** CPU time from one look to the next, at most: known to the nanosecond, in ticks of Linux, and unless one starts. */
const IDLE = { fine: 2, ticks: 10, started: 30 }

/**
 * Waits until a fresh application has started all of its processes: workers of a cluster that listen later than the
 * first get none of the connections that are opened before. Resolves after 4 s in any case, after 1 s if it uses less
 * than a third of a core, and at once if there is nothing to look at.
 *
 * @param pause waits for a time.
 */
export async function untilAtRest(
  look: () => Promise<Pick<Reading, 'cpuTime' | 'isFine' | 'processes'> | undefined>,
  pause: (length: Milliseconds) => Promise<unknown>,
  clock: Pick<Clock, 'now'> = realClock,
): Promise<void> {
  const began = clock.now()
  let before = await look()
  while (before !== undefined && clock.now() - began < LONGEST_START) {
    await pause(BETWEEN_LOOKS)
    const now = await look()
    if (now === undefined) return
    const used = now.cpuTime - before.cpuTime
    const most = clock.now() - began > LONGEST ? IDLE.started : IDLE[now.isFine ? 'fine' : 'ticks']
    if (used <= most && now.processes === before.processes) return
    before = now
  }
}
