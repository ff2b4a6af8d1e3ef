import { Buffer } from 'node:buffer'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { comparisonTable, comparisonValue, examples, functionTable } from '../../../fixtures/expressions/rfc9535.ts'
import type { Expression, Pointer } from '../../../src/expression/ast.ts'
import { Nodes } from '../../../src/expression/chain.ts'
import { narrowQuery, narrowSelector } from '../../../src/expression/narrow.ts'
import { getAt, parsePointer } from '../../../src/expression/pointer.ts'
import { compileExists, compileSelector } from '../../../src/expression/select.ts'
import { parseJson, writeJson } from '../../../src/ground/json.ts'
import { selectPointers } from '../../../src/http/select/index.ts'
import { amount } from '../../builders/thorough.ts'
import { documents, queries } from './queries.ts'
import { read, readCut } from './support.ts'

/*
 * The oracle: a query on what was read of a body finds what the same engine finds in all that JSON.parse makes of it.
 */

const body: Expression = { kind: 'response', part: 'body' }
const rfc = { type: 'jsonpath', version: 'rfc9535' } as const

/** How a query reads a body, and what it makes of the value it gets; the same of the whole body. */
interface Asked {
  pointer: Pointer
  use: (value: unknown) => unknown
  expected: (whole: unknown) => unknown
}

const pointerOf = (read: Expression) => ('pointer' in read && read.pointer ? read.pointer : parsePointer(''))

function selected(query: string): Asked {
  const { read, select = (value: unknown) => value } = narrowSelector(body, rfc, query)
  const whole = compileSelector(rfc, query)
  return { pointer: pointerOf(read), use: select, expected: whole }
}

function existing(query: string): Asked {
  const { read, exists } = narrowQuery(body, 'rfc9535', query)!
  const whole = compileExists('rfc9535', query)
  return {
    pointer: pointerOf(read),
    use: value => value !== undefined && exists(value),
    expected: value => value !== null && whole(value),
  }
}

/** With the order of members, and what cannot be evaluated as its message. */
function outcome(evaluate: () => unknown): unknown {
  try {
    const value = evaluate()
    return { value, text: writeJson(value) }
  } catch (error) {
    return (error as Error).message.replace(/ of \$.*/, '').replace(/found "\$.*?" /, '')
  }
}

const bytesOf = (text: string) => Buffer.from(text)
/** A body that is text has no values: `$response.body` is the text, of which nothing is read here. */
const isText = (value: unknown) => typeof value === 'string'

/**
 * Where one of these finds something else; undefined where all agree.
 * @param before the documents that were read before with the same selection.
 */
function disagreement(
  text: string,
  asked: readonly Asked[],
  cuts?: readonly number[],
  before: readonly string[] = [],
): unknown {
  const bytes = bytesOf(text)
  const whole = parseJson(text)
  if (isText(whole)) return undefined
  const selection = selectPointers(asked.map(({ pointer }) => pointer))
  for (const earlier of before) read(selection, bytesOf(earlier))
  const values = cuts === undefined ? read(selection, bytes) : readCut(selection, bytes, cuts)
  if (values === undefined) return 'not read'
  for (const [n, { use, expected, pointer }] of asked.entries()) {
    const [found, sought] = [outcome(() => use(values[n])), outcome(() => expected(whole))]
    if (!isDeepStrictEqual(found, sought)) return { text, pointer: pointer.chain?.key, found, sought }
  }
  return undefined
}

const asked = fc.oneof(
  { weight: 4, arbitrary: queries.map(selected) },
  { weight: 3, arbitrary: queries.map(existing) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '/a', '/a/0', '/0/id', '/a/b', '/id').map(text => {
      const pointer = parsePointer(text)
      return { pointer, use: (value: unknown) => value, expected: (value: unknown) => getAt(value, pointer) }
    }),
  },
)

describe('a query finds in what is read what it finds in the whole', () => {
  test('of a body in one place', () => {
    fc.assert(
      fc.property(documents, asked, (text, one) => {
        expect(disagreement(text, [one])).toBeUndefined()
      }),
      { numRuns: amount(1_500, 60_000) },
    )
  })

  test('several queries and pointers on the same body, after others', () => {
    fc.assert(
      fc.property(
        documents,
        fc.array(asked, { minLength: 2, maxLength: 4 }),
        fc.array(documents, { maxLength: 2 }),
        (text, all, before) => {
          expect(disagreement(text, all, undefined, before)).toBeUndefined()
        },
      ),
      { numRuns: amount(500, 20_000) },
    )
  })

  test('in chunks, cut between all bytes and at every single place', () => {
    fc.assert(
      fc.property(documents, fc.array(asked, { minLength: 1, maxLength: 2 }), (text, all) => {
        const { length } = bytesOf(text)
        expect(disagreement(text, all, [...Array(length).keys()])).toBeUndefined()
        if (length > 300) return
        for (let cut = 0; cut <= length; cut++) expect(disagreement(text, all, [cut]), `cut at ${cut}`).toBeUndefined()
      }),
      { numRuns: amount(50, 3_000) },
    )
  })
})

/** What few generated ones come to. */
const traps: readonly (readonly [query: string, text: string])[] = [
  // The last of the members of a name counts, in the place of the first.
  ['$[*].a[*]', '[{"a":[1],"a":[]}]'],
  ['$[*].a[*]', '[{"a":[1,2],"a":[3]},{"a":[4],"\\u0061":5}]'],
  ['$[*].a.id', '[{"a":{"id":1},"a":2}]'],
  ['$[?@.a == 1].b', '[{"a":1,"b":2,"a":3},{"a":3,"b":4,"\\u0061":1,"b":5}]'],
  // A filter on the body itself, as if it were an item.
  ['$[?@.a].x', '{"a":1,"x":2}'],
  ['$[?@.a]', '{"a":1}'],
  // What is not there is equal to nothing else, but to what is not there.
  ['$[?@.a == @.b].id', '[{"id":1},{"a":null,"id":2},{"a":null,"b":null,"id":3}]'],
  ['$[?@.a != null].id', '[{"id":1},{"a":null,"id":2}]'],
  ['$[?@.a <= @.b].id', '[{"id":1},{"a":{"x":[1]},"b":{"x":[1]},"id":2},{"a":[1],"b":[2],"id":3}]'],
  ['$[?@.n == 12345678901234567891].n', '[{"n":12345678901234567891},{"n":12345678901234567000}]'],
  ['$[?@.a].b', '[[1],{"a":false,"b":1},"a",null,{"a":null,"b":2}]'],
  ['$.a[*]', '{"a":{"x":1,"0":2}}'],
]

test.each(traps)('%s in %s', (query, text) => {
  for (const one of [selected(query), existing(query)]) {
    expect(disagreement(text, [one])).toBeUndefined()
    expect(disagreement(text, [one], [...bytesOf(text).keys()])).toBeUndefined()
  }
})

describe('the cases of RFC 9535', () => {
  const all = (query: string) => [selected(query), existing(query)]
  const holds = (value: unknown, query: string) => {
    for (const text of [JSON.stringify(value), JSON.stringify(value, undefined, 2)]) {
      expect(disagreement(text, all(query))).toBeUndefined()
      for (const one of all(query)) {
        expect(disagreement(text, [one])).toBeUndefined()
        expect(disagreement(text, [one], [...Array(text.length).keys()])).toBeUndefined()
      }
    }
  }

  test.each(examples)('$section', ({ value, queries }) => {
    for (const [query] of queries) holds(value, query)
  })

  test('comparisons and functions', () => {
    for (const [comparison] of comparisonTable) holds(comparisonValue, `$[?${comparison}]`)
    const zones = [{ timezone: 'Europe/Rome', color: 'red' }, 'ab', { x: { color: 'red' } }, [1]]
    for (const [query, isWellTyped] of functionTable) if (isWellTyped) holds(zones, query)
  })
})

const PAIRS = amount(3_000, 8_000)

test('the queries above find something, as nodes and in the whole, often enough to tell', () => {
  const pairs = fc.sample(fc.tuple(documents, queries, fc.boolean()), { numRuns: PAIRS, seed: 1 })
  const seen = { nodes: 0, tests: 0, empty: 0, whole: 0 }
  for (const [text, query, isTest] of pairs) {
    const whole = parseJson(text)
    if (isText(whole)) continue
    const { pointer, use } = isTest ? existing(query) : selected(query)
    const value = read(selectPointers([pointer]), bytesOf(text))![0]
    const found = outcome(() => use(value)) as { value: unknown }
    if (value instanceof Nodes && value.count === 0) seen.empty++
    else if (value instanceof Nodes) seen[isTest ? 'tests' : 'nodes']++
    else if (found.value === undefined || found.value === false) continue
    else seen.whole++
  }
  expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(PAIRS / 100)
})
