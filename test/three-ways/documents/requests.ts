import { type Case, main } from '../case.ts'

const inputs = `    inputs: { type: object, properties: { list: { type: array, default: [1, two, null] }, who: { type: object, default: { name: "Ada \\"L\\"", age: 36 } }, text: { type: string, default: "a b&c=d/é?#" }, n: { type: number, default: 1.5 }, yes: { type: boolean, default: true }, empty: { type: string, default: "" }, none: {} } }
`

const sent = (name: string, step: string, rest: Partial<Case> = {}): Case => ({
  name,
  workflows: main(step, {}, inputs),
  state: 'passed',
  options: { severities: { 'undefined-input': 'off' } },
  ...rest,
})

const get = (name: string, ...parameters: string[]) =>
  sent(name, `stepId: a, operationId: a, parameters: [${parameters.map(p => `{ ${p} }`).join(', ')}]`)

const q = (value: string) => `name: x, in: query, value: ${value}`
const h = (value: string) => `name: X-H, in: header, value: ${value}`
const c = (value: string) => `name: k, in: cookie, value: ${value}`

export const requests: Case[] = [
  ...[
    '$inputs.text',
    '$inputs.n',
    '$inputs.yes',
    '$inputs.empty',
    '$inputs.list',
    '$inputs.who',
    '$inputs.none',
    '"a+b%20 c"',
    '"{$inputs.text} and {$inputs.none}"',
    '12',
    'null',
    '"日本"',
  ].flatMap(value => [get(`query ${value}`, q(value)), get(`cookie ${value}`, c(value))]),
  ...[
    '$inputs.n',
    '$inputs.yes',
    '$inputs.empty',
    '$inputs.list',
    '$inputs.who',
    '$inputs.none',
    '"a, b"',
    '"Bearer {$inputs.n}"',
  ].map(value => get(`header ${value}`, h(value))),
  get(
    'several of all kinds',
    q('$inputs.text'),
    'name: y, in: query, value: $inputs.list',
    h('$inputs.n'),
    c('$inputs.n'),
    'name: other, in: query, value: 1',
  ),
  ...['$inputs.n', '$inputs.text', '$inputs.list', '"a/b c"', '".."'].map(value =>
    sent(`path ${value}`, `stepId: a, operationId: item, parameters: [{ name: id, in: path, value: ${value} }]`),
  ),
  sent('a header with a line break', 'stepId: a, operationId: a, outputs: { v: $response.body#/v }', {
    workflows: main([
      'stepId: a, operationId: a, outputs: { v: $response.body#/v }',
      'stepId: b, operationId: b, parameters: [{ name: X-H, in: header, value: $steps.a.outputs.v }]',
    ]),
    script: { '/a': [{ json: { v: 'a\r\nb: c' } }] },
    state: 'failed',
  }),
  sent('a path without a value', '', {
    workflows: main([
      'stepId: a, operationId: a, outputs: { v: $response.body#/v }',
      'stepId: b, operationId: item, parameters: [{ name: id, in: path, value: $steps.a.outputs.v }]',
    ]),
    script: { '/a': [{ json: {} }] },
    state: 'failed',
    because: /path parameter \{id\} has no value/,
  }),
  sent('what is known of request and response', '', {
    workflows: main(
      'stepId: a, operationId: a, parameters: [{ name: x, in: query, value: 1 }, { name: X-H, in: header, value: hi }], outputs: { u: $url, m: $method, s: $statusCode, h: $request.header.x-h, q: $request.query.x, t: $response.header.content-type }',
      Object.fromEntries(['m', 's', 'h', 'q', 't'].map(name => [name, `$steps.a.outputs.${name}`])),
    ),
    script: { '/a': [{ json: {} }] },
    outputs: { m: 'GET', s: 200, h: 'hi' },
  }),
  sent('a value of one response in the next request', '', {
    workflows: main([
      'stepId: a, operationId: a, outputs: { token: $response.body#/token, id: $response.header.x-id }',
      'stepId: item, operationId: item, parameters: [{ name: id, in: path, value: $steps.a.outputs.id }, { name: Authorization, in: header, value: "Bearer {$steps.a.outputs.token}" }]',
    ]),
    script: { '/a': [{ json: { token: 'a b' }, headers: [['X-Id', 'i/1 ']] }] },
  }),
  ...['drop', 'head', 'ask'].map(operation =>
    sent(
      `the method of ${operation}`,
      `stepId: a, operationId: ${operation}${operation === 'drop' ? ', parameters: [{ name: id, in: path, value: 1 }]' : ''}`,
    ),
  ),
  sent(
    'a DELETE with a body',
    'stepId: a, operationId: drop, parameters: [{ name: id, in: path, value: 1 }], requestBody: { contentType: application/json, payload: { why: old } }',
  ),
]

const body = (name: string, contentType: string, payload: string, more = '', operation = 'make') =>
  sent(
    `${name} (${contentType})`,
    `stepId: a, operationId: ${operation}, ${operation === 'make' ? '' : 'parameters: [{ name: id, in: path, value: 1 }], '}requestBody: { contentType: ${contentType}, payload: ${payload}${more} }`,
  )

const replaced = ', replacements: [{ target: /who/age, value: 37 }, { target: /list/0, value: $inputs.text }]'

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'
const multipart = 'multipart/form-data'

export const requestBodies: Case[] = [
  body(
    'an object',
    json,
    '{ a: 1, who: $inputs.who, text: "n is {$inputs.n}", list: [$inputs.list, x], none: $inputs.none }',
  ),
  body('replacements', json, '{ who: { age: 1, name: x }, list: [1, 2] }', replaced),
  body('replacements in what comes from inputs', json, '{ who: $inputs.who, list: $inputs.list }', replaced),
  body('text', json, `'{ "name": "{$inputs.who#/name}", "who": "{$inputs.who}" }'`),
  body('an expression', json, '$inputs.who'),
  body('a list', json, '[1, $inputs.n, $inputs.yes, $inputs.text]'),
  body('null', json, 'null'),
  body('PUT', json, '{ a: $inputs.text }', '', 'put'),
  body('PATCH', 'application/merge-patch+json', '{ a: $inputs.none, b: null }', '', 'patch'),
  body('problem', 'application/problem+json', '{ a: 1 }'),
  body(
    'pairs',
    form,
    '{ a: "x&y={$inputs.text}", list: $inputs.list, who: $inputs.who, none: $inputs.none, empty: $inputs.empty }',
  ),
  body('text', form, '"a={$inputs.text}&b=2"'),
  body('replacements', form, '{ who: { age: 1 }, list: [1] }', replaced),
  body('parts', multipart, '{ a: $inputs.text, n: $inputs.n, who: $inputs.who }'),
  body('text', 'application/xml', '"<a><b>{$inputs.text}</b></a>"'),
  body('text', 'text/plain', '"{$inputs.text} {$inputs.n}"'),
  body('an input', 'text/plain', '$inputs.text'),
  sent(
    'a payload of 300 KB',
    'stepId: a, operationId: make, requestBody: { contentType: application/json, payload: { big: $inputs.big } }',
    { inputs: { big: 'x é '.repeat(60_000) } },
  ),
  sent('the same payload again and another', '', {
    workflows: main(
      ['a', 'b', 'c'].map(
        (id, n) =>
          `stepId: ${id}, operationId: make, requestBody: { contentType: application/json, payload: { n: ${n % 2}, who: $inputs.who } }`,
      ),
      {},
      inputs,
    ),
  }),
]
