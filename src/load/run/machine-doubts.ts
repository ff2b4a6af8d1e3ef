import { formatCount, formatMs, formatShare, type Milliseconds, type Share } from '../../ground/units.ts'
import type { MachineHealth } from '../../measure/machine-watch.ts'
import type { Doubt } from '../../measure/report.ts'
import { shareOf } from './thread-doubts.ts'

/** Less than this the host always takes. */
const STOLEN: Share = 0.01

/** Wall clocks are set in steps from about an eighth of a second on; less is made up for slowly. */
const JUMP: Milliseconds = 100

/** Doubts about the machine under the generator (and, where both are on one, under the application). */
export function doubtsOfMachine({ machine, measured }: { machine: MachineHealth; measured: Milliseconds }): Doubt[] {
  return [...stolen(machine), ...throttled(machine, measured), ...clockJump(machine, measured)]
}

function stolen({ stolen }: MachineHealth): Doubt[] {
  if (stolen === undefined || stolen.share < STOLEN) return []
  const { share, longest } = stolen
  const found =
    `The host took ${formatShare(share, 2)} of this machine's CPU time for others (steal), up to ` +
    `${formatMs(longest)} at a time`
  const cause = 'both generator and API stood still meanwhile'
  const advice = ['run again', 'run on a machine with cores of its own']
  return [{ kind: 'stolen CPU', longest, share, found, cause, advice }]
}

function throttled({ throttled }: MachineHealth, measured: Milliseconds): Doubt[] {
  if (throttled === undefined || throttled.throttled === 0) return []
  const { throttled: times, periods, time } = throttled
  const longest = time / times
  const found =
    `The CPU quota of this container was used up in ${formatCount(times)} of ${formatCount(periods)} periods, and ` +
    `all in it stood still for ${formatMs(time)} altogether`
  const share = shareOf(time, measured)
  return [{ kind: 'throttled CPU', longest, share, found, advice: ['raise the quota (cpu.max)', 'ask for less load'] }]
}

function clockJump({ clockJump }: MachineHealth, measured: Milliseconds): Doubt[] {
  const longest = Math.abs(clockJump)
  if (longest < JUMP) return []
  const way = clockJump > 0 ? 'forwards' : 'back'
  const found = `The wall clock jumped ${formatMs(longest)} ${way}`
  const cause =
    'it was set, or the machine slept. Latencies are taken from another clock, but connections and the API may not ' +
    'have been the same after it'
  const share = shareOf(longest, measured)
  return [{ kind: 'clock jump', longest, share, found, cause, advice: ['run again'] }]
}
