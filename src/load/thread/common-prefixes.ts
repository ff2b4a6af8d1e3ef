/** Messages that begin alike and are listed one by one; further ones are listed together. */
const LISTED = 10
/** Messages, at most, that others are compared with. */
const MOST_COMPARED = 50
/** Characters from which on a common prefix says what is wrong. */
const SHORTEST = 12

/**
 * Groups messages of one place in a document that differ in their values only, by their common prefix:
 * `$response.body#/price > 0 is not met` of `$response.body#/price > 0 is not met (-1.5)`.
 */
export class CommonPrefixes {
  readonly #compared: string[] = []
  readonly #prefixes: string[] = []

  /** The message that this one is listed under: itself, or the prefix that it has in common with ten before it. */
  headingOf(message: string): string {
    const prefix = this.#prefixes.find(known => message.startsWith(known)) ?? this.#newPrefix(message)
    if (prefix !== undefined) return `${prefix} (further values)`
    if (this.#compared.length < MOST_COMPARED) this.#compared.push(message)
    return message
  }

  #newPrefix(message: string): string | undefined {
    const lengths = this.#compared.map(other => sharedLength(other, message)).sort((a, b) => b - a)
    // A prefix that ends within a word ends before it, and before the brackets and quotes around that.
    const prefix = message.slice(0, lengths[LISTED - 1] ?? 0).replace(/[\s("'[{:,#/=-]*[^\s("'[{:,#/=]*$/, '')
    if (prefix.length < SHORTEST) return undefined
    this.#prefixes.push(prefix)
    return prefix
  }
}

function sharedLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}
