import { Buffer, isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { getAt, type Pointer, pointerTo } from '../../../src/expression/index.ts'
import { parseJson } from '../../../src/ground/json.ts'
import { JsonReader, type Selection } from '../../../src/http/select/index.ts'
import { anyCodePoint } from '../../builders/code-points.ts'
import { containersOf, escaped } from './containers.ts'

/** Values that `parseJson` and a look-up find in these bytes; undefined if it throws, or if they are not UTF-8. */
export function parsed(bytes: Uint8Array, pointers: readonly Pointer[]): unknown[] | undefined {
  if (!isUtf8(bytes)) return undefined
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  try {
    const body = parseJson(Buffer.from(bytes).toString('utf8', hasMark ? 3 : 0))
    return pointers.map(pointer => getAt(body, pointer))
  } catch {
    return undefined
  }
}

/** The same by the reader, in one place, between other bytes. */
export function read(selection: Selection, bytes: Uint8Array, reader = new JsonReader()): unknown[] | undefined {
  const around = Buffer.concat([Buffer.from('"}]:,1e'), bytes, Buffer.from('"}]:,1e')])
  const isRead = reader.read(selection, around, 7, 7 + bytes.length)
  return isRead ? reader.values.slice(0, selection.pointers.length) : undefined
}

/** The same in chunks, through one buffer that is overwritten each time. */
export function readCut(
  selection: Selection,
  bytes: Uint8Array,
  cuts: readonly number[],
  reader = new JsonReader(),
): unknown[] | undefined {
  const shared = Buffer.alloc(bytes.length + 4, '"')
  reader.begin(selection)
  let from = 0
  for (const to of [...cuts, bytes.length].sort((a, b) => a - b)) {
    shared.fill('"}1')
    shared.set(bytes.subarray(from, to), 2)
    reader.feed(shared, 2, 2 + to - from)
    from = to
  }
  shared.fill('x')
  return reader.end() ? reader.values.slice(0, selection.pointers.length) : undefined
}

const NAMES = [
  'a',
  'b',
  'ab',
  '',
  '0',
  '1',
  '01',
  'ä',
  '😀',
  '\ud800',
  '\ufffd',
  '"',
  '\\',
  '\n',
  '__proto__',
  'length',
]

export const pointers = fc.array(fc.array(fc.constantFrom(...NAMES), { maxLength: 4 }).map(pointerTo), { maxLength: 5 })

const space = fc.constantFrom('', '', '', ' ', '\n', '\r\n\t')

const string = fc.oneof(
  fc.constantFrom('a', 'b', 'constructor', 'toString', ...NAMES).map(text => JSON.stringify(text)),
  fc.constantFrom('a', 'ab', 'b', '0').map(text => `"${escaped(text)}"`),
  fc.string({ unit: anyCodePoint, maxLength: 20 }).map(text => JSON.stringify(text)),
  fc.constantFrom('"\\ud83d\\ude00"', '"\\ud83d"', '"\\/\\b\\f\\t"', '"\\uD83Dx\\uDE00"'),
)

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(String),
  fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map(String),
  fc.tuple(fc.nat(), fc.stringMatching(/^[0-9]{1,18}$/)).map(([whole, rest]) => `${whole}.${rest}`),
  fc.constantFrom('0', '-0', '1e5', '1E+5', '-1.5e-7', '0.1', '123456789012345', '0.30000000000000004', '1e400'),
)

const { document } = fc.letrec<{ document: string }>(tie => ({
  document: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    { weight: 1, arbitrary: fc.oneof(string, number, fc.constantFrom('true', 'false', 'null')) },
    { weight: 3, arbitrary: containersOf(tie('document'), string, space, { items: 4, members: 5 }) },
  ),
}))

/** Valid JSON, with duplicate names, escapes, spaces and all kinds of numbers. */
export const valid = fc
  .tuple(fc.constantFrom('', '', '', '\ufeff'), space, document, space)
  .map(parts => Buffer.from(parts.join('')))

/** Mostly no JSON: valid text in which bytes were replaced, put in, left out or cut off. */
export const broken = fc
  .tuple(
    valid,
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat({ max: 2 }),
        fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...Buffer.from('"\\{}[]:,0-.eu\n t'))),
      ),
      { maxLength: 3 },
    ),
    fc.option(fc.nat()),
  )
  .map(([bytes, edits, end]) => {
    const list = [...bytes]
    for (const [at, kind, byte] of edits) {
      const place = at % (list.length + 1)
      if (kind === 0) list.splice(place, 1)
      else list.splice(place, kind === 1 ? 1 : 0, byte)
    }
    return Buffer.from(end === null ? list : list.slice(0, end % (list.length + 1)))
  })
