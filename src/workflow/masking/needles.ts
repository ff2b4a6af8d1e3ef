/** Where something stands in a text: from its first unit to behind its last. */
export type Range = readonly [from: number, to: number]

/** Number of characters in a row of a longer secret that are hidden wherever they stand. */
const WINDOW = 10
/** Any `WINDOW` characters in a row hold `BLOCK` that begin at a multiple of `BLOCK + 1`. */
const BLOCK = 5

/**
 * Secrets as they are looked for: those of fewer than ten characters whole, of longer ones every part of ten
 * characters, in upper and lower case, so that what was cut off, is repeated in part or is written anew is found too.
 */
export class Needles {
  readonly #whole = new Set<string>()
  /** Marks of the first three characters with which a whole one may begin. Made when there are many of them. */
  #starts: Uint8Array | undefined
  readonly #windows = new Set<string>()
  /** All parts of `BLOCK` characters of the windows: most text has none of them. */
  readonly #blocks = new Set<string>()

  add(secret: string): void {
    if (secret.length < WINDOW) {
      this.#whole.add(secret)
      this.#starts = undefined
      return
    }
    const lower = lowered(secret)
    for (let at = 0; at + WINDOW <= lower.length; at++) this.#windows.add(lower.slice(at, at + WINDOW))
    for (let at = 0; at + BLOCK <= lower.length; at++) this.#blocks.add(lower.slice(at, at + BLOCK))
  }

  /** Ranges may overlap, and come in no order. */
  *in(text: string): Generator<Range> {
    if (this.#whole.size > FEW) yield* this.#manyIn(text)
    else
      for (const whole of this.#whole)
        for (let at = text.indexOf(whole); at >= 0; at = text.indexOf(whole, at + 1)) yield [at, at + whole.length]
    if (this.#windows.size > 0) yield* this.#windowsIn(lowered(text))
  }

  /** Goes through the text once, however many there are. */
  *#manyIn(text: string): Generator<Range> {
    this.#starts ??= startsOf(this.#whole)
    const starts = this.#starts
    for (let at = 0; at + LEAST <= text.length; at++) {
      if (starts[startAt(text, at)] === 0) continue
      for (let to = Math.min(at + WINDOW - 1, text.length); to >= at + LEAST; to--) {
        if (!this.#whole.has(text.slice(at, to))) continue
        yield [at, to]
        break
      }
    }
  }

  /** Windows that touch are one range: of a text that is nothing but a secret there would be one for each character. */
  *#windowsIn(text: string): Generator<Range> {
    let [from, to] = [0, 0]
    for (let block = 0; block + BLOCK <= text.length; block += BLOCK + 1) {
      if (!this.#blocks.has(text.slice(block, block + BLOCK))) continue
      for (let at = Math.max(0, block - BLOCK); at <= block; at++) {
        if (!this.#windows.has(text.slice(at, at + WINDOW))) continue
        if (at > to) {
          if (to > 0) yield [from, to]
          from = at
        }
        to = at + WINDOW
      }
    }
    if (to > 0) yield [from, to]
  }
}

/** A text in lower case, each unit where it was: some letters are longer in lower case, and a sigma has two forms. */
function lowered(text: string): string {
  const lower = text.toLowerCase()
  const same = lower.length === text.length ? lower : text.replaceAll(/[^\u0130]+/g, part => part.toLowerCase())
  return same.replaceAll('ς', 'σ')
}

/** Fewer are looked for one by one. */
const FEW = 4
/** Shorter secrets are not looked for. */
const LEAST = 3
const STARTS = 2 ** 16

function startsOf(secrets: Iterable<string>): Uint8Array {
  const starts = new Uint8Array(STARTS)
  for (const secret of secrets) starts[startAt(secret, 0)] = 1
  return starts
}

function startAt(text: string, at: number): number {
  const [first, second, third] = [text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2)]
  return (first * 1_021 + second * 31 + third) & (STARTS - 1)
}
