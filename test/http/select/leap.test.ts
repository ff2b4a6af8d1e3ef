import { Buffer } from 'node:buffer'
import { expect, test } from 'vitest'
import { parsePointer } from '../../../src/expression/index.ts'
import { sentenceOf } from '../../../src/ground/fault.ts'
import { JsonReader, lendBuffer, RemainingPaths, selectPointers } from '../../../src/http/select/index.ts'
import { leapingRests } from './documents.ts'

const select = (...texts: string[]) => selectPointers(texts.map(parsePointer))

/** Cannot afford to check more than the first document of a selection. */
function poor() {
  const rests = new RemainingPaths(() => 0)
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
    expect(rests.unchecked).toBe(n)
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
  expect(rests.unchecked).toBe(1)
})

test('is checked as long as there is time', () => {
  const rests = new RemainingPaths(() => 0)
  const reader = new JsonReader({ rests })
  const selection = select('/last')
  feed(reader, selection, document('1'), 65_536, true)
  expect(feed(reader, selection, document('1', ',tru'), 65_536, true)).toBeUndefined()
  expect(rests.unchecked).toBe(0)
})

test('once a document had a fault, all are checked', () => {
  const rests = poor()
  const reader = new JsonReader({ rests })
  const selection = select('/last')
  feed(reader, selection, document('1'), 65_536, true)
  expect(feed(reader, selection, document('tru'), 65_536, true)).toBeUndefined()
  expect(sentenceOf(reader.fault)).toMatch(/unexpected "}" at byte \d+, or there is a fault before that\.$/)
  expect(feed(reader, selection, document('1', ',tru'), 65_536, true)).toBeUndefined()
  expect(sentenceOf(reader.fault)).toMatch(/unexpected "]" at byte \d+\.$/)
  expect(rests.unchecked).toBe(0)
})

test('a document that is cut off where it is passed over is a fault', () => {
  const bytes = document('1')
  for (const cut of [0.5, 0.6, 0.99]) {
    const reader = new JsonReader({ rests: poor() })
    const selection = select('/last')
    feed(reader, selection, bytes, 65_536, true)
    expect(feed(reader, selection, bytes.subarray(0, bytes.length * cut), 65_536, true)).toBeUndefined()
    expect(sentenceOf(reader.fault)).toMatch(
      /ends after \d+ bytes, before its value is complete, or there is a fault before that\.$/,
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
  selection.hasLong = true
  const reader = new JsonReader({ rests: poor() })
  expect(feed(reader, selection, document('1', ',tru'), 65_536, true)).toBeUndefined()
  expect(sentenceOf(reader.fault)).toContain('unexpected "]"')
})

test('of a document of which nothing is wanted everything is checked', () => {
  const selection = select()
  selection.isTried = true
  selection.hasLong = true
  const bytes = document('1', ',tru')
  expect(new JsonReader({ rests: poor() }).read(selection, bytes, 0, bytes.length)).toBe(false)
})

test('ends anywhere: cut at each place, in strings, escapes, numbers and between', () => {
  const bytes = document('{"x":2}', '', 12)
  for (let cut = 0; cut <= bytes.length; cut++) {
    const selection = select('/last/x')
    selection.isTried = true
    selection.hasLong = true
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
    selection.hasLong = true
    const rests = poor()
    const reader = new JsonReader({ rests })
    reader.begin(selection)
    reader.feed(bytes, 0, first)
    reader.feed(bytes, first, bytes.length)
    expect([reader.end(), reader.values[0], rests.unchecked], `first ${first}`).toEqual([true, 3, 1])
  }
})

test('counts bodies also where the last value never comes', () => {
  const rests = poor()
  const reader = new JsonReader({ rests })
  const selection = select('/missing')
  for (let n = 0; n < 3; n++) {
    expect(feed(reader, selection, document('1'), 65_536, true)).toEqual([undefined])
    expect(rests.unchecked).toBe(n)
  }
})

const long = Array.from({ length: 3_000 }, (_, n) => item(n)).join(',')

test('of a long document a rest of up to 64 KiB is checked, where its length is known', () => {
  const withRest = (rest: string) => Buffer.from(`{"items":[${long}],"id":1,"rest":{"list":[1,${rest}]}}`)
  for (const isWhole of [true, false]) {
    const selection = select('/id')
    const reader = new JsonReader({ rests: poor() })
    const read = (bytes: Buffer) =>
      isWhole
        ? reader.read(selection, bytes, 0, bytes.length)
        : feed(reader, selection, bytes, 50_000, true) !== undefined
    expect([read(withRest('2')), read(withRest('2'))]).toEqual([true, true])
    expect(read(withRest('tru'))).toBe(false)
  }
})

test('the length that is announced counts from the first chunk on', () => {
  const bytes = Buffer.from(`{"first":[1,tru],"items":[${long}],"last":1}`)
  const sound = Buffer.from(`{"first":[1,2],"items":[${long}],"last":1}`)
  const outcomes = [bytes.length, -1].map(length => {
    const selection = select('/last')
    const reader = new JsonReader({ rests: poor() })
    feed(reader, selection, sound, 1_000, true)
    reader.begin(selection, length)
    for (let from = 0; from < bytes.length; from += 1_000)
      reader.feed(bytes, from, Math.min(bytes.length, from + 1_000))
    return reader.end()
  })
  expect(outcomes, 'announced, and not').toEqual([true, false])
})

test('a wanted value that is under way when a document turns out to be long is checked to its end', () => {
  for (const fault of ['', ',tru']) {
    const bytes = Buffer.from(`{"items":[${long}${fault}],"last":1}`)
    const selection = select('/items')
    selection.hasLong = true
    selection.isTried = true
    selection.hasLong = true
    const reader = new JsonReader({ rests: poor() })
    reader.begin(selection)
    reader.feed(bytes, 0, 60_000)
    reader.feed(bytes, 60_000, bytes.length)
    expect(reader.end()).toBe(fault === '')
  }
})

test('nothing is left of a document that ended in the middle', () => {
  const rests = poor()
  const reader = new JsonReader({ rests })
  const selection = select('/last')
  feed(reader, selection, document('1'), 65_536, true)
  const other = select('/last')
  reader.read(other, Buffer.from('{"a":[[[{"b":"x'), 0, 15)
  selection.suspect = false
  const bytes = Buffer.from(`{"pad":"${'x'.repeat(65_450)}"   ,"\\u0069tems":[${long}],"last":"end"}`)
  for (let first = 65_440; first < 65_470; first++) {
    reader.read(other, Buffer.from('{"a":[[[{"b":"x'), 0, 15)
    reader.begin(selection)
    reader.feed(bytes, 0, first)
    reader.feed(bytes, first, bytes.length)
    expect([reader.end(), reader.values[0]], `first ${first}`).toEqual([true, 'end'])
  }
})

test('a short first document is not one for long ones', () => {
  const selection = select('/last')
  const reader = new JsonReader({ rests: poor() })
  reader.read(selection, Buffer.from('{"last":1,"more":2}'), 0, 19)
  expect(feed(reader, selection, document('1', ',tru'), 65_536, true)).toBeUndefined()
})
