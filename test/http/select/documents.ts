import { Buffer, isUtf8 } from 'node:buffer'
import { getAt, type Pointer, pointerTo } from '../../../src/expression/index.ts'
import { parseJson } from '../../../src/ground/json.ts'
import { JsonReader, lendBuffer, RemainingPaths, selectPointers } from '../../../src/http/select/index.ts'
import { Random } from '../differential/random.ts'

const NAMES = ['id', 'name', 'total', 'items', '', '0', 'é', 'a"b', 'x'.repeat(70)]
const MARKS = '{}[]",:\\0-1e.tfnu \n\u0001/'

/** A document of the seed, valid or with a fault, and what is wanted of it. */
export interface Generated {
  bytes: Buffer
  pointers: Pointer[]
  /** Where chunks end. */
  cuts: number[]
}

export function documentOf(seed: number): Generated {
  const random = new Random(seed)
  const upTo = (most: number) => random.below(most)
  const pick = <T>(...of: T[]): T => random.of(of)
  const isLarge = upTo(20) === 0
  const isPretty = upTo(3) === 0

  const space = () => (isPretty && upTo(2) === 0 ? pick(' ', '\n', '\t', '\r', '\n    ', ' '.repeat(upTo(90))) : '')
  const character = () => {
    const kind = upTo(50)
    if (kind > 8) return String.fromCharCode(97 + upTo(26))
    return pick('\\"', '\\\\', '\\/', '\\n', '\\u00e9', '\\ud83d\\ude00', 'é', '😀', '{', ']', ',', ':', '\u007f', ' ')
  }
  const text = () => `"${Array.from({ length: upTo(upTo(8) === 0 ? 150 : 14) }, character).join('')}"`
  const digits = (most: number) => Array.from({ length: 1 + upTo(most) }, () => upTo(10)).join('')
  const whole = () => pick('0', `${1 + upTo(9)}${digits(upTo(10) === 0 ? 80 : 6)}`, String(upTo(10)))
  const number = () => {
    const fraction = upTo(3) === 0 ? `.${digits(9)}` : ''
    const exponent = upTo(6) === 0 ? `${pick('e', 'E')}${pick('', '+', '-')}${digits(2)}` : ''
    return `${pick('', '', '-')}${whole()}${fraction}${exponent}`
  }
  const items = (make: () => string, most: number) =>
    Array.from({ length: upTo(most) }, () => space() + make() + space()).join(',')
  const value = (depth: number): string => {
    const kind = upTo(depth > 7 ? 6 : 10)
    if (kind < 2) return text()
    if (kind < 4) return number()
    if (kind < 6) return pick('true', 'false', 'null')
    const most = depth === 0 && isLarge ? 400 : 6
    if (kind < 8) return `[${items(() => value(depth + 1), most) || space()}]`
    const member = () =>
      `${upTo(3) === 0 ? JSON.stringify(pick(...NAMES)) : text()}${space()}:${space()}${value(depth + 1)}`
    return `{${items(member, most) || space()}}`
  }

  const deep = upTo(60) === 0 ? upTo(upTo(20) === 0 ? 10_000 : 150) : 0
  const inner = `${space()}${value(0)}${space()}`
  const opened = Array.from({ length: deep }, () => pick('[', '{"a":'))
  const closed = opened.map(open => (open === '[' ? ']' : '}')).reverse()
  let bytes: Buffer = Buffer.from(opened.join('') + inner + closed.join(''))
  for (let faults = pick(0, 0, 1, 1, 1, 2); faults > 0; faults--) bytes = broken(bytes)

  function broken(sound: Buffer): Buffer {
    const at = upTo(sound.length)
    const mark = upTo(4) === 0 ? Buffer.of(upTo(256)) : Buffer.from(pick(...MARKS))
    const [before, behind] = [sound.subarray(0, at), sound.subarray(at)]
    switch (upTo(5)) {
      case 0:
        return before
      case 1:
        return Buffer.concat([before, behind.subarray(1)])
      case 2:
        return Buffer.concat([before, mark, behind])
      case 3:
        return Buffer.concat([before, sound.subarray(at, at + upTo(70)), behind])
      default:
        return Buffer.concat([before, mark, behind.subarray(1)])
    }
  }

  const name = () => (upTo(3) === 0 ? String(upTo(pick(4, 4, 60))) : pick(...NAMES))
  const pointers = Array.from({ length: upTo(4) }, () => pointerTo(Array.from({ length: 1 + upTo(3) }, name)))
  const cuts = Array.from({ length: upTo(5) }, () => upTo(bytes.length + 1)).sort((a, b) => a - b)
  return { bytes, pointers, cuts }
}

/** Of a reader that leaps over all that is not wanted, however short the document is, and reads rests. */
export function leapingRests(): RemainingPaths {
  let asked = 0
  const rests = new RemainingPaths(() => 0, 0)
  // Of each document it is asked first whether all is checked, and then whether the rest is read.
  rests.admit = () => asked++ % 2 === 1
  return rests
}

let time = 0
/** Can always afford to read on. */
const rests = new RemainingPaths(() => (time += 1e6))
const scanning = new JsonReader({ rests })
/** A reader of its own for each document: which question its `RemainingPaths` is asked depends on the document. */
const leaper = () => new JsonReader({ rests: leapingRests() })
const script = new JsonReader({ rests, scans: false })
const lent = lendBuffer()

/** What the scan, the reader in JavaScript and JSON.parse do not agree on; undefined where they do. */
export function disagreement({ bytes, pointers, cuts }: Generated): string | undefined {
  const expected = outcome(script, pointers, bytes)
  const others = {
    scan: outcome(scanning, pointers, bytes),
    'scan of chunks': outcome(scanning, pointers, bytes, cuts),
    'scan in place': bytes.length <= lent.length ? outcome(scanning, pointers, bytes, cuts, lent) : expected,
    'JavaScript in chunks': outcome(script, pointers, bytes, cuts),
  }
  for (const [name, found] of Object.entries(others))
    if (found !== expected) return `${name}: ${found}, JavaScript: ${expected}`
  const leapt = disagreementOfLeaps({ bytes, pointers, cuts }, expected)
  if (leapt !== undefined) return leapt
  const remembered = disagreementAfter({ bytes, pointers, expected })
  if (remembered !== undefined) return remembered
  const parsed = parsedOutcome(pointers, bytes)
  return parsed.test(expected) ? undefined : `JSON.parse: ${parsed}, JavaScript: ${expected}`
}

/** Leaps come to the same values in sound documents; a fault that is seen in one place is the same. */
function disagreementOfLeaps({ bytes, pointers, cuts }: Generated, expected: string): string | undefined {
  const isSound = !expected.startsWith('fault')
  const whole = outcome(leaper(), pointers, bytes)
  if (whole !== expected && (isSound || whole.startsWith('fault'))) return `leaps: ${whole}, JavaScript: ${expected}`
  if (!isSound) return undefined
  const others = {
    'leaps of chunks': outcome(leaper(), pointers, bytes, cuts),
    'leaps in place': bytes.length <= lent.length ? outcome(leaper(), pointers, bytes, cuts, lent) : expected,
  }
  for (const [name, found] of Object.entries(others))
    if (found !== expected) return `${name}: ${found}, JavaScript: ${expected}`
  return undefined
}

/** Of the same selection: the document a second and a third time, and then with one byte that differs. */
function disagreementAfter({ bytes, pointers, expected }: { bytes: Buffer; pointers: Pointer[]; expected: string }) {
  const selection = selectPointers(pointers)
  for (const time of ['first', 'second', 'third']) {
    scanning.read(selection, bytes, 0, bytes.length)
    const found = outcomeOf(scanning, pointers)
    if (found !== expected) return `the ${time} time: ${found}, JavaScript: ${expected}`
  }
  if (bytes.length === 0) return undefined
  const other = Buffer.from(bytes)
  const at = bytes.reduce((sum, byte) => sum + byte, 0) % bytes.length
  other[at] = bytes[at] === 0x31 ? 0x32 : 0x31
  scanning.read(selection, other, 0, other.length)
  const [found, fresh] = [outcomeOf(scanning, pointers), outcome(script, pointers, other)]
  return found === fresh ? undefined : `with another byte at ${at}: ${found}, JavaScript: ${fresh}`
}

function outcome(
  reader: JsonReader,
  pointers: Pointer[],
  bytes: Buffer,
  cuts?: number[],
  shared: Buffer = Buffer.alloc(bytes.length),
): string {
  const selection = selectPointers(pointers)
  // The first document of a selection is checked in any case.
  selection.isTried = true
  selection.hasLong = true
  if (cuts === undefined) reader.read(selection, bytes, 0, bytes.length)
  else {
    reader.begin(selection)
    let from = 0
    for (const to of [...cuts, bytes.length]) {
      shared.fill('"')
      // At another place each time, as responses are.
      const at = (from * 7) % (shared.length - (to - from) + 1)
      bytes.copy(shared, at, from, to)
      reader.feed(shared, at, at + to - from)
      from = to
    }
    reader.end()
  }
  return outcomeOf(reader, pointers)
}

function outcomeOf(reader: JsonReader, pointers: Pointer[]): string {
  return reader.state === 'failed' ? `fault at ${reader.errorOffset}` : shown(reader.values.slice(0, pointers.length))
}

function parsedOutcome(pointers: Pointer[], bytes: Buffer): { test(outcome: string): boolean; toString(): string } {
  const text = bytes.toString()
  try {
    const body = parseJson(text)
    if (!isUtf8(bytes)) throw new Error('not UTF-8')
    const values = shown(pointers.map(pointer => getAt(body, pointer)))
    return { test: outcome => outcome === values, toString: () => values }
  } catch (error) {
    const { message } = error as Error
    const position = message.match(/at position (\d+)/)?.[1]
    const offset = position === undefined ? undefined : Buffer.byteLength(text.slice(0, Number(position)))
    // Bytes that are not UTF-8 are longer once they are decoded.
    const isComparable = offset !== undefined && !text.includes('\ufffd')
    const test = (outcome: string) => (isComparable ? outcome === `fault at ${offset}` : outcome.startsWith('fault'))
    return { test, toString: () => message }
  }
}

function shown(values: unknown[]): string {
  const written = (_: string, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value === undefined ? '(none)' : value
  try {
    return JSON.stringify(values, written)
  } catch (error) {
    // Values of ten thousand levels cannot be written.
    if (error instanceof RangeError) return '(deep)'
    throw error
  }
}
