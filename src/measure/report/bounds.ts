import type { ErrorGroup } from './failures.ts'

/** Exemplars of a cause, and slowest requests of a step. */
export const KEPT = 3
/** Causes that are kept apart; what comes after them is counted by step and kind, as many of those. */
export const MOST_CAUSES = 50
/** Message for all failures after the limit. */
const FURTHER = 'further failures of this kind'
/** Message for all further steps and kinds. */
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
    rest.set(key, { ...of, ...both, count: count + group.count, exemplars: first })
  }
  return [...named.slice(0, MOST_CAUSES), ...rest.values()]
}

/**
 * Each thread keeps some values of a cause separately. If all threads together have too many, the least frequent ones
 * are counted as further values, so that they do not displace other causes.
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

/** Group for a failure that gets no group of its own. @param rest keys of earlier failures of that kind. */
export function restOf(
  { step, kind }: Pick<ErrorGroup, 'step' | 'kind'>,
  rest: { has(key: string): boolean; readonly size: number },
): Pick<ErrorGroup, 'step' | 'kind' | 'message'> {
  const isOther = kind === OTHER.kind || (!rest.has(keyOfRest({ step, kind })) && rest.size >= MOST_CAUSES)
  return isOther ? OTHER : { step, kind, message: FURTHER }
}

export const isOfRest = ({ kind, message }: ErrorGroup): boolean => kind === OTHER.kind || message === FURTHER

export const keyOfRest = ({ step, kind }: Pick<ErrorGroup, 'step' | 'kind'>): string => `${step}\n${kind}`

/** Number of messages of one cause that are kept in full. Messages that differ only in their values are then merged. */
const TOLD = 10
/** Messages of one cause that are looked at. */
const MOST_TOLD = 50
/** Characters that messages have to share to be of one cause. */
const LEAST = 12
/** Characters that are looked at: what differs behind them differs in its values. */
const MOST_SHARED = 400
const VALUES = ' (further values)'
const WORDS = ' ... '

/** Characters that may precede a value. */
const BEFORE = ' \t\n("\'[{:,#/=-'

interface Stem {
  beginning: string
  /** Words of the message without values, in one text. */
  words: string
  told: string
}

/**
 * Common beginnings of messages of one place that differ only in values: `$response.body#/price > 0 is not met` for
 * `$response.body#/price > 0 is not met (-1.5)`. Messages that also differ in other words have other causes: `/a must
 * be integer`, `/b must be string`.
 */
export class KeyPrefixes {
  readonly #told: Pick<Stem, 'beginning' | 'words'>[] = []
  readonly #stems: Stem[] = []

  /** Returns the message, or its common beginning after the limit of full messages. */
  of(message: string): string {
    const beginning = message.slice(0, MOST_SHARED)
    const words = wordsOf(beginning)
    const joined = words.join(' ')
    const known = this.#stems.find(stem => stem.words === joined && beginning.startsWith(stem.beginning))
    const stem = known ?? this.#newStem(beginning, words, joined)
    if (stem !== undefined) return stem.told
    if (this.#told.length < MOST_TOLD) this.#told.push({ beginning, words: joined })
    return message
  }

  #newStem(message: string, all: readonly string[], words: string): Stem | undefined {
    const alike = this.#told.filter(told => told.words === words).map(told => sharedBy(told.beginning, message))
    const shared = alike.sort((a, b) => b - a)[TOLD - 1] ?? 0
    const beginning = withoutOpen(message.slice(0, wholeWords(message, shared)))
    if (beginning.length < LEAST) return undefined
    const further = all.slice(wordsOf(beginning).length).join(' ')
    const stem = { beginning, words, told: `${beginning}${further && WORDS + further}${VALUES}` }
    this.#stems.push(stem)
    return stem
  }
}

const isStem = (told: string): boolean => told.endsWith(VALUES)

/** Whether a message would be reported as `told`, which is a common beginning. */
function isOfStem(message: string, told: string): boolean {
  const text = told.slice(0, -VALUES.length)
  const end = text.lastIndexOf(WORDS)
  const [beginning, further] = end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + WORDS.length)]
  if (!message.startsWith(beginning)) return false
  const words = wordsOf(message.slice(0, MOST_SHARED))
  return words.slice(wordsOf(beginning).length).join(' ') === further
}

function sharedBy(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}

/** A beginning that ends within a word, brackets or quotes is cut in front of it. */
function wholeWords(message: string, shared: number): number {
  let end = shared
  while (end > 0 && !BEFORE.includes(message[end - 1]!)) end--
  while (end > 0 && BEFORE.includes(message[end - 1]!)) end--
  return end
}

/** A beginning that ends within brackets or quotes is cut in front of them: `is not met (nothing` as `is not met`. */
function withoutOpen(text: string): string {
  const open: number[] = []
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (isQuoted && character === '\\') i++
    else if (character === '"') {
      isQuoted = !isQuoted
      if (isQuoted) open.push(i)
      else open.pop()
    } else if (!isQuoted && '([{'.includes(character)) open.push(i)
    else if (!isQuoted && ')]}'.includes(character)) open.pop()
  }
  return open.length === 0 ? text : text.slice(0, wholeWords(text, open[0]!))
}

/** Words that are not values: outside of quotes and brackets, and only letters. */
function wordsOf(message: string): string[] {
  let outside = ''
  let depth = 0
  let isQuoted = false
  for (let i = 0; i < message.length; i++) {
    const character = message[i]!
    if (isQuoted) {
      if (character === '\\') i++
      else if (character === '"' || isCut(message, i)) isQuoted = false
    } else if (character === '"') isQuoted = true
    else if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character)) depth = Math.max(0, depth - 1)
    else if (depth === 0) outside += character
  }
  return outside.split(' ').filter(word => /^\p{L}+[.,:;!?]?$/u.test(word))
}

/** Values that are shortened have no closing quote. */
const isCut = (message: string, at: number): boolean =>
  message.startsWith('...', at) && (message[at + 3] === ',' || message[at + 3] === ')')
