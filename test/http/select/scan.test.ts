import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { pointerTo } from '../../../src/expression/index.ts'
import { amount } from '../../builders/thorough.ts'
import { disagreement, documentOf } from './documents.ts'

describe('the scan, the reader in JavaScript and JSON.parse agree on values, validity and the place of a fault', () => {
  test('of generated documents', () => {
    const seeds = Array.from({ length: amount(1_200, 20_000) }, (_, seed) => seed)
    const found = seeds.map(seed => ({ seed, found: disagreement(documentOf(seed)) }))
    expect(found.filter(({ found }) => found !== undefined)).toEqual([])
  })

  test('of what may be wrong, at each place of the 64 bytes that are looked at together', () => {
    const values = [
      ...[
        '.5',
        '1.',
        '1.5.5',
        '-',
        '--1',
        '+1',
        '01',
        '-01',
        '00',
        '1e',
        '1e+',
        '1e5.5',
        '1E-',
        '0x1',
        '1-',
        '-.5',
        '1.e5',
      ],
      ...['0', '-0', '0.5', '-0.0e-10', '1e05', '1234567890123456789012345', '10', '-1.25', '1E400', '5e-324'],
      ...['tru', 'truee', 'nul', 'falsy', 'True', 'NaN', 'true', 'false', 'null', 'tfn', 'true1', '1true', 'null.5'],
      ...['"', '"a', '"a\\"', '"\\"', '"\\\\"', '"\\\\\\""', '"\\x"', '"\\u12"', '"\\u12g4"', '"\\u00e9"', '"\\ud83d"'],
      ...['"a"b', '"a""b"', '"a" "b"', '"a":1', '1:2', '"\u0001"', '"a\tb"', '\u0001', '\v1', '\u00a01', 'é', '"é"'],
      ...[
        '{}',
        '[]',
        '{]',
        '[}',
        '{"a"}',
        '{"a":}',
        '{"a":1,}',
        '{"a":1,2}',
        '{1:2}',
        '{"a" 1}',
        '{"a"::1}',
        '{,}',
        '[,]',
        '[1,]',
      ],
      ...[
        '{"a":1 "b":2}',
        '[1 2]',
        '[1,,2]',
        '{"a":1,,"b":2}',
        '{"a":{"b":[{}]}}',
        '{"a" : [ 1 , 2 ] , "b" : { } }',
        '{[]:1}',
      ],
      ...['{"a":"b":"c"}', '["a":1]', '{"a","b"}', ']', '}', ',', ':', '1]', '1}', '\\', '\\"a"', '/**/1', "'a'"],
    ]
    const found = values.flatMap(value =>
      Array.from({ length: 65 }, (_, place) => {
        const bytes = Buffer.from(`["${'-'.repeat(place)}",${value},"${'='.repeat(130)}"]`)
        return disagreement({ bytes, pointers: [], cuts: [place + 4] })
      }).filter(found => found !== undefined),
    )
    expect(found).toEqual([])
  })

  test('of arrays of which one item is wanted, at each place, with what may be wrong before it and behind it', () => {
    const item = (n: number) =>
      n % 3 === 0 ? `{"a":[${n},[]],"b":"],,{${n}"}` : n % 3 === 1 ? `"it,em ${n}"` : `[[],{}]`
    const all = Array.from({ length: 40 }, (_, n) => item(n))
    const faults = ['', ',', ']', '}', '"', '1 2', '{"a":1,}', '[,]', '{"a",1}', 'tru']
    const found = faults.flatMap(fault =>
      [0, 1, 2, 17, 39, 40].flatMap(index =>
        [index - 1, index, index + 1, 41].flatMap(at => {
          const items = all.map((text, n) => (n === at && fault !== '' ? fault : text))
          const bytes = Buffer.from(`{"list":[${items.join(', ')}],"end":${index}}`)
          const pointers = [pointerTo(['list', String(index)]), pointerTo(['end'])]
          return [[], [bytes.length >> 1], [90, 91, 200]]
            .map(cuts => disagreement({ bytes, pointers, cuts }))
            .filter(found => found !== undefined)
        }),
      ),
    )
    expect(found).toEqual([])
  })
})
