import { own } from '../ground/object.ts'
import type { Judged } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isLatency, isRate, unitOf } from './metrics/index.ts'
import type { Range } from './standing.ts'

type Kind = Judged['doubts'][number]['kind']

const NAMES: Readonly<Record<string, string>> & Partial<Record<Kind, string>> = {
  failures: 'the failures',
  'own delay': "the load generator's own delay",
  'generator saturated': 'the saturated load generator',
  'generator starved': 'the starved load generator',
  'application starved': 'the starved application',
  'warm-up never steady': 'the drift since the warm-up',
  'waits for users': 'waits for a free user',
  'cut short': 'the cut',
  'lost host': 'the loss of a host',
  'target changed': 'the change of processes',
  'stood still': 'the thread that stood still',
  'clock jump': 'the jump of the clock',
}

/**
 * `Without late answers it would be between 33 ms and 45 ms.` Undefined without doubts, or when nothing is known of
 * what it would be.
 */
export function wordsFor(kinds: readonly Kind[], range: Range, budget: Budget): string | undefined {
  const names = namesOf(kinds)
  const between = describeRange(range, budget)
  return names === '' || between === undefined ? undefined : `Without ${names} it would be ${between}.`
}

/** `late answers, the starved application and stolen CPU`, each once. */
export function namesOf(kinds: readonly Kind[]): string {
  const names = [...new Set(kinds)].map(kind => own(NAMES, kind) ?? kind)
  const last = names.pop() ?? ''
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`
}

/** `between 33 ms and 45 ms`, `33 ms or more`; undefined when nothing is known of it. */
export function describeRange({ lower, upper }: Range, budget: Budget): string | undefined {
  const write = (value: number) => unitOf(budget).write(value, undefined, budget.bound)
  const hasLower = Number.isFinite(lower) && (lower > 0 || !(isLatency(budget) || isRate(budget)))
  if (hasLower && Number.isFinite(upper)) {
    const [from, to] = [write(lower), write(upper)]
    return from === to ? from : `between ${from} and ${to}`
  }
  if (hasLower) return `${write(lower)} or more`
  return Number.isFinite(upper) ? `${write(upper)} or less` : undefined
}
