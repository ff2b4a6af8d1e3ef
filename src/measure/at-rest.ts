import type { Milliseconds } from '../ground/units.ts'
import type { Reading } from './probe.ts'

const BETWEEN_LOOKS: Milliseconds = 100
const MOST_LOOKS = 10
/** CPU time from one look to the next, at most: known to the nanosecond, and in ticks of Linux. */
const IDLE: Record<'fine' | 'ticks', Milliseconds> = { fine: 2, ticks: 10 }

/**
 * Waits until a fresh application has started all of its processes: workers of a cluster that listen later than the
 * first get none of the connections that are opened before. Resolves after a second in any case, and at once if there
 * is nothing to look at.
 *
 * @param pause waits for a time.
 */
export async function untilAtRest(
  look: () => Promise<Pick<Reading, 'cpuTime' | 'isFine' | 'processes'> | undefined>,
  pause: (length: Milliseconds) => Promise<unknown>,
): Promise<void> {
  let before = await look()
  for (let looks = 0; before !== undefined && looks < MOST_LOOKS; looks++) {
    await pause(BETWEEN_LOOKS)
    const now = await look()
    if (now === undefined) return
    const used = now.cpuTime - before.cpuTime
    if (used <= IDLE[now.isFine ? 'fine' : 'ticks'] && now.processes === before.processes) return
    before = now
  }
}
