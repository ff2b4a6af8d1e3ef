import type { Budgets } from '../../src/budget/budget.ts'
import { failed } from '../../src/errors.ts'
import { Misuse } from './flags.ts'

type Tree = { [key: string]: string | Tree }

/** A budget's own key at the end of a path; what stands before it is the name of a step or target, dots and all. */
const METRIC = /\.(p\d+(?:\.\d+)?|[A-Za-z]+)$/

/**
 * Budgets as they are written on a command line: `p99<100ms`, `rps>=1000`, `steps.login.p99.9=50ms`. `=` leaves the direction to
 * the budget. Throws Misuse with all that cannot be read.
 */
export function parseBudgets(written: readonly string[]): Budgets {
  const budgets: Tree = {}
  const faults: string[] = []
  for (const text of written) {
    const [, key, operator, bound] = /^\s*([^<>=]+?)\s*(<=|>=|<|>|=)\s*(\S.*?)\s*$/.exec(text) ?? []
    if (key === undefined || operator === undefined || bound === undefined) {
      const advice = "Write a key, an operator and a bound: --budget 'p99<100ms'."
      faults.push(failed('read', '--budget', `"${text}" has ${key ? 'no bound' : 'no operator'}`, advice))
    } else put(budgets, pathOf(key), operator === '=' ? bound : `${operator} ${bound}`)
  }
  if (faults.length > 0) throw new Misuse(faults.join('\n'))
  return budgets as Budgets
}

function pathOf(key: string): string[] {
  const [, group, rest] = /^(steps|targets|generator)\.(.+)$/.exec(key) ?? []
  if (group === undefined || rest === undefined) return [key]
  const metric = METRIC.exec(rest)
  return metric ? [group, rest.slice(0, metric.index), metric[1]!] : [group, rest]
}

function put(tree: Tree, path: readonly string[], bound: string): void {
  const [key, ...rest] = path
  if (rest.length === 0) tree[key!] = bound
  else {
    const below = tree[key!]
    const branch: Tree = typeof below === 'object' ? below : {}
    tree[key!] = branch
    put(branch, rest, bound)
  }
}
