import type { Budgets } from '../budget/budget.ts'
import { didYouMean } from '../ground/errors.ts'
import { failed } from '../ground/fault.ts'
import type { OptionFault } from '../ground/fields.ts'
import { isObject } from '../ground/object.ts'
import { Misuse } from './flags.ts'

type Tree = { [key: string]: string | Tree }

/** A budget's own key at the end of a path; what stands before it is the name of a step or target, dots and all. */
const METRIC = /(?:\.(firstEvent))?\.(p\d+(?:\.\d+)?|[A-Za-z]+)$/

const GROUPS = /^(steps|targets|requests|firstEvent|generator)\b/

/**
 * Budgets as they are written on a command line: `p99<100ms`, `rps>=1000`, `steps.login.p99.9=50ms`. `=` leaves the
 * direction to the budget. Throws Misuse with all that cannot be read.
 */
export function parseBudgets(written: readonly string[]): Budgets {
  const budgets = emptyTree()
  const faults: string[] = []
  for (const text of written) {
    const [, key, operator, bound] = /^\s*([^<>=]+?)\s*(<=|>=|<|>|=)\s*(\S.*?)\s*$/.exec(text) ?? []
    const [, subject, metric] = /^(\S+)\s+(\S+)$/.exec(key ?? '') ?? []
    if (key === undefined || operator === undefined || bound === undefined) {
      const advice = "Write a key, an operator and a bound: --budget 'p99<100ms'."
      faults.push(failed('read', '--budget', `"${text}" has ${key ? 'no bound' : 'no operator'}`, advice))
    } else if (subject !== undefined && metric !== undefined) {
      const path = GROUPS.test(subject) ? subject : `steps.${subject}`
      const advice = `Write a key with dots: --budget '${path}.${metric}${operator}${bound}'.`
      faults.push(failed('read', '--budget', `the key "${key}" has a space`, advice))
    } else if (!put(budgets, pathOf(key), operator === '=' ? bound : `${operator} ${bound}`))
      faults.push(failed('read', '--budget', `${key} is given twice`, 'Write one of them.'))
  }
  if (faults.length > 0) throw new Misuse(faults.join('\n'))
  return budgets as Budgets
}

function pathOf(key: string): string[] {
  const [, group, rest] = /^(steps|targets|requests|firstEvent|generator)\.(.+)$/.exec(key) ?? []
  if (group === undefined || rest === undefined) return [key]
  if (group === 'requests' || group === 'firstEvent') return [group, rest]
  const metric = METRIC.exec(rest)
  if (metric === null) return [group, rest]
  return [group, rest.slice(0, metric.index), ...metric.slice(1).filter(key => key !== undefined)]
}

/**
 * A fault in a budget that has a dot in its name and no group before it, `get.p99`, with how one of a step is written.
 *
 * @param steps names of the steps that there are.
 */
export function withStepHint(fault: OptionFault, steps: readonly string[]): OptionFault {
  const [, key = ''] = /^\/budgets\/([^/]+)$/.exec(fault.path) ?? []
  const metric = METRIC.exec(key)
  if (metric === null || !fault.found.includes('unknown key')) return fault
  const step = key.slice(0, metric.index)
  const meant = steps.includes(step) ? step : didYouMean(step, steps)
  const hint =
    meant === undefined
      ? `A step's budget is written steps.<step>${metric[0]}.`
      : `Did you mean steps.${meant}${metric[0]}?`
  const [, known = ''] = /(Known keys are .*)$/.exec(fault.advice ?? '') ?? []
  return { ...fault, advice: `${hint} ${known}`.trim() }
}

/** False where something stands there already. */
function put(tree: Tree, [key = '', ...rest]: readonly string[], bound: string): boolean {
  const below = tree[key]
  if (rest.length > 0) {
    if (typeof below === 'string') return false
    const branch = below ?? emptyTree()
    tree[key] = branch
    return put(branch, rest, bound)
  }
  if (below !== undefined) return false
  tree[key] = bound
  return true
}

/** Object without a prototype, so that every name is only a name. */
const emptyTree = (): Tree => Object.create(null) as Tree

/** Budgets of a document with those of flags put in: a flag takes the place of the budget of the same key only. */
export function joinBudgets(ofDocument: Budgets = {}, byFlags: Budgets): Budgets {
  // Their faults are reported where they are read.
  if (!isObject(ofDocument)) return ofDocument
  return joined(ofDocument as Record<string, unknown>, byFlags as Record<string, unknown>) as Budgets
}

function joined(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const join = ([key, value]: [string, unknown]) =>
    [
      key,
      isObject(value) && Object.hasOwn(before, key) && isObject(before[key]) ? joined(before[key], value) : value,
    ] as const
  return { ...before, ...Object.fromEntries(Object.entries(after).map(join)) }
}
