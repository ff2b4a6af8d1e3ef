import { given } from '../../ground/given.ts'
import type { ErrorGroup } from './failures.ts'
import { isOfStem, isStem } from './stems.ts'

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
  const named = withFewerValues(groups.filter(group => !isOfRest(group)))
  const rest = new Map<string, ErrorGroup>()
  for (const group of [...groups.filter(isOfRest), ...named.slice(MOST_CAUSES)]) {
    const of = restOf(group, rest)
    const key = keyOfRest(of)
    const { count = 0, exemplars = [], retried = 0 } = rest.get(key) ?? {}
    const both = { retried: retried + (group.retried ?? 0) || undefined }
    const first = [...exemplars, ...group.exemplars].slice(0, KEPT)
    rest.set(key, given({ ...of, ...both, count: count + group.count, exemplars: first }))
  }
  return [...named.slice(0, MOST_CAUSES), ...rest.values()]
}

/**
 * Each thread tells some values of a cause by themselves. Where there are too many of all threads, the least frequent
 * go to what is told of further values, so that they do not take the places of other causes.
 */
function withFewerValues(groups: readonly ErrorGroup[]): readonly ErrorGroup[] {
  if (groups.length <= MOST_CAUSES) return groups
  const stems = groups.filter(({ message }) => isStem(message)).map(group => ({ ...group }))
  const others = groups.filter(({ message }) => !isStem(message))
  let many = groups.length
  const kept = others.reverse().filter(group => {
    const stem = many > MOST_CAUSES && stems.find(known => isValueOf(group, known))
    if (!stem) return true
    many--
    stem.count += group.count
    if (group.retried) stem.retried = (stem.retried ?? 0) + group.retried
    stem.exemplars = [...stem.exemplars, ...group.exemplars].slice(0, KEPT)
    return false
  })
  return worstFirst([...stems, ...kept.reverse()])
}

/** Failures that nothing was tried after. */
const finalOf = ({ count, retried = 0 }: Pick<ErrorGroup, 'count' | 'retried'>): number => count - retried

/** Causes that were not retried come first, of them and of the others the most frequent. */
export const worstFirst = (groups: readonly ErrorGroup[]): ErrorGroup[] =>
  [...groups].sort((a, b) => finalOf(b) - finalOf(a) || b.count - a.count)

const isValueOf = (group: ErrorGroup, stem: ErrorGroup): boolean =>
  group.step === stem.step &&
  group.kind === stem.kind &&
  group.at?.file === stem.at?.file &&
  group.at?.line === stem.at?.line &&
  group.at?.column === stem.at?.column &&
  isOfStem(group.message, stem.message)

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
