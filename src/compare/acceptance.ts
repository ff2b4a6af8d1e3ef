import { type RelativeBudget, readRelative } from '../budget/relative.ts'
import { suggestion } from '../ground/errors.ts'
import type { Trailer } from './base/git.ts'
import type { Acceptance, Comparison } from './comparison.ts'
import { allowedDegradation } from './degradation.ts'
import { allowedOf } from './words.ts'

interface Accepted {
  /** Budgets of the load test, with the effective bounds. */
  budgets: RelativeBudget[]
  accepted: Acceptance[]
  /** Faults of trailers for this load test, as sentences without a full stop. */
  notes: string[]
  /** Trailers that are for another load test, or for none. */
  acceptedElsewhere: NonNullable<Comparison['acceptedElsewhere']>
}

/** Characters of a trailer: longer ones are not read. */
const LONGEST = 300
const FORM = /^(\S.*?)\s+(\S+)\s+([+-]\s*\d\S*(?:\s*[%a-z/]+)?)$/i

/**
 * Raises bounds as commits of head say: `checkout p99 +12%`. Of a budget that several name, the newest commit
 * counts, and of that the smallest bound.
 *
 * @param trailers the newest first.
 */
export function acceptedBy(trailers: readonly Trailer[], test: string, budgets: readonly RelativeBudget[]): Accepted {
  const result: Accepted = { budgets: [...budgets], accepted: [], notes: [], acceptedElsewhere: [] }
  const decided = new Map<string, Trailer & { raised: RelativeBudget }>()
  for (const trailer of trailers) {
    const { commit, text } = trailer
    const [, name, key, bound] = (text.length <= LONGEST && FORM.exec(text)) || []
    if (name !== test) {
      result.acceptedElsewhere.push({ commit, text, ...(name !== undefined && { test: name }) })
      continue
    }
    const raised = raisedBy(key!, bound!, budgets)
    if (typeof raised === 'string') {
      result.notes.push(`Load-Accept of ${commit}, "${text}": ${raised}`)
      continue
    }
    const before = decided.get(raised.key)
    const isSmaller = before?.commit === commit && allowedDegradation(raised) < allowedDegradation(before.raised)
    const counting = before === undefined || isSmaller ? { ...trailer, raised } : before
    decided.set(raised.key, counting)
    if (before === undefined) continue
    const which = `${allowedOf(counting.raised)} counts, of ${counting.commit}`
    result.notes.push(`Load-Accept names ${raised.key} more than once: ${which}`)
  }
  for (const [index, budget] of budgets.entries()) {
    const by = decided.get(budget.key)
    if (by === undefined) continue
    result.budgets[index] = by.raised
    const { commit, author, raised } = by
    result.accepted.push({ commit, author, budget: budget.key, allowed: allowedOf(raised), instead: allowedOf(budget) })
  }
  return result
}

/** Budget with a wider bound, or the reason why no budget fits. */
function raisedBy(key: string, bound: string, budgets: readonly RelativeBudget[]): RelativeBudget | string {
  const budget = budgets.find(one => one.key === key)
  if (budget === undefined) {
    const keys = budgets.map(one => one.key)
    const guess = suggestion(key, keys)
    return `no budget "${key}" speaks of the base${guess === undefined ? '' : `. ${guess}`}`
  }
  const read = readRelative(budget, `base ${bound}`)
  if ('wrong' in read) return read.wrong.found
  if ('factor' in read.allowed !== 'factor' in budget.allowed)
    return `the budget has another unit, as in ${allowedOf(budget)}`
  if (allowedDegradation(read) <= allowedDegradation(budget)) return `${allowedOf(budget)} is allowed without it`
  return { ...read, operator: budget.operator }
}
