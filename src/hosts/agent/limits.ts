import { failure } from '../../ground/fault.ts'
import { HIGHEST_VUS } from '../../ground/fields.ts'
import { formatBytes, formatCount, formatMs, type Milliseconds } from '../../ground/units.ts'
import { longestRun, peakOf } from '../../load/plan/load-plan.ts'
import type { RunTask } from '../../load/thread/protocol.ts'
import { environmentOf } from '../../measure/environment.ts'
import type { Share } from '../messages.ts'

const MB = 1_000_000
const DAY: Milliseconds = 24 * 3_600_000

/** Limits of an agent for each run, regardless of the coordinator: the format of each, and its default. */
const LIMITS = {
  threads: [formatCount, 64],
  /** Virtual users of its part. */
  vus: [formatCount, HIGHEST_VUS],
  /** Rows of inputs. */
  rows: [formatCount, 1_000_000],
  /** Resident memory of the whole process. Default: three quarters of the machine. */
  memory: [formatBytes, Number.POSITIVE_INFINITY],
  /** From its start until nothing of it is left. */
  duration: [formatMs, DAY],
  /** Time to compile a plan in one thread. */
  compile: [formatMs, 20_000],
  /** Bytes of a plan, or of another message. */
  plan: [formatBytes, 256 * MB],
} as const

export type Limits = Record<keyof typeof LIMITS, number>

/** Limits that are not named on the command line. */
export function limitsOf(named: Partial<Limits> = {}): Limits {
  const { memory, memoryLimit = memory } = environmentOf()
  const most = Object.fromEntries(Object.entries(LIMITS).map(([name, [, value]]) => [name, value])) as Limits
  return { ...most, memory: 0.75 * memoryLimit, ...named }
}

/** An Error when a value is above a limit: it names both. */
export function whyOver(limits: Limits, name: keyof Limits, value: number, thing: string): Error | undefined {
  if (value <= limits[name]) return undefined
  const [show] = LIMITS[name]
  const found = `${thing} ${show(value)}, and this agent allows ${show(limits[name])}`
  return failure('run', 'the plan', found, adviceFor(name))
}

export const adviceFor = (name: keyof Limits) => `Ask for less, or start the agent with --limit ${name}=<value>.`

/** An Error when this process has more memory than it may. */
export const whyTooLarge = (limits: Limits): Error | undefined =>
  whyOver(limits, 'memory', process.memoryUsage.rss(), 'the memory of its process is')

/** Throws for a plan that asks for more than the agent allows. */
export function assertWithin(limits: Limits, { plan, inputs }: RunTask, { threads, count }: Share): void {
  const peak = 'vus' in plan ? plan.vus : 0
  const users = Math.max(plan.maxVus, peak, plan.kind === 'vus' ? peakOf(plan.curve) : 0)
  const faults = [
    whyOver(limits, 'threads', threads, 'its threads are'),
    whyOver(limits, 'vus', Math.ceil((users * threads) / count), 'the virtual users of its part are'),
    whyOver(limits, 'rows', inputs.kind === 'rows' ? inputs.rows.length : 0, 'its rows of inputs are'),
    whyOver(limits, 'duration', longestRun(plan), 'it may take'),
  ]
  const fault = whyTooLarge(limits) ?? faults.find(one => one !== undefined)
  if (fault) throw fault
}
