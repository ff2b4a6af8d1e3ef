import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePointer } from '../../../src/expression/index.ts'
import { JsonReader, type Rest, selectPointers } from '../../../src/http/select/index.ts'
import { broken, parsed, pointers, read, readCut, valid } from './support.ts'

const select = (texts: string[], rest?: Rest) => selectPointers(texts.map(parsePointer), rest)

describe('equal to JSON.parse and a look-up', () => {
  const oneForAll = new JsonReader()

  test('for valid documents in one place', () => {
    fc.assert(
      fc.property(valid, pointers, (bytes, wanted) => {
        expect(read(selectPointers(wanted, 'check'), bytes, oneForAll)).toEqual(parsed(bytes, wanted))
      }),
      { numRuns: 3000 },
    )
  })

  test('for broken ones, which fail exactly when JSON.parse throws', () => {
    fc.assert(
      fc.property(broken, pointers, (bytes, wanted) => {
        expect(read(selectPointers(wanted, 'check'), bytes, oneForAll)).toEqual(parsed(bytes, wanted))
      }),
      { numRuns: 3000 },
    )
  })

  test('in chunks, wherever they are cut', () => {
    fc.assert(
      fc.property(
        fc.oneof(valid, broken),
        pointers,
        fc.array(fc.nat(), { maxLength: 5 }),
        (bytes, wanted, places) => {
          const cuts = places.map(place => place % (bytes.length + 1))
          expect(readCut(selectPointers(wanted, 'check'), bytes, cuts, oneForAll)).toEqual(
            parsed(bytes, wanted),
          )
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('cut between all bytes, and at every single place, with the same fault at the same offset', () => {
    fc.assert(
      fc.property(fc.oneof(valid, broken), pointers, (bytes, wanted) => {
        const selection = selectPointers(wanted, 'check')
        const reader = new JsonReader()
        const values = read(selection, bytes, reader)
        const fault = values ?? [reader.errorOffset, reader.fault]
        for (let cut = 0; cut <= bytes.length; cut++) {
          const cutValues = readCut(selection, bytes, [cut], reader)
          expect(cutValues ?? [reader.errorOffset, reader.fault]).toEqual(fault)
        }
        const every = readCut(selection, bytes, [...bytes.keys()], reader)
        expect(every ?? [reader.errorOffset, reader.fault]).toEqual(fault)
      }),
      { numRuns: 300 },
    )
  })
})

test('the documents above have what is asked for, often enough to tell', () => {
  const pairs = fc.sample(fc.tuple(valid, pointers), { numRuns: 1000, seed: 1 })
  const found = pairs
    .flatMap(([bytes, wanted]) => parsed(bytes, wanted)!)
    .filter(value => value !== undefined)
  expect(found.length).toBeGreaterThan(200)
})

describe('what is wanted', () => {
  const body = Buffer.from('{"a":{"b":[10,{"c":"x"},-0.5e1]},"d":"\\u00e4\\n","e":null,"f":true}')
  const values = (...texts: string[]) => read(select(texts), body)

  test('scalars, items, containers, nothing', () => {
    expect(values('/a/b/0', '/a/b/1/c', '/a/b/2', '/d', '/e', '/f')).toEqual([10, 'x', -5, 'ä\n', null, true])
    expect(values('/a/b', '/a/b/1')).toEqual([[10, { c: 'x' }, -5], { c: 'x' }])
    expect(values('', '/a/b/1/c', '/a')).toEqual([
      JSON.parse(body.toString()),
      'x',
      { b: [10, { c: 'x' }, -5] },
    ])
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
    expect(read(select(['/y'], 'check'), bytes)).toEqual([1])
    expect(readCut(select(['/y'], 'check'), bytes, [100, deep, deep + 100])).toEqual([1])
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
    return `${reader.fault} [${reader.errorOffset}]`
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
      ]
    `)
  })

  test('are where JSON.parse sees them', () => {
    let told = 0
    fc.assert(
      fc.property(broken, bytes => {
        if (bytes.some(byte => byte > 0x7f) || read(select([], 'check'), bytes, reader)) return
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
      { numRuns: 3000 },
    )
    expect(told).toBeGreaterThan(200)
  })

  test('a value that would have to be held is one past the limit, a document is not', () => {
    const large = `{"x":"${'x'.repeat(5000)}","a":"${'y'.repeat(900)}"}`
    const cuts = Array.from({ length: 59 }, (_, i) => (i + 1) * 100)
    expect(readCut(select(['/a']), Buffer.from(large), cuts, reader)).toEqual(['y'.repeat(900)])
    expect(readCut(select(['/x']), Buffer.from(large), cuts, reader)).toBeUndefined()
    expect(`${reader.fault} [${reader.errorOffset}]`).toMatchInlineSnapshot(
      `"Failed to read the body as JSON: a value that is read from it is still not complete after 1 kB. Read a smaller part of it, or raise the limit. [1000]"`,
    )
  })
})

describe('the rest, behind the last wanted value', () => {
  const filler = `,"filler":"${'x'.repeat(2000)}"`
  const good = Buffer.from(`{"a":1${filler}}`)
  const twice = Buffer.from(`{"a":1${filler},"a":2}`)
  const faulty = Buffer.from(`{"a":1${filler},}`)
  const cutOff = Buffer.from(`{"a":1${filler}`)
  const cuts = [3, 900, 1500, 2010]

  test('check: equal to JSON.parse', () => {
    const selection = select(['/a'], 'check')
    for (let i = 0; i < 3; i++) {
      expect(read(selection, good)).toEqual([1])
      expect(read(selection, twice)).toEqual([2])
      expect(read(selection, faulty)).toBeUndefined()
      expect(readCut(selection, twice, cuts)).toEqual([2])
      expect(readCut(selection, faulty, cuts)).toBeUndefined()
    }
  })

  test('trust: not read, but the last byte must close what the first opened', () => {
    const selection = select(['/a'], 'trust')
    expect(read(selection, twice)).toEqual([1])
    expect(read(selection, faulty)).toEqual([1])
    expect(read(selection, cutOff)).toBeUndefined()
    expect(readCut(selection, twice, cuts)).toEqual([1])
    expect(readCut(selection, faulty, cuts)).toEqual([1])
    const reader = new JsonReader()
    expect(readCut(selection, cutOff, cuts, reader)).toBeUndefined()
    expect(reader.errorOffset).toBe(cutOff.length)
  })

  test('sample: the first is read to the end, and every 64th', () => {
    const selection = select(['/a'])
    expect(read(selection, good)).toEqual([1])
    for (let i = 1; i < 64; i++) expect(read(selection, i === 40 ? twice : good)).toEqual([1])
    expect(read(selection, twice)).toEqual([2])
  })

  test.each([
    ['a duplicate', twice, [2]],
    ['a fault', faulty, undefined],
  ])('sample: once %s was seen there, all are read to the end', (_, bytes, expected) => {
    const selection = select(['/a'])
    expect(read(selection, bytes)).toEqual(expected)
    for (let i = 1; i < 64; i++)
      expect(read(selection, i % 2 ? twice : faulty)).toEqual(i % 2 ? [2] : undefined)
  })

  test('sample: short documents are equal to JSON.parse', () => {
    const selection = select(['/a'])
    for (let i = 0; i < 10; i++) {
      expect(read(selection, Buffer.from('{"a":1,"a":2}'))).toEqual([2])
      expect(readCut(selection, Buffer.from('{"a":1,"a":2}'), [8])).toEqual([2])
      expect(read(selection, Buffer.from('{"a":1}}'))).toBeUndefined()
    }
  })

  test('trust and sample are equal to JSON.parse where names are unique and the document is valid', () => {
    const unique = fc
      .json()
      .map(text => Buffer.from(`{"first":${text},"filler":"${'x'.repeat(1100)}","last":${text}}`))
    fc.assert(
      fc.property(
        unique,
        pointers,
        fc.constantFrom<Rest>('trust', 'sample'),
        fc.nat(),
        (bytes, wanted, rest, cut) => {
          const below = [
            ...wanted,
            ...wanted.map(({ tokens }) =>
              parsePointer(
                `/first${tokens.map(t => `/${t.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`,
              ),
            ),
          ]
          const selection = selectPointers(below, rest)
          const expected = parsed(bytes, below)
          expect(read(selection, bytes)).toEqual(expected)
          expect(readCut(selection, bytes, [cut % bytes.length])).toEqual(expected)
        },
      ),
      { numRuns: 500 },
    )
  })
})
