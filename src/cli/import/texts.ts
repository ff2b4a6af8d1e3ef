/** Texts that are looked for in others, however many they are: by how they begin. */
export class Texts {
  readonly #least: number
  readonly #byBegin = new Map<string, Set<string>>()

  /** @param least length of the shortest. */
  constructor(least: number) {
    this.#least = least
  }

  add(text: string): void {
    const begin = text.slice(0, this.#least)
    this.#byBegin.set(begin, (this.#byBegin.get(begin) ?? new Set()).add(text))
  }

  /** Those that a text holds, in the order in which they stand there. */
  in(text: string): string[] {
    const found = new Set<string>()
    for (let at = 0; at + this.#least <= text.length; at++)
      for (const one of this.#byBegin.get(text.slice(at, at + this.#least)) ?? [])
        if (text.startsWith(one, at)) found.add(one)
    return [...found]
  }
}
