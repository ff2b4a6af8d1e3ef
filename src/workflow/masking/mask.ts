/** Range in a text: from its first unit to after its last. */
type Range = readonly [from: number, to: number]

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
  /** All parts of `BLOCK` characters of the windows: most texts contain none of them. */
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

/** Replacement for secrets. */
export const MASK = '***'

/** The text without what `needles` finds in it, also behind encodings within one another. */
export function masked(text: string, needles: Needles): string {
  const found = [...rangesIn(text, needles, depthFor(text))].sort((a, b) => a[0] - b[0])
  let shown = ''
  let end = 0
  for (const [from, to] of found) {
    if (from > end || end === 0) shown += text.slice(end, from) + MASK
    end = Math.max(end, to)
  }
  return shown + text.slice(end)
}

/** Base64 of percent-encoded JSON is three deep. Each level takes milliseconds for 100,000 characters. */
function depthFor({ length }: string): number {
  if (length <= 100_000) return 3
  return length <= 2_000_000 ? 2 : 1
}

function* rangesIn(text: string, needles: Needles, depth: number): Generator<Range> {
  yield* needles.in(text)
  if (depth === 0) return
  for (const view of viewsOf(text))
    for (const [from, to] of rangesIn(view.text, needles, isReadable(view) ? depth - 1 : 0))
      yield [view.startOf(from), view.endOf(to - 1)]
}

/** Text that is not base64 decodes to arbitrary bytes, which are not decoded further. */
function isReadable({ text, isGuess }: View): boolean {
  return !isGuess || (text.match(CONTROLS)?.length ?? 0) * 20 <= text.length
}

const CONTROLS = /[\0-\x08\x0e-\x1f]/g

/**
 * A text with one encoding taken off. Its unit `i` stands in the original from `startOf(i)` to `endOf(i)`; units of
 * bytes (base64, hex, percent) are characters of Latin-1.
 */
interface View {
  text: string
  startOf(unit: number): number
  endOf(unit: number): number
  /** Whether it may not be encoded text: letters alone could be base64 by chance. */
  isGuess: boolean
}

/** Every way in which a text may be encoded, taken off once; encodings that the text has no sign of are left out. */
function* viewsOf(text: string): Generator<View> {
  for (const { sign, pattern, decode } of replacements) {
    const view = text.includes(sign) ? replaced(text, pattern, decode) : undefined
    if (view) yield view
  }
  // A run may begin with characters of the text before it, so each beginning is tried.
  for (const run of runsIn(text, HEX))
    for (let skipped = 0; skipped < 2; skipped++) yield bytesOf(text, run, skipped, 'hex')
  for (const run of runsIn(text, BASE64))
    for (let skipped = 0; skipped < 4; skipped++) yield bytesOf(text, run, skipped, 'base64')
}

const PERCENT = /%[0-9a-f]{2}/gi
const PERCENT_OR_PLUS = /%[0-9a-f]{2}|\+/gi
const JSON_ESCAPE = /\\(?:u[0-9a-f]{4}|.)/gis
const ENTITY = /&(?:#x[0-9a-f]{1,6}|#\d{1,7}|lt|gt|amp|quot|apos|nbsp);/gi

/** Characters of an encoding. Shorter runs of them hold fewer than eight bytes. */
interface Alphabet {
  readonly has: Uint8Array
  readonly least: number
  /** How many `=` may come behind a run. */
  readonly padding: number
}

const alphabet = (characters: RegExp, least: number, padding: number): Alphabet => ({
  has: Uint8Array.from({ length: 128 }, (_, code) => (characters.test(String.fromCharCode(code)) ? 1 : 0)),
  least,
  padding,
})

const HEX = alphabet(/[0-9a-f]/i, 16, 0)
const BASE64 = alphabet(/[A-Za-z0-9+/_-]/, 12, 2)

/** Runs, found by hand: in one of millions of characters a regular expression keeps as many places to go back to. */
function* runsIn(text: string, { has, least, padding }: Alphabet): Generator<Range> {
  for (let from = 0; from + least <= text.length; ) {
    let to = from
    while (to < text.length && has[text.charCodeAt(to)] === 1) to++
    const isLong = to - from >= least
    const end = to
    while (isLong && to < end + padding && text[to] === '=') to++
    if (isLong) yield [from, to]
    from = to + 1
  }
}

const percentByte = (written: string): string =>
  written === '+' ? ' ' : String.fromCharCode(Number.parseInt(written.slice(1), 16))

const shortEscapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

function jsonEscape(written: string): string {
  if (written.length > 2) return String.fromCharCode(Number.parseInt(written.slice(2), 16))
  return shortEscapes[written[1]!] ?? written[1]!
}

const namedEntities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
}

function entity(written: string): string {
  const name = written.slice(1, -1).toLowerCase()
  if (!name.startsWith('#')) return namedEntities[name] ?? written
  const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return code <= 0x10ffff ? String.fromCodePoint(code) : written
}

const replacements = [
  { sign: '%', pattern: PERCENT, decode: percentByte },
  { sign: '+', pattern: PERCENT_OR_PLUS, decode: percentByte },
  { sign: '\\', pattern: JSON_ESCAPE, decode: jsonEscape },
  { sign: '&', pattern: ENTITY, decode: entity },
]

/** Undefined where nothing was to be replaced. */
function replaced(text: string, pattern: RegExp, decode: (written: string) => string): View | undefined {
  let shorter = ''
  /**
   * Start of each unit in the original, and one more at the end. No encoding is shorter than what it stands for.
   */
  const starts = new Uint32Array(text.length + 1)
  let count = 0
  let from = 0
  const copy = (to: number): void => {
    shorter += text.slice(from, to)
    for (let at = from; at < to; at++) starts[count++] = at
  }
  for (const match of text.matchAll(pattern)) {
    copy(match.index)
    const decoded = decode(match[0])
    shorter += decoded
    for (let unit = 0; unit < decoded.length; unit++) starts[count++] = match.index
    from = match.index + match[0].length
  }
  if (from === 0) return undefined
  copy(text.length)
  starts[count] = text.length
  return {
    text: shorter,
    isGuess: false,
    startOf: unit => starts[unit]!,
    // Both halves of a surrogate pair start at the entity that stands for them.
    endOf(unit) {
      let next = unit + 1
      while (starts[next] === starts[unit]) next++
      return starts[next]!
    },
  }
}

function bytesOf(text: string, [from, to]: Range, skipped: number, encoding: 'hex' | 'base64'): View {
  const start = from + skipped
  const bits = encoding === 'hex' ? 4 : 6
  const bytes = Buffer.from(text.slice(start, to), encoding).toString('latin1')
  return {
    text: bytes,
    isGuess: true,
    startOf: unit => start + Math.floor((unit * 8) / bits),
    // Padding goes with the last byte.
    endOf: unit => (unit === bytes.length - 1 ? to : start + Math.ceil(((unit + 1) * 8) / bits)),
  }
}
