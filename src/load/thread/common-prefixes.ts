/** Messages of one cause that are told in full; those that differ from them in their values only are told together. */
const TOLD = 10
/** Messages of one cause that are looked at. */
const MOST_TOLD = 50
/** Characters that messages have to share to be of one cause. */
const LEAST = 12

/**
 * What messages of one place begin with, where they differ in their values only: `$response.body#/price > 0 is not met`
 * of `$response.body#/price > 0 is not met (-1.5)`.
 */
export class Stems {
  readonly #told: string[] = []
  readonly #stems: string[] = []

  /** What the message is told as: itself, or where as many as are told in full were like it, its stem. */
  of(message: string): string {
    const stem = this.#stems.find(known => message.startsWith(known)) ?? this.#newStem(message)
    if (stem !== undefined) return `${stem} (further values)`
    if (this.#told.length < MOST_TOLD) this.#told.push(message)
    return message
  }

  #newStem(message: string): string | undefined {
    const shared = this.#told.map(told => sharedBy(told, message)).sort((a, b) => b - a)[TOLD - 1] ?? 0
    // What ends within a word, or between brackets and quotes, ends in front of it.
    const stem = message.slice(0, shared).replace(/[\s("'[{:,#/=-]*[^\s("'[{:,#/=]*$/, '')
    if (stem.length < LEAST) return undefined
    this.#stems.push(stem)
    return stem
  }
}

function sharedBy(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}
