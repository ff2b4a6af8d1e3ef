/** Where something stands in a text: from its first unit to behind its last. */
export type Range = readonly [from: number, to: number]

/** Of a longer secret, this many characters in a row are hidden wherever they stand. */
const WINDOW = 10
/** Any `WINDOW` characters in a row hold `BLOCK` that begin at a multiple of `BLOCK + 1`. */
const BLOCK = 5

/**
 * Secrets as they are looked for: those of fewer than ten characters whole, of longer ones every part of ten characters,
 * so that what was cut off or is repeated in part is found too.
 */
export class Needles {
  readonly #whole = new Set<string>()
  readonly #windows = new Set<string>()
  /** All parts of `BLOCK` characters of the windows: most text has none of them. */
  readonly #blocks = new Set<string>()

  add(secret: string): void {
    if (secret.length < WINDOW) {
      this.#whole.add(secret)
      return
    }
    for (let at = 0; at + WINDOW <= secret.length; at++) this.#windows.add(secret.slice(at, at + WINDOW))
    for (let at = 0; at + BLOCK <= secret.length; at++) this.#blocks.add(secret.slice(at, at + BLOCK))
  }

  /** Ranges may overlap, and come in no order. */
  *in(text: string): Generator<Range> {
    for (const whole of this.#whole)
      for (let at = text.indexOf(whole); at >= 0; at = text.indexOf(whole, at + 1))
        yield [at, at + whole.length]
    if (this.#windows.size > 0) yield* this.#windowsIn(text)
  }

  *#windowsIn(text: string): Generator<Range> {
    for (let block = 0; block + BLOCK <= text.length; block += BLOCK + 1) {
      if (!this.#blocks.has(text.slice(block, block + BLOCK))) continue
      for (let at = Math.max(0, block - BLOCK); at <= block; at++)
        if (this.#windows.has(text.slice(at, at + WINDOW))) yield [at, at + WINDOW]
    }
  }
}
