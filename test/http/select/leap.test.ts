import { Buffer } from 'node:buffer'
import { expect, test } from 'vitest'
import { parsePointer } from '../../../src/expression/index.ts'
import { sentenceOf } from '../../../src/ground/fault.ts'
import { JsonReader, lendBuffer, Rests, selectPointers } from '../../../src/http/select/index.ts'
import { leapingRests } from './documents.ts'

const select = (...texts: string[]) => selectPointers(texts.map(parsePointer))

/** Cannot afford to check more than the first document of a selection. */
function poor() {
  const rests = new Rests(() => 0)
  rests.charge(1e12)
  return rests
}

const item = (n: number) => `{"n":${n},"t":"a \\"b\\" ]}\\\\","l":[${n},[]],"o":{"p":{}}}`
const document = (last: string, fault = '', count = 3_000) =>
  Buffer.from(`{"a":1,"items":[${Array.from({ length: count }, (_, n) => item(n)).join(',')}${fault}],"last":${last}}`)

/** In pieces of this length, from memory that the scan reads or from elsewhere. */
function feed(reader: JsonReader, selection: ReturnType<typeof select>, bytes: Buffer, size: number, isLent: boolean) {
  const shared = isLent ? lendBuffer() : Buffer.alloc(size)
  reader.begin(selection, bytes.length)
  for (let from = 0; from < bytes.length; from += size) {
    const to = Math.min(bytes.length, from + size)
    bytes.copy(shared, 0, from, to)
    reader.feed(shared, 0, to - from)
  }
  return reader.end() ? reader.values.slice(0, selection.pointers.length) : undefined
}

test('what there is no time for is passed over by its brackets, counted, and the values are the same', () => {
  const rests = poor()
  const reader = new JsonReader({ rests })
  const selection = select('/last', '/a')
  for (const [n, [size, isLent]] of (
    [
      [65_536, true],
      [65_536, false],
      [1_000, true],
      [77, false],
    ] as const
  ).entries()) {
    expect(feed(reader, selection, document(`"${n}"`), size, isLent)).toEqual([String(n), 1])
    expect(rests.unread).toBe(n)
  }
})

test('a fault in what is passed over goes unseen where there is no time, and never in the first document', () => {
  const broken = document('1', ',tru')
  const rests = poor()
  const reader = new JsonReader({ rests })
  const seenAtOnce = select('/last')
  expect(feed(reader, seenAtOnce, broken, 65_536, true)).toBeUndefined()
  expect(sentenceOf(reader.fault)).toContain(`unexpected "]" at byte ${broken.indexOf('tru') + 3}.`)
  const later = select('/last')
  feed(reader, later, document('1'), 65_536, true)
  expect(feed(reader, later, broken, 65_536, true)).toEqual([1])
  expect(rests.unread).toBe(1)
})

test('is checked as long as there is time', () => {
  const rests = new Rests(() => 0)
  const reader = new JsonReader({ rests })
  const selection = select('/last')
  feed(reader, selection, document('1'), 65_536, true)
  expect(feed(reader, selection, document('1', ',tru'), 65_536, true)).toBeUndefined()
  expect(rests.unread).toBe(0)
})

test('once a document had a fault, all are checked', () => {
  const rests = poor()
  const reader = new JsonReader({ rests })
  const selection = select('/last')
  feed(reader, selection, document('1'), 65_536, true)
  expect(feed(reader, selection, document('tru'), 65_536, true)).toBeUndefined()
  expect(sentenceOf(reader.fault)).toMatch(/unexpected "}" at byte \d+, or a fault before it\.$/)
  expect(feed(reader, selection, document('1', ',tru'), 65_536, true)).toBeUndefined()
  expect(sentenceOf(reader.fault)).toMatch(/unexpected "]" at byte \d+\.$/)
  expect(rests.unread).toBe(0)
})

test('a document that is cut off where it is passed over is a fault', () => {
  const bytes = document('1')
  for (const cut of [0.5, 0.6, 0.99]) {
    const reader = new JsonReader({ rests: poor() })
    const selection = select('/last')
    feed(reader, selection, bytes, 65_536, true)
    expect(feed(reader, selection, bytes.subarray(0, bytes.length * cut), 65_536, true)).toBeUndefined()
    expect(sentenceOf(reader.fault)).toMatch(
      /ends after \d+ bytes, before its value is complete, or has a fault before\.$/,
    )
  }
})

test('in one place a fault that is seen is told with its place, for it is read again', () => {
  const bytes = document('1,', ',tru')
  const reader = new JsonReader({ rests: poor() })
  const selection = select('/last')
  reader.read(selection, document('1'), 0, document('1').length)
  expect(reader.read(selection, bytes, 0, bytes.length)).toBe(false)
  expect(reader.errorOffset).toBe(bytes.indexOf('tru') + 3)
})

test('a wanted value is checked in any case', () => {
  const selection = select('/items')
  selection.isTried = true
  const reader = new JsonReader({ rests: poor() })
  expect(feed(reader, selection, document('1', ',tru'), 65_536, true)).toBeUndefined()
  expect(sentenceOf(reader.fault)).toContain('unexpected "]"')
})

test('of a document of which nothing is wanted everything is checked', () => {
  const selection = select()
  selection.isTried = true
  const bytes = document('1', ',tru')
  expect(new JsonReader({ rests: poor() }).read(selection, bytes, 0, bytes.length)).toBe(false)
})

test('ends anywhere: cut at each place, in strings, escapes, numbers and between', () => {
  const bytes = document('{"x":2}', '', 12)
  for (let cut = 0; cut <= bytes.length; cut++) {
    const selection = select('/last/x')
    selection.isTried = true
    const reader = new JsonReader({ rests: leapingRests() })
    reader.begin(selection)
    reader.feed(bytes, 0, cut)
    reader.feed(bytes, cut, bytes.length)
    expect([reader.end(), reader.values[0]], `cut at ${cut}`).toEqual([true, 2])
  }
})

test('goes on by brackets in the middle of a value, once a document turns out to be long', () => {
  const bytes = document('3')
  for (let first = 65_400; first < 65_536; first++) {
    const selection = select('/last')
    selection.isTried = true
    const rests = poor()
    const reader = new JsonReader({ rests })
    reader.begin(selection)
    reader.feed(bytes, 0, first)
    reader.feed(bytes, first, bytes.length)
    expect([reader.end(), reader.values[0], rests.unread], `first ${first}`).toEqual([true, 3, 1])
  }
})
