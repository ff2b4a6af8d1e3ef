import { wordsOf } from '../../ground/words.ts'

/** Names that are each taken once: `items`, `items-2`. */
export class Names {
  readonly #taken = new Set<string>()
  /** The number that was last put behind a name. */
  readonly #last = new Map<string, number>()

  /** @param wanted what it is called, in any characters. */
  take(wanted: string): string {
    const base = wordsOf(wanted)
    let n = this.#last.get(base) ?? 1
    let own = base
    while (this.#taken.has(own)) own = `${base}-${++n}`
    this.#last.set(base, n)
    this.#taken.add(own)
    return own
  }
}
