import type { ErrorGroup } from './failures.ts'

/** Exemplars of a cause, and slowest requests of a step. */
export const KEPT = 3
/** Causes that are kept apart; what comes after them is counted as one. */
export const MOST_CAUSES = 50
export const OTHER = { step: '', kind: 'other', message: 'failures of further kinds' }

/** The first of them, and the rest as one. */
export function bounded(groups: readonly ErrorGroup[]): ErrorGroup[] {
  const named = groups.filter(group => group.kind !== OTHER.kind)
  const rest = [...groups.filter(group => group.kind === OTHER.kind), ...named.slice(MOST_CAUSES)]
  if (rest.length === 0) return named
  const count = rest.reduce((sum, group) => sum + group.count, 0)
  return [...named.slice(0, MOST_CAUSES), { ...OTHER, count, exemplars: [] }]
}
