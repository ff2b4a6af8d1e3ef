import { type Case, reading } from '../case.ts'

/*
 * JSONPath on bodies: load takes what a query finds from the bytes, or makes what it looks at; a functional run makes
 * all of the body. Bodies of one piece, and longer than what is held.
 */

type Headers = [string, string][]

const json: Headers = [['Content-Type', 'application/json']]
const query = (selector: string, context = '$response.body') => ({ context, selector, type: 'jsonpath' })

const output = (name: string, body: string, selector: string, found: unknown, rest: Partial<Case> = {}): Case => ({
  name: `${name}, as an output`,
  workflows: reading({ found: query(selector) }),
  script: { '/a': [{ headers: json, body }] },
  state: 'passed',
  outputs: found === undefined ? {} : { found },
  ...rest,
})

const criterion = (
  name: string,
  body: string,
  condition: string,
  because?: RegExp,
  rest: Partial<Case> = {},
): Case => ({
  name: `${name}, as a criterion`,
  workflows: reading(
    { s: '$statusCode' },
    `stepId: a, operationId: a, successCriteria: [{ context: $response.body, type: jsonpath, condition: ${JSON.stringify(condition)} }]`,
  ),
  script: { '/a': [{ headers: json, body }] },
  state: because ? 'failed' : 'passed',
  because,
  ...rest,
})

const shop = '{"id":9,"items":[{"id":1,"tags":["a","b"],"by":{"id":5}},{"name":"x","id":7}],"last":{"id":8}}'
const items = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `Item ${id} of a long list`, tags: ['a', 'b'] }))
/** 1.3 MB. */
const long = JSON.stringify({ first: 1, items })
const top = JSON.stringify(items)
const unmet = (text: string) => new RegExp(`is not met \\(${text.replace(/[[\]{}$.()]/g, '\\$&')}`)

const twice =
  '{"items":[{"id":1,"id":2}],"items":[{"id":3,"x":4,"\\u0069d":5},{"id":{}}],"x":{"1":{"id":1},"0":{"id":0}}}'

export const queries: Case[] = [
  output('values of a list', shop, '$.items[*].id', [1, 7]),
  output('an item', shop, '$.items[1].name', 'x'),
  output('a filter', shop, '$.items[?@.id == 7].name', 'x'),
  output('a filter that nothing meets', shop, '$.items[?@.id == 6].name', undefined),
  output('a descent, which finds what is nearer first', shop, '$..id', [9, 1, 5, 7, 8]),
  output('a descent from a filter', shop, '$.items[?@.tags]..id', [1, 5]),
  output('members of an object', '{"a":{"10":{"b":1},"9":{"b":2}}}', '$.a[*].b', [2, 1]),
  output('names that come twice', twice, '$.items[*].id', [5, {}]),
  output('names that come twice, in a descent', twice, '$..id', [5, {}, 0, 1]),
  output('long integers', '[{"n":12345678901234567891},{"n":1}]', '$[?@.n == 12345678901234567891].n', undefined, {
    outputs: {},
  }),
  output('text at the top', '"abc"', '$[*].id', undefined, {
    state: 'failed',
    because: /found text/,
    outputs: undefined,
  }),
  output('null at the top', 'null', '$[*].id', undefined),
  output('a fault in what is passed over', '[{"id":1,"x":tru}]', '$[*].id', undefined, {
    state: 'failed',
    because: /found text|Failed to read the body as JSON/,
    outputs: undefined,
  }),
  output('a fault within a member', '{"items":[{"id":1,"x":tru}]}', '$.items[*].id', undefined, {
    state: 'failed',
    because: /found text|Failed to read the body as JSON/,
    outputs: undefined,
  }),
  output('an empty body', '', '$..id', undefined),
  output(
    'a list of 1.3 MB',
    long,
    '$.items[*].id',
    items.map(({ id }) => id),
  ),
  output('an item of 1.3 MB', long, '$.items[?@.id == 19999].name', items.at(-1)!.name),
  output('a descent through 1.3 MB', long, '$.items[19998:]..id', [19998, 19999]),
  output('a list of 1.3 MB at the top', top, '$[?@.id == 7].name', items[7]!.name),
  {
    ...output('with a pointer into the same list', shop, '$..id', undefined),
    workflows: reading({
      a: query('$..id'),
      b: '$response.body#/items/1',
      c: query('$.items[*].name'),
      d: query('$[*]'),
    }),
    outputs: { a: [9, 1, 5, 7, 8], b: { name: 'x', id: 7 }, c: 'x' },
  },

  criterion('a value of a list', shop, '$.items[*].id'),
  criterion('a filter', shop, '$.items[?@.id == 7]'),
  criterion('a filter that nothing meets', shop, '$.items[?@.id == 6]', unmet('[{"id":1,"tags":["a","b"]')),
  criterion('a descent', shop, '$..name'),
  criterion('a descent that finds nothing', shop, '$..names', unmet('{"id":9,"items":[{"id":1,')),
  // Where nothing else has looked at the body before the failure is described.
  criterion('a filter that nothing meets, unchecked', shop, '$.items[?@.id == 6]', unmet('[{"id":1,"tags":["a","b"]'), {
    options: { checks: 'off' },
  }),
  criterion('a descent that finds nothing, unchecked', shop, '$..names', unmet('{"id":9,"items":[{"id":1,'), {
    options: { checks: 'off' },
  }),
  criterion('a filter on the body itself', shop, '$[?@.id == 9]'),
  criterion('a filter on the body itself that it does not meet', shop, '$[?@.id == 10]', unmet('{"id":9,"items"')),
  criterion('a filter on a list at the top', top, '$[?@.id == 7]'),
  criterion('a filter on text', '"abc"', '$[?@.id == 7]', /found text/),
  criterion('a filter on a body with a fault', '[{"id":7,}]', '$[?@.id == 7]', /found text/),
  criterion('nothing in 1.3 MB', long, '$.items[?@.id == 20000]', unmet('[{"id":0,"name":"Item 0 of')),
  criterion('nothing below 1.3 MB', long, '$.items..nothing', unmet('[{"id":0,"name":"Item 0 of')),
  {
    ...criterion('of a body that is not declared as JSON', shop, '$.items[?@.id == 7]'),
    script: { '/a': [{ headers: [['Content-Type', 'text/plain']] as Headers, body: shop }] },
    state: 'failed',
    because: /found text/,
  },
]
