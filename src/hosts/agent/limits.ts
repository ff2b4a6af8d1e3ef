import { failure } from '../../ground/fault.ts'
import { HIGHEST_VUS } from '../../ground/fields.ts'
import { type Bytes, formatBytes, formatCount, formatMs, type Milliseconds } from '../../ground/units.ts'
import { longestRun, peakOf } from '../../load/plan/load-plan.ts'
import type { RunTask } from '../../load/thread/protocol.ts'
import { environmentOf } from '../../measure/environment.ts'
import type { Share } from '../messages.ts'

/** Limits of an agent for each run, regardless of the coordinator. */
export interface Limits {
  threads: number
  /** Virtual users of its part. */
  vus: number
  /** Rows of inputs. */
  rows: number
  /** Resident memory of the whole process. */
  memory: Bytes
  /** From its start until nothing of it is left. */
  duration: Milliseconds
  /** Time to compile a plan in one thread. */
  compile: Milliseconds
  /** Bytes of a plan, or of another message. */
  plan: Bytes
}

const MB = 1_000_000
const DAY: Milliseconds = 24 * 3_600_000

/** How each is shown. */
const FORMATS: { [Name in keyof Limits]: (value: number) => string } = {
  threads: formatCount,
  vus: formatCount,
  rows: formatCount,
  memory: formatBytes,
  duration: formatMs,
  compile: formatMs,
  plan: formatBytes,
}

/** Limits that are not named on the command line. */
export function limitsOf(named: Partial<Limits> = {}): Limits {
  const { memory, memoryLimit = memory } = environmentOf()
  const most = { threads: 64, vus: HIGHEST_VUS, rows: 1_000_000, duration: DAY, compile: 20_000, plan: 256 * MB }
  return { ...most, memory: 0.75 * memoryLimit, ...named }
}

/** An Error when a value is above a limit: it names both. */
export function whyOver(limits: Limits, name: keyof Limits, value: number, thing: string): Error | undefined {
  if (value <= limits[name]) return undefined
  const show = FORMATS[name]
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
