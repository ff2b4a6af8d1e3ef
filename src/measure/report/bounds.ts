import type { ErrorGroup } from './failures.ts'

/** Exemplars of a cause, and slowest requests of a step. */
export const KEPT = 3
/** Causes that are kept apart; what comes after them is counted by step and kind, as many of those. */
export const MOST_CAUSES = 50
/** Stands for the messages of what comes after them. */
const FURTHER = 'further failures of this kind'
/** Of even more steps and kinds. */
const OTHER = { step: '', kind: 'other', message: 'failures of further kinds' }

/** The first of them, and the rest by step and kind. */
export function bounded(groups: readonly ErrorGroup[]): ErrorGroup[] {
  const named = groups.filter(group => !isOfRest(group))
  const rest = new Map<string, ErrorGroup>()
  for (const group of [...groups.filter(isOfRest), ...named.slice(MOST_CAUSES)]) {
    const of = restOf(group, rest)
    const key = keyOfRest(of)
    const { count = 0, exemplars = [] } = rest.get(key) ?? {}
    rest.set(key, { ...of, count: count + group.count, exemplars: [...exemplars, ...group.exemplars].slice(0, KEPT) })
  }
  return [...named.slice(0, MOST_CAUSES), ...rest.values()]
}

/** What stands for a failure that gets no group of its own. @param rest keys of what such failures have already. */
export function restOf(
  { step, kind }: Pick<ErrorGroup, 'step' | 'kind'>,
  rest: { has(key: string): boolean; readonly size: number },
): Pick<ErrorGroup, 'step' | 'kind' | 'message'> {
  const isOther = kind === OTHER.kind || (!rest.has(keyOfRest({ step, kind })) && rest.size >= MOST_CAUSES)
  return isOther ? OTHER : { step, kind, message: FURTHER }
}

export const isOfRest = ({ kind, message }: ErrorGroup): boolean => kind === OTHER.kind || message === FURTHER

export const keyOfRest = ({ step, kind }: Pick<ErrorGroup, 'step' | 'kind'>): string => `${step}\n${kind}`
