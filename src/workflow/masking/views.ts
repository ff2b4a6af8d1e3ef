import type { Range } from './needles.ts'

/**
 * A text with one encoding taken off. Its unit `i` stands in the original from `startOf(i)` to `endOf(i)`; units of
 * bytes (base64, hex, percent) are characters of Latin-1.
 */
export interface View {
  text: string
  startOf(unit: number): number
  endOf(unit: number): number
  /** Whether it may not be text at all: nobody said that a run of letters is base64. */
  isGuess: boolean
}

/** Every way in which a text may be encoded, taken off once; encodings that the text has no sign of are left out. */
export function* viewsOf(text: string): Generator<View> {
  for (const { sign, pattern, decode } of replacements) {
    const view = text.includes(sign) ? replaced(text, pattern, decode) : undefined
    if (view) yield view
  }
  // A run may begin with characters of what stands before it: each beginning is tried.
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
