import type { Milliseconds } from '../ground/units.ts'
import type { Reading } from './probe.ts'

const BETWEEN_LOOKS: Milliseconds = 50
const MOST_LOOKS = 20
/** CPU time from one look to the next: one tick of Linux may be of the looks themselves. */
const IDLE: Milliseconds = 10

/**
 * Waits until a fresh application has started all of its processes: workers of a cluster that listen later than the
 * first get none of the connections that are opened before. Resolves after a second in any case, and at once if there
 * is nothing to look at.
 *
 * @param pause waits for a time.
 */
export async function untilAtRest(
  look: () => Promise<Pick<Reading, 'cpuTime' | 'processes'> | undefined>,
  pause: (length: Milliseconds) => Promise<unknown>,
): Promise<void> {
  let before = await look()
  for (let looks = 0; before !== undefined && looks < MOST_LOOKS; looks++) {
    await pause(BETWEEN_LOOKS)
    const now = await look()
    if (now === undefined || (now.cpuTime - before.cpuTime <= IDLE && now.processes === before.processes)) return
    before = now
  }
}
