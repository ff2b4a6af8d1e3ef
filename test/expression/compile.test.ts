import { describe, expect, test } from 'vitest'
import type { Pointer } from '../../src/expression/ast.ts'
import { compileExpression, compileTemplate, compileText } from '../../src/expression/compile.ts'
import { stringify } from '../../src/expression/embed.ts'
import { ExpressionError } from '../../src/expression/expression-error.ts'
import { parseExpression, parseText } from '../../src/expression/parse.ts'
import { parsePointer } from '../../src/expression/pointer.ts'
import { parseTemplate } from '../../src/expression/template.ts'
import { type Given, scopeOf } from './scope-of.ts'

const given: Given = {
  url: 'http://127.0.0.1:1/orders',
  method: 'POST',
  statusCode: 201,
  self: 'https://shop.example/order.arazzo.yaml',
  body: {
    status: 'placed',
    items: [{ id: 1 }, { id: 2 }],
    'a/b': { '~': 3 },
    user: { profile: { email: 'a@b.example' } },
  },
  headers: { server: 'test', location: '/callback?code=a%20b&state=#x' },
  request: {
    headers: { accept: 'application/json' },
    query: { page: 2, 'page size': 10, tags: ['a'] },
    path: { id: 7 },
    body: { user: { uuid: 'u-1' } },
  },
  message: { headers: { server: 'broker' }, payload: { status: 'ok', orderId: 5 } },
  inputs: {
    username: 'ann',
    user: { name: 'Ann', tags: ['x', 'y'] },
    'dotted.name': 1,
    n: 12,
    nothing: null,
    order: { petId: 1 },
  },
  outputs: { bar: 'out', order: { id: 3 } },
  steps: { someStepId: { pets: [{ id: 'p1' }], token: 't0k', text: '{"a": 1}' } },
  workflows: { foo: { inputs: { username: 'bob' }, outputs: { bar: 1, mappedResponse: { name: 'm' } } } },
  sources: { petstore: { getPetById: 'operation', url: 'https://api.example.com/petstore.yaml' } },
}
const scope = scopeOf(given)
const evaluate = (text: string, of = scope) => compileExpression(parseExpression(text).expression)(of)

test.each([
  ['$url', 'http://127.0.0.1:1/orders'],
  ['$method', 'POST'],
  ['$statusCode', 201],
  ['$self', 'https://shop.example/order.arazzo.yaml'],
  ['$request.header.Accept', 'application/json'],
  ['$request.query.page', 2],
  ['$request.query.page size', 10],
  ['$request.query.tags', ['a']],
  ['$request.path.id', 7],
  ['$request.body#/user/uuid', 'u-1'],
  ['$request.body', { user: { uuid: 'u-1' } }],
  ['$response.body#/status', 'placed'],
  ['$response.body#/items/0/id', 1],
  ['$response.body#/a~1b/~0', 3],
  ['$response.body.items[1].id', 2],
  ['$response.body', given.body],
  ['$response.body#', given.body],
  ['$response.header.Server', 'test'],
  ['$response.query.code', 'a b'],
  ['$response.query.state', ''],
  ['$response.query.x', undefined],
  ['$response.path.id', undefined],
  ['$message.header.Server', 'broker'],
  ['$message.payload#/status', 'ok'],
  ['$message.payload.orderId', 5],
  ['$inputs.username', 'ann'],
  ['$inputs.user.name', 'Ann'],
  ['$inputs.user.tags[1]', 'y'],
  ['$inputs.user#/tags/0', 'x'],
  ['$inputs.dotted.name', 1],
  ['$inputs.nothing', null],
  ['$outputs.bar', 'out'],
  ['$outputs.order.id', 3],
  ['$steps.someStepId.outputs.pets', [{ id: 'p1' }]],
  ['$steps.someStepId.outputs.pets#/0/id', 'p1'],
  ['$steps.someStepId.pets', [{ id: 'p1' }]],
  ['$steps.someStepId.outputs.text#/a', undefined],
  ['$workflows.foo.inputs.username', 'bob'],
  ['$workflows.foo.outputs.bar', 1],
  ['$workflows.foo.outputs.mappedResponse#/name', 'm'],
  ['$sourceDescriptions.petstore.getPetById', 'operation'],
  ['$sourceDescriptions.petstore.url', 'https://api.example.com/petstore.yaml'],
  ['$components.parameters.foo', undefined],
])('%s', (text, value) => {
  expect(evaluate(text)).toEqual(value)
})

test.each([
  '$url',
  '$request.header.a',
  '$request.query.a',
  '$request.body#/a',
  '$response.header.a',
  '$response.query.a',
  '$response.body',
  '$response.body#/a',
  '$message.header.a',
  '$message.payload#/a',
  '$inputs.a#/b',
  '$inputs.a.b',
  '$outputs.a',
  '$steps.a.outputs.b',
  '$workflows.a.outputs.b',
  '$sourceDescriptions.a.b',
])('%s of nothing is undefined', text => {
  const nothing = { ...scopeOf({}), request: undefined, response: undefined }
  expect(evaluate(text, nothing)).toBeUndefined()
})

test.each([
  '$inputs.constructor',
  '$inputs.__proto__',
  '$inputs.toString',
  '$outputs.hasOwnProperty',
  '$steps.someStepId.outputs.constructor',
  '$inputs.user.constructor.name',
  '$inputs.username.length',
])('%s reaches no prototype', text => {
  expect(evaluate(text)).toBeUndefined()
})

test("a body's pointer is asked for by the one pointer object, the whole body as a whole", () => {
  const asking = scopeOf({ body: { items: [1] } })
  const copy = structuredClone(parseExpression('$response.body#/items/0').expression)
  expect(compileExpression(copy)(asking)).toBe(1)
  evaluate('$response.body', asking)
  expect(asking.asked[0]).toBe(parsePointer('/items/0'))
  expect(asking.asked[1]).toBe('body')
})

test('expressions give the value itself, not a copy', () => {
  expect(evaluate('$inputs.user')).toBe(given.inputs!.user)
})

const template = (value: unknown, of = scope) => compileTemplate(parseTemplate(value, { selectors: true }))(of)

describe('templates', () => {
  test.each([
    ['$inputs.n', 12],
    ['{$inputs.n}', '12'],
    ['{$inputs.nothing}', 'null'],
    ['<{$inputs.missing}>', '<>'],
    ['{$inputs.order}', '{"petId":1}'],
    ['{$steps.someStepId.outputs.text}', '{"a": 1}'],
    ['Bearer {$steps.someStepId.outputs.token}', 'Bearer t0k'],
    ['{$inputs.n}{$inputs.n}', '1212'],
    ['https://{$inputs.username}/api/{$request.path.id}/status', 'https://ann/api/7/status'],
    ['{"id": "{$inputs.n}", "x": {}}', '{"id": "12", "x": {}}'],
    [{ a: ['$inputs.n', { b: '{$inputs.n}', c: [1, null] }] }, { a: [12, { b: '12', c: [1, null] }] }],
    [[], []],
    [5, 5],
    ['$5.00', '$5.00'],
  ])('%j', (value, result) => {
    expect(template(value)).toEqual(result)
  })

  test('make new objects each time, and share literals', () => {
    const make = compileTemplate(parseTemplate({ a: '$inputs.n', b: { c: 1 } }))
    const [one, two] = [make(scope), make(scope)] as { b: object }[]
    expect(one).not.toBe(two)
    expect(one!.b).toBe(two!.b)
  })
})

describe('values are never read again', () => {
  const hostile = scopeOf({
    inputs: { a: '$inputs.secret', b: '{$inputs.secret}', c: '$&$1$$', d: '{$inputs.', secret: 'S' },
  })

  test('as expressions', () => {
    expect(template('$inputs.a', hostile)).toBe('$inputs.secret')
    expect(template('x{$inputs.a}y', hostile)).toBe('x$inputs.secrety')
  })

  test('as text with expressions', () => {
    expect(template('$inputs.b', hostile)).toBe('{$inputs.secret}')
    expect(template('{$inputs.b}{$inputs.d}secret}', hostile)).toBe('{$inputs.secret}{$inputs.secret}')
  })

  test('as replacement patterns', () => {
    expect(template('<{$inputs.c}>', hostile)).toBe('<$&$1$$>')
  })

  test('as names of members', () => {
    const made = template(JSON.parse('{"__proto__": "$inputs.a", "constructor": "$inputs.c"}'), hostile) as object
    expect(Object.entries(made)).toEqual([
      ['__proto__', '$inputs.secret'],
      ['constructor', '$&$1$$'],
    ])
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype)
  })
})

test('text can be embedded in another way', () => {
  const text = parseText('{"name": "{$inputs.q}"}')
  const escaped = compileText(text as never, value => JSON.stringify(value).slice(1, -1))
  expect(escaped(scopeOf({ inputs: { q: 'a"b' } }))).toBe('{"name": "a\\"b"}')
})

describe('selectors', () => {
  const selector = (context: string, selector: string, type: unknown, of = scopeOf(given)) => ({
    value: template({ context, selector, type }, of),
    asked: of.asked.map(asked => (typeof asked === 'string' ? asked : (asked as Pointer).text)),
  })

  test.each([
    ['$response.body', '$.user.profile.email', 'jsonpath', 'a@b.example', ['/user/profile/email']],
    ['$response.body', '$.items[0].id', 'jsonpath', 1, ['/items']],
    ['$response.body', '$.items[*].id', 'jsonpath', [1, 2], ['/items']],
    ['$response.body#/user', '$.profile.email', 'jsonpath', 'a@b.example', ['/user/profile/email']],
    ['$response.body', '$..email', 'jsonpath', 'a@b.example', ['body']],
    ['$response.body', '$.missing.x[*]', 'jsonpath', undefined, ['/missing/x']],
    ['$response.body', '/items/1/id', 'jsonpointer', 2, ['/items/1/id']],
    [
      '$response.body',
      '$.items[(@.length-1)].id',
      { type: 'jsonpath', version: 'draft-goessner-dispatch-jsonpath-00' },
      2,
      ['body'],
    ],
    ['$inputs.user', '$.tags[-1]', 'jsonpath', 'y', []],
    ['$inputs.user', '/tags/0', 'jsonpointer', 'x', []],
    ['$response.body', '$.items[?@.id == {$request.query.page}].id', 'jsonpath', 2, ['body']],
    ['$response.body', '/items/{$inputs.one}/id', 'jsonpointer', undefined, ['body']],
  ])('%s %s', (context, text, type, value, asked) => {
    expect(selector(context, text, type)).toEqual({ value, asked })
  })

  test('on XML', () => {
    const of = scopeOf({
      steps: { fetchXml: { invoiceXml: '<Invoice><Header><InvoiceNumber>42</InvoiceNumber></Header></Invoice>' } },
    })
    const context = '$steps.fetchXml.outputs.invoiceXml'
    expect(selector(context, '/Invoice/Header/InvoiceNumber', { type: 'xpath', version: 'xpath-30' }, of).value).toBe(
      '42',
    )
  })

  test('throw where they cannot search', () => {
    expect(() => selector('$inputs.username', '$.a', 'jsonpath')).toThrow(ExpressionError)
    expect(() => selector('$inputs.username', '/a', 'xpath')).toThrow(ExpressionError)
    expect(() => selector('$response.body', '$[{$inputs.username}]', 'jsonpath')).toThrow(ExpressionError)
  })

  test('keep embedded values between their quotes', () => {
    const items = [{ name: `x' || 1==1 || '` }, { name: 'y"]' }, { name: 'z' }]
    const of = (name: string) => scopeOf({ body: { items }, inputs: { name } })
    const single = (name: string) =>
      selector('$response.body', `$.items[?@.name == '{$inputs.name}'].name`, 'jsonpath', of(name)).value
    const double = (name: string) =>
      selector('$response.body', `$.items[?@.name == "{$inputs.name}"].name`, 'jsonpath', of(name)).value
    for (const { name } of items) expect([single(name), double(name)]).toEqual([name, name])
    expect([single(`q' || 1==1 || '`), double('q" || 1==1 || "')]).toEqual([undefined, undefined])
  })

  test('keep embedded values between their quotes in XPath', () => {
    const xml = `<a><b n="x' or '1'='1">1</b><b n="z">2</b></a>`
    const of = (name: string) => scopeOf({ body: xml, inputs: { name } })
    const select = (name: string) => selector('$response.body', `//b[@n='{$inputs.name}']`, 'xpath', of(name)).value
    expect([select(`x' or '1'='1`), select(`q' or '1'='1`), select('z')]).toEqual(['1', undefined, '2'])
  })

  test('take an embedded value in a JSON Pointer as one token', () => {
    const of = scopeOf({ body: { 'a/b': 1, a: { b: 2 } }, inputs: { key: 'a/b', pointer: '/a/b' } })
    expect(selector('$response.body', '/{$inputs.key}', 'jsonpointer', of).value).toBe(1)
    expect(selector('$response.body', '{$inputs.pointer}', 'jsonpointer', of).value).toBe(2)
  })
})

test.each([
  ['text', 'text'],
  ['', ''],
  ['{"a": 1}', '{"a": 1}'],
  [12, '12'],
  [1.5e300, '1.5e+300'],
  [-0, '0'],
  [true, 'true'],
  [null, 'null'],
  [undefined, ''],
  [{ a: [1, 'b', null] }, '{"a":[1,"b",null]}'],
  [[], '[]'],
])('%j in a text', (value, text) => {
  expect(stringify(value)).toBe(text)
})
