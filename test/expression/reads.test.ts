import { describe, expect, test } from 'vitest'
import { compileTemplate } from '../../src/expression/compile.ts'
import { type CriterionFields, parseCriterion } from '../../src/expression/criterion.ts'
import { compileCriterion } from '../../src/expression/judge.ts'
import { parsePointer, WHOLE } from '../../src/expression/pointer.ts'
import { readsOf } from '../../src/expression/references.ts'
import type { Reads } from '../../src/expression/scope.ts'
import { parseTemplate } from '../../src/expression/template.ts'
import { scopeOf } from './scope-of.ts'

const templateOf = (value: unknown) => parseTemplate(value, { selectors: true })
const short = ({ pointers, whole }: Reads) => [
  // What may be left out of the value, or taken from it instead, is told by the query.
  ...pointers.map(({ text, chain }) => (chain ? `${text} ${chain.key}` : text)),
  ...(whole ? ['whole'] : []),
]
const body = '$response.body'

const templates: readonly (readonly [unknown, string[]])[] = [
  ['$response.body#/id', ['/id']],
  ['$response.body.items[0].id', ['/items/0/id']],
  ['$response.body', ['whole']],
  ['$response.body#', ['whole']],
  ['$response.header.X-Expires-After', []],
  ['$response.query.code', []],
  ['$response.cookie.csrftoken', []],
  [{ context: '$response.header.Link', selector: '', type: 'jsonpointer', 'x-extract': { regex: '<(.*)>' } }, []],
  [{ context: body, selector: '$.next', type: 'jsonpath', 'x-extract': { regex: '=(.*)' } }, ['/next']],
  [{ context: body, selector: '#/next', type: 'jsonpointer', 'x-extract': { regex: '=(.*)' } }, ['/next']],
  ['a {$response.body#/a} {$response.header.B}', ['/a']],
  [{ a: ['$response.body#/a', { b: '$response.body#/b' }], c: '$response.body#/a' }, ['/a', '/b']],
  [{ context: body, selector: '$.user.email', type: 'jsonpath' }, ['/user/email']],
  [{ a: { context: body, selector: '$.items[0].id', type: 'jsonpath' } }, ['/items select $.items[0].id']],
  [[{ context: body, selector: '/items/0', type: 'jsonpointer' }], ['/items/0']],
  [{ context: body, selector: '$..id', type: 'jsonpath' }, ['whole']],
  [{ context: body, selector: '$.a[?length(@.b) > 1]', type: 'jsonpath' }, ['/a']],
  [{ context: body, selector: '/a/b', type: 'xpath' }, ['whole']],
  [{ context: body, selector: '$.a[{$response.header.I}]', type: 'jsonpath' }, ['whole']],
  ['$request.body#/a', []],
  ['$steps.a.outputs.b#/c', []],
  ['$message.payload#/a', []],
  ['$inputs.a', []],
  ['text', []],
]

const criteria: readonly (readonly [CriterionFields, string[]])[] = [
  [{ condition: '$statusCode == 200' }, []],
  [{ condition: '$response.body.a == 1 && ($response.body#/b != null || !$response.header.C)' }, ['/a', '/b']],
  [{ condition: '$response.body.items[$response.body.i].name == "x"' }, ['/items', '/i']],
  [{ condition: "'{$response.body#/a}' == 'x'" }, ['/a']],
  [{ context: body, condition: 'x', type: 'regex' }, ['whole']],
  [{ context: '$response.body#/a', condition: 'x{$response.body#/b}', type: 'regex' }, ['/a', '/b']],
  [{ context: body, condition: '$.pets[*]', type: 'jsonpath' }, ['/pets exists $.pets[*]']],
  [{ context: '$response.body.a', condition: '$.pets[*]', type: 'jsonpath' }, ['/a/pets exists $.pets[*]']],
  [{ context: '$response.body#/a', condition: '$[?@.b]', type: 'jsonpath' }, ['/a exists $[?@.b]']],
  [{ context: body, condition: '$[?count(@.pets) > 0]', type: 'jsonpath' }, ['whole']],
  [{ context: body, condition: '$.a[?@.b == $.c]', type: 'jsonpath' }, ['whole']],
  [{ context: body, condition: '$.a[?@.b == "{$response.header.D}"]', type: 'jsonpath' }, ['whole']],
  [{ context: body, condition: '/a', type: 'xpath' }, ['whole']],
]

test.each(templates)('%j reads %j', (value, reads) => {
  expect(short(readsOf([templateOf(value)], []))).toEqual(reads)
})

test.each(criteria)('%j reads %j', (fields, reads) => {
  expect(short(readsOf([], [parseCriterion(fields)]))).toEqual(reads)
})

test('all together, each once, as the pointers that evaluation asks for', () => {
  const reads = readsOf(
    [templateOf('$response.body#/a'), templateOf('$response.body.a')],
    [parseCriterion({ condition: '$response.body#/a == 1' })],
  )
  expect(reads).toEqual({ pointers: [parsePointer('/a')], whole: false, parsed: false })
  expect(reads.pointers[0]).toBe(parsePointer('/a'))
})

describe('evaluation asks for nothing else', () => {
  const given = {
    statusCode: 200,
    body: { a: 1, b: 2, i: 0, items: [{ name: 'x', id: 1 }], pets: [1], user: { email: 'e' } },
    headers: { i: '0', d: '1' },
  }

  test('templates', () => {
    for (const [value] of templates) {
      const scope = scopeOf(given)
      const { pointers, parsed } = readsOf([templateOf(value)], [])
      try {
        compileTemplate(templateOf(value))(scope)
      } catch {
        // A selector that does not fit this body has asked for it all the same.
      }
      expect(new Set(scope.asked)).toEqual(new Set([...pointers, ...(parsed ? ['body'] : [])]))
    }
  })

  test('criteria, but for the whole of what a query looks at when they are explained', () => {
    for (const [fields] of criteria) {
      const scope = scopeOf(given)
      const { pointers, whole } = readsOf([], [parseCriterion(fields)])
      const criterion = compileCriterion(parseCriterion(fields))
      criterion.test(scope)
      criterion.explain(scope)
      const explained = pointers.map(({ text }) => parsePointer(text))
      const allowed = new Set<unknown>([...pointers, ...explained, ...(whole ? ['body', WHOLE] : [])])
      expect(scope.asked.filter(asked => !allowed.has(asked))).toEqual([])
    }
  })
})
