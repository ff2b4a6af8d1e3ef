/** Messages of one cause that are told in full; those that differ from them in their values only are told together. */
const TOLD = 10
/** Messages of one cause that are looked at. */
const MOST_TOLD = 50
/** Characters that messages have to share to be of one cause. */
const LEAST = 12
/** Characters that are looked at: what differs behind them differs in its values. */
const MOST_SHARED = 400
const VALUES = ' (further values)'
const WORDS = ' ... '

/** What may stand in front of a value. */
const BEFORE = ' \t\n("\'[{:,#/=-'

interface Stem {
  beginning: string
  /** All that are none of values, in one text. */
  words: string
  told: string
}

/**
 * What messages of one place begin with, where they differ in their values only: `$response.body#/price > 0 is not met`
 * of `$response.body#/price > 0 is not met (-1.5)`. Those of which other words differ, too, are of other causes:
 * `/a must be integer`, `/b must be string`.
 */
export class Stems {
  readonly #told: Pick<Stem, 'beginning' | 'words'>[] = []
  readonly #stems: Stem[] = []

  /** What the message is told as: itself, or where as many as are told in full were like it, its stem. */
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

export const isStem = (told: string): boolean => told.endsWith(VALUES)

/** Whether a message would be told as `told`, which is a stem. */
export function isOfStem(message: string, told: string): boolean {
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

/** What ends within a word, or between brackets and quotes, ends in front of it. */
function wholeWords(message: string, shared: number): number {
  let end = shared
  while (end > 0 && !BEFORE.includes(message[end - 1]!)) end--
  while (end > 0 && BEFORE.includes(message[end - 1]!)) end--
  return end
}

/** What ends within brackets or quotes ends in front of them: `is not met (nothing` as `is not met`. */
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

/** Words that are none of values: not in quotes or brackets, and of letters only. */
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
