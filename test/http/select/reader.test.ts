import { Buffer } from 'node:buffer'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePointer } from '../../../src/expression/index.ts'
import { sentenceOf } from '../../../src/ground/fault.ts'
import { JsonReader, RemainingPaths, selectPointers } from '../../../src/http/select/index.ts'
import { amount } from '../../builders/thorough.ts'
import { broken, parsed, pointers, read, readCut, valid } from './support.ts'

const select = (texts: string[]) => selectPointers(texts.map(parsePointer))

/** A reader that can always afford to read on, and one that never can but for the first document of a selection. */
const readers = () => {
  let time = 0
  const spent = new RemainingPaths(() => 0)
  spent.charge(1e12)
  return {
    rich: new JsonReader({ rests: new RemainingPaths(() => (time += 1e6)) }),
    poor: new JsonReader({ rests: spent }),
    spent,
  }
}

describe('equal to JSON.parse and a look-up', () => {
  const { rich: oneForAll } = readers()

  test('for valid documents in one place', () => {
    fc.assert(
      fc.property(valid, pointers, (bytes, wanted) => {
        expect(read(selectPointers(wanted), bytes, oneForAll)).toEqual(parsed(bytes, wanted))
      }),
      { numRuns: amount(400, 3_000) },
    )
  })

  test('for broken ones, which fail exactly when JSON.parse throws', () => {
    fc.assert(
      fc.property(broken, pointers, (bytes, wanted) => {
        expect(read(selectPointers(wanted), bytes, oneForAll)).toEqual(parsed(bytes, wanted))
      }),
      { numRuns: amount(400, 3_000) },
    )
  })

  test('in chunks, wherever they are cut', () => {
    fc.assert(
      fc.property(fc.oneof(valid, broken), pointers, fc.array(fc.nat(), { maxLength: 5 }), (bytes, wanted, places) => {
        const cuts = places.map(place => place % (bytes.length + 1))
        expect(readCut(selectPointers(wanted), bytes, cuts, oneForAll)).toEqual(parsed(bytes, wanted))
      }),
      { numRuns: amount(400, 3_000) },
    )
  })

  test('cut between all bytes, and at every single place, with the same fault at the same offset', () => {
    fc.assert(
      fc.property(fc.oneof(valid, broken), pointers, (bytes, wanted) => {
        const selection = selectPointers(wanted)
        const { rich: reader } = readers()
        const values = read(selection, bytes, reader)
        const fault = values ?? [reader.errorOffset, reader.fault]
        for (let cut = 0; cut <= bytes.length; cut++) {
          const seen = readCut(selection, bytes, [cut], reader) ?? [reader.errorOffset, reader.fault]
          // Strictly, and many times as fast as `toEqual`, which then shows where they differ.
          if (!isDeepStrictEqual(seen, fault)) expect(seen, `cut at ${cut}`).toStrictEqual(fault)
        }
        const every = readCut(selection, bytes, [...bytes.keys()], reader)
        expect(every ?? [reader.errorOffset, reader.fault]).toEqual(fault)
      }),
      { numRuns: amount(100, 300) },
    )
  })
})

test('the documents above have what is asked for, often enough to tell', () => {
  const pairs = fc.sample(fc.tuple(valid, pointers), { numRuns: 1000, seed: 1 })
  const found = pairs.flatMap(([bytes, wanted]) => parsed(bytes, wanted)!).filter(value => value !== undefined)
  expect(found.length).toBeGreaterThan(200)
})

describe('what is wanted', () => {
  const body = Buffer.from('{"a":{"b":[10,{"c":"x"},-0.5e1]},"d":"\\u00e4\\n","e":null,"f":true}')
  const values = (...texts: string[]) => read(select(texts), body)

  test('scalars, items, containers, nothing', () => {
    expect(values('/a/b/0', '/a/b/1/c', '/a/b/2', '/d', '/e', '/f')).toEqual([10, 'x', -5, 'ä\n', null, true])
    expect(values('/a/b', '/a/b/1')).toEqual([[10, { c: 'x' }, -5], { c: 'x' }])
    expect(values('', '/a/b/1/c', '/a')).toEqual([JSON.parse(body.toString()), 'x', { b: [10, { c: 'x' }, -5] }])
    expect(values('/a/b/3', '/a/b/-', '/a/b/01', '/a/b/length', '/d/length', '/none')).toEqual(
      Array.from({ length: 6 }, () => undefined),
    )
  })

  test('the same pointer twice', () => {
    expect(values('/f', '/e', '/f')).toEqual([true, null, true])
  })

  test('of the last of duplicate names, also when it has less', () => {
    const twice = Buffer.from('{"a":{"b":1,"c":2},"\\u0061":{"c":3}}')
    expect(read(select(['/a/b', '/a/c', '/a']), twice)).toEqual([undefined, 3, { c: 3 }])
    expect(read(select(['/a/b', '/a/c']), twice)).toEqual([undefined, 3])
    expect(read(select(['/a/b', '/a/c']), Buffer.from('{"a":{"b":1},"a":5}'))).toEqual([undefined, undefined])
  })

  test('however deep', () => {
    const deep = 200_000
    const bytes = Buffer.from(`{"x":${'['.repeat(deep)}${']'.repeat(deep)},"y":1}`)
    expect(read(select(['/y']), bytes)).toEqual([1])
    expect(readCut(select(['/y']), bytes, [100, deep, deep + 100])).toEqual([1])
  })

  test('belongs to the caller: the reader is used again', () => {
    const reader = new JsonReader()
    const selection = select(['/v'])
    reader.read(selection, Buffer.from('{"v":{"w":[1]}}'), 0, 15)
    const [first] = reader.values
    reader.read(selection, Buffer.from('{"v":{"w":[2]}}'), 0, 15)
    expect([first, reader.values[0]]).toEqual([{ w: [1] }, { w: [2] }])
    expect(reader.read(selection, Buffer.from('{}'), 0, 2)).toBe(true)
    expect(reader.values[0]).toBeUndefined()
  })
})

describe('faults', () => {
  const reader = new JsonReader({ limit: 1000 })
  const fault = (text: string | Buffer, pointer = '/a') => {
    expect(read(select([pointer]), Buffer.from(text), reader)).toBeUndefined()
    expect(reader.state).toBe('failed')
    return `${sentenceOf(reader.fault)} [${reader.errorOffset}]`
  }

  test('are told with the byte and its place', () => {
    expect([
      fault(''),
      fault('  '),
      fault('{"b":1,}'),
      fault('{"a":tru]'),
      fault('{"a":1'),
      fault('{"b":"\n"}'),
      fault('{"b":"\\u12g4"}'),
      fault('{"b":01}'),
      fault('<html>'),
      fault(Buffer.from([0x7b, 0xff])),
      fault('{"a":1} x'),
      fault('\ufeff\ufeff{}'),
      fault(Buffer.from('{"a":"caf\xe9"}', 'latin1')),
      fault(Buffer.from('{"b":"\xef\xbf\xbd\xc3\xa9\xed\xa0\x80","a":1}', 'latin1')),
    ]).toMatchInlineSnapshot(`
      [
        "Failed to read the body as JSON: it is empty. [0]",
        "Failed to read the body as JSON: it ends after 2 bytes, before its value is complete. [2]",
        "Failed to read the body as JSON: unexpected "}" at byte 7. [7]",
        "Failed to read the body as JSON: unexpected "]" at byte 8. [8]",
        "Failed to read the body as JSON: it ends after 6 bytes, before its value is complete. [6]",
        "Failed to read the body as JSON: unexpected byte 0x0a at byte 6. [6]",
        "Failed to read the body as JSON: unexpected "g" at byte 10. [10]",
        "Failed to read the body as JSON: unexpected "1" at byte 6. [6]",
        "Failed to read the body as JSON: unexpected "<" at byte 0. [0]",
        "Failed to read the body as JSON: unexpected byte 0xff at byte 1. [1]",
        "Failed to read the body as JSON: unexpected "x" at byte 8. [8]",
        "Failed to read the body as JSON: unexpected byte 0xef at byte 3. [3]",
        "Failed to read the body as JSON: its text is not UTF-8 at byte 9. Send JSON as UTF-8, or name its charset in Content-Type. [9]",
        "Failed to read the body as JSON: its text is not UTF-8 at byte 11. Send JSON as UTF-8, or name its charset in Content-Type. [11]",
      ]
    `)
  })

  test('are where JSON.parse sees them', () => {
    let told = 0
    fc.assert(
      fc.property(broken, bytes => {
        if (bytes.some(byte => byte > 0x7f) || read(select([]), bytes, reader)) return
        let message = ''
        try {
          JSON.parse(bytes.toString())
        } catch (error) {
          message = String(error)
        }
        const position = /position (\d+)/.exec(message)?.[1]
        if (position === undefined) return
        told++
        expect(reader.errorOffset, message).toBe(Number(position))
      }),
      { numRuns: amount(400, 3_000) },
    )
    expect(told).toBeGreaterThan(50)
  })

  test('a value that would have to be held is one past the limit, a document is not', () => {
    const large = `{"x":"${'x'.repeat(5000)}","a":"${'y'.repeat(900)}"}`
    const cuts = Array.from({ length: 59 }, (_, i) => (i + 1) * 100)
    expect(readCut(select(['/a']), Buffer.from(large), cuts, reader)).toEqual(['y'.repeat(900)])
    expect(readCut(select(['/x']), Buffer.from(large), cuts, reader)).toBeUndefined()
    expect(`${sentenceOf(reader.fault)} [${reader.errorOffset}]`).toMatchInlineSnapshot(
      `"Failed to read the body as JSON: a value that is read from it is still not complete after 1 kB. Read a smaller part of it, or raise the limit. [1000]"`,
    )
  })
})

describe('the rest, behind the last wanted value', () => {
  const filler = `,"filler":"${'x'.repeat(66_000)}"`
  const good = Buffer.from(`{"a":1${filler}}`)
  const twice = Buffer.from(`{"a":1${filler},"a":2}`)
  const faulty = Buffer.from(`{"a":1${filler},}`)
  const cutOff = Buffer.from(`{"a":1${filler}`)
  const cuts = [3, 900, 50_000, 66_010]

  test('is read as long as that can be afforded: equal to JSON.parse', () => {
    const { rich } = readers()
    for (let i = 0; i < 3; i++) {
      const selection = select(['/a'])
      expect(read(selection, good, rich)).toEqual([1])
      expect(read(selection, twice, rich)).toEqual([2])
      expect(read(selection, faulty, rich)).toBeUndefined()
      expect(readCut(selection, twice, cuts, rich)).toEqual([2])
      expect(readCut(selection, faulty, cuts, rich)).toBeUndefined()
    }
  })

  test('is passed over where it cannot, and counted; but the last byte must close what the first opened', () => {
    const { poor, spent } = readers()
    const selection = select(['/a'])
    expect(read(selection, good, poor)).toEqual([1])
    expect(spent.unchecked).toBe(0)
    expect(read(selection, twice, poor)).toEqual([1])
    expect(read(selection, faulty, poor)).toEqual([1])
    expect(readCut(selection, twice, cuts, poor)).toEqual([1])
    expect(readCut(selection, faulty, cuts, poor)).toEqual([1])
    expect(spent.unchecked).toBe(4)
    expect(readCut(selection, cutOff, cuts, poor)).toBeUndefined()
    expect(poor.errorOffset).toBe(cutOff.length)
    expect(read(select(['/a']), cutOff, poor)).toBeUndefined()
  })

  test('is read of the first document of a selection', () => {
    const { poor } = readers()
    expect(read(select(['/a']), twice, poor)).toEqual([2])
    expect(readCut(select(['/a']), faulty, cuts, poor)).toBeUndefined()
  })

  test.each([
    ['a duplicate', twice, [2]],
    ['a fault', faulty, undefined],
  ])('is read of all once %s was seen there', (_, bytes, expected) => {
    const { poor, spent } = readers()
    const selection = select(['/a'])
    expect(read(selection, bytes, poor)).toEqual(expected)
    for (let i = 1; i < 64; i++) expect(read(selection, i % 2 ? twice : faulty, poor)).toEqual(i % 2 ? [2] : undefined)
    expect(spent.unchecked).toBe(0)
  })

  test('is read in any case where it is short', () => {
    const { poor } = readers()
    const selection = select(['/a'])
    for (let i = 0; i < 10; i++) {
      expect(read(selection, Buffer.from('{"a":1}'), poor)).toEqual([1])
      expect(read(selection, Buffer.from(`{"b":"${'x'.repeat(5000)}","a":3,"c":[]}`), poor)).toEqual([3])
    }
    expect(read(selection, Buffer.from('{"a":1,"a":2}'), poor)).toEqual([2])
    expect(read(selection, Buffer.from('{"a":1}}'), poor)).toBeUndefined()
  })

  test('costs a share of the time: 25 kB a millisecond, of which some is saved up', () => {
    let time = 0
    const rests = new RemainingPaths(() => time)
    const reader = new JsonReader({ rests })
    const [early, broken] = ['', ','].map(end => Buffer.from(`{"a":1,"filler":"${'x'.repeat(100_000)}"${end}}`)) as [
      Buffer,
      Buffer,
    ]
    const selection = select(['/a'])
    /** Of so many, one a millisecond, how many were read to the end. */
    const readOf = (count: number) => {
      const before = rests.unchecked
      for (let i = 0; i < count; i++) {
        time += 1
        if (!reader.read(selection, early, 0, early.length)) throw new Error(sentenceOf(reader.fault))
      }
      return count - (rests.unchecked - before)
    }
    expect(readOf(40)).toBe(40)
    const later = readOf(400)
    expect(later).toBeGreaterThan(95)
    expect(later).toBeLessThan(130)
    // What comes more slowly is read.
    time += 1_000
    expect(readOf(30)).toBe(30)
    readOf(100)
    // What is faulty now is seen before long, and from then on always.
    const seen = Array.from({ length: 20 }, () => {
      time += 1
      return reader.read(selection, broken, 0, broken.length)
    })
    const first = seen.indexOf(false)
    expect(first).toBeGreaterThanOrEqual(0)
    expect(first).toBeLessThan(6)
    expect(seen.slice(first)).toEqual(seen.slice(first).fill(false))
  })

  test('passed over or not, the values are those of JSON.parse where names are unique and the document is valid', () => {
    const unique = fc.json().map(text => Buffer.from(`{"first":${text},"filler":"${'x'.repeat(1100)}","last":${text}}`))
    const { rich, poor } = readers()
    fc.assert(
      fc.property(unique, pointers, fc.constantFrom(rich, poor), fc.nat(), (bytes, wanted, reader, cut) => {
        const below = [
          ...wanted,
          ...wanted.map(({ tokens }) =>
            parsePointer(`/first${tokens.map(t => `/${t.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`),
          ),
        ]
        const selection = selectPointers(below)
        const expected = parsed(bytes, below)
        for (let i = 0; i < 2; i++) expect(read(selection, bytes, reader)).toEqual(expected)
        expect(readCut(selection, bytes, [cut % bytes.length], reader)).toEqual(expected)
      }),
      { numRuns: amount(200, 500) },
    )
  })
})
