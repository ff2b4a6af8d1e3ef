import { openapi } from '../../builders/project.ts'
import { type Case, main, ok } from '../case.ts'

/* An integer that a number of JavaScript cannot hold, from a body to wherever a value can go. */

const ID = '9007199254740993'
const NEXT = '9007199254740992'
const integer = { type: 'integer', format: 'int64' }
const parameter = (place: string, name: string, schema: object = {}) => ({ in: place, name, schema })
const schema = { type: 'object', properties: { id: { ...integer, minimum: 1 } }, required: ['id'] }
const responses = { 200: { description: 'a', content: { 'application/json': { schema } } } }
const api = openapi({
  a: ['get', '/a', { responses }],
  b: [
    'get',
    '/b/{id}',
    {
      parameters: [
        { ...parameter('path', 'id', integer), required: true },
        parameter('query', 'q', integer),
        parameter('query', 'list', { type: 'array', items: integer }),
        parameter('header', 'x-id', integer),
        parameter('cookie', 'c', integer),
        { in: 'query', name: 'json', content: { 'application/json': {} } },
      ],
    },
  ],
  post: ['post', '/post'],
})

const met = [
  `$response.body#/id == ${ID}`,
  `$response.body#/id != ${NEXT}`,
  `$response.body#/id == '${ID}'`,
  `$response.body#/id > ${NEXT}`,
  '$response.body#/id > 5 && $response.body#/id < 1e30',
  '$response.body#/id == $response.body#/list/0',
  '$response.body#/items/1 == $response.body#/items/1',
  '$response.body#/id',
]
const unmet = [
  `$response.body#/id == ${NEXT}`,
  `$response.body#/id == '${NEXT}'`,
  `$response.body#/id <= ${NEXT}`,
  '$response.body#/id == $response.body#/items/0/id',
  '$response.body#/items/1 == $response.body#/items/0',
]
const older = '{ type: jsonpath, version: draft-goessner-dispatch-jsonpath-00 }'
const queries = [
  ['jsonpath', `$.items[?@.id == ${ID}]`],
  ['jsonpath', `$.items[?@.id >= ${ID}]`],
  ['jsonpath', '$.items[?@.id > 5]'],
  ['jsonpath', '$[?@.id == @.list[0]]'],
  ['regex', `"id":${ID}`],
  ['xpath', '?id instance of xs:double and ?id gt 5 and ?items?1?id gt 5'],
  [older, `$.items[?(@.id == ${ID})]`],
  [older, `$.items[?(@.id === ${ID})]`],
  [older, '$.items[?(@.id - 1 > 5)]'],
]
const wrong = [
  ['simple', `$response.body#/id == ${NEXT}`],
  ['jsonpath', `$.items[?@.id == ${NEXT} && @.id == ${ID}]`],
  ['jsonpath', `$.items[?@.id > ${ID}]`],
  ['regex', `"id":${ID},.*"id":${ID}$`],
] as const

const body = `{"before":{"deep":[1,{"x":"}"}]},"id":${ID},"list":[${ID},1],"items":[{"id":${NEXT}},{"id":${ID}}]}`

const holding = (name: string, workflows: string, rest: Partial<Case> = {}): Case => ({
  name,
  api,
  workflows,
  script: { '/a': [{ headers: [['Content-Type', 'application/json']], body }] },
  state: 'passed',
  ...rest,
})

const criteria = [
  ...met.map(condition => `{ condition: "${condition}" }`),
  ...unmet.map(condition => `{ condition: "!(${condition})" }`),
  ...queries.map(([type, condition]) => `{ context: $response.body, type: ${type}, condition: '${condition}' }`),
]

const selector = (selector: string, type = 'jsonpath') =>
  `{ context: $response.body, selector: '${selector}', type: ${type} }`

const everywhere: Case[] = [
  holding(
    'in a path, a query, a header, a cookie, lists, JSON in a query, and text',
    main([
      `stepId: a, operationId: a, ${ok}, outputs: { id: $response.body#/id, list: $response.body#/list }`,
      `stepId: b, operationId: b, parameters: [
         { in: path, name: id, value: $steps.a.outputs.id }, { in: query, name: q, value: $steps.a.outputs.id },
         { in: query, name: list, value: $steps.a.outputs.list }, { in: header, name: x-id, value: $steps.a.outputs.id },
         { in: cookie, name: c, value: $steps.a.outputs.id }, { in: query, name: json, value: $steps.a.outputs.list },
         { in: header, name: x-text, value: 'is {$steps.a.outputs.id} of {$steps.a.outputs.list}' }]`,
    ]),
    {
      urls: `/a /b/${ID}?q=${ID}&list=${ID}&list=1&json=%5B${ID}%2C1%5D`,
      headers: [`cookie: c=${ID}`, `x-id: ${ID}`, `x-text: is ${ID} of [${ID},1]`],
    },
  ),
  holding(
    'as a number in JSON bodies, wherever it stands',
    main([
      `stepId: a, operationId: a, ${ok}, outputs: { id: $response.body#/id, all: $response.body }`,
      'stepId: p, operationId: post, requestBody: { payload: { id: $steps.a.outputs.id, text: "{$steps.a.outputs.id}", list: [$steps.a.outputs.id] } }',
      'stepId: w, operationId: post, requestBody: { payload: $steps.a.outputs.all }',
      `stepId: t, operationId: post, requestBody: { contentType: application/json, payload: '{"id": {$steps.a.outputs.id}, "s": "{$steps.a.outputs.id}"}' }`,
      `stepId: r, operationId: post, requestBody: { contentType: application/json, payload: '{"id": 1, "n": ${ID}}', replacements: [{ target: /id, value: $steps.a.outputs.id }] }`,
      'stepId: l, operationId: post, requestBody: { payload: { id: 1 }, replacements: [{ target: /id, value: $steps.a.outputs.id }] }',
      'stepId: f, operationId: post, requestBody: { contentType: application/x-www-form-urlencoded, payload: { id: $steps.a.outputs.id, all: { id: $steps.a.outputs.id } } }',
    ]),
    {
      bodies: [
        `{"id":${ID},"text":"${ID}","list":[${ID}]}`,
        body,
        `{"id": ${ID}, "s": "${ID}"}`,
        `{"id":${ID},"n":${ID}}`,
        `{"id":${ID}}`,
        `id=${ID}&all=%7B%22id%22%3A${ID}%7D`,
      ],
    },
  ),
  holding(
    'through outputs, inputs of workflows that declare an integer, and $outputs',
    `
  - workflowId: main
    steps:
      - { stepId: a, operationId: a, ${ok}, outputs: { id: $response.body#/id } }
      - { stepId: c, workflowId: child, parameters: [{ name: id, value: $steps.a.outputs.id }], outputs: { back: $outputs.back } }
      - { stepId: b, operationId: b, parameters: [{ in: path, name: id, value: $steps.c.outputs.back }] }
    outputs: { id: $steps.c.outputs.back }
  - workflowId: child
    inputs: { type: object, properties: { id: { type: integer, format: int64 } } }
    steps:
      - { stepId: p, operationId: post, requestBody: { payload: { id: $inputs.id } }, outputs: { sent: $request.body#/id } }
    outputs: { back: $steps.p.outputs.sent }
`,
    // What users see is plain data: text if a number would lose digits.
    { outputs: { id: ID }, bodies: [`{"id":${ID}}`], urls: `/a /post /b/${ID}` },
  ),
  holding('in criteria', main(`stepId: a, operationId: a, successCriteria: [${criteria}]`)),
  holding(
    'what selectors yield',
    main([
      `stepId: a, operationId: a, ${ok}, outputs: { one: ${selector('$.id')}, all: ${selector('$..id')}, found: ${selector(`$.items[?@.id == ${ID}].id`)}, at: ${selector('/list/0', 'jsonpointer')} }`,
      'stepId: p, operationId: post, requestBody: { payload: { one: $steps.a.outputs.one, all: $steps.a.outputs.all, found: $steps.a.outputs.found, at: $steps.a.outputs.at } }',
    ]),
    { bodies: [`{"one":${ID},"all":[${ID},${NEXT},${ID}],"found":${ID},"at":${ID}}`] },
  ),
]

export const bigIntegers: Case[] = [
  ...everywhere.flatMap(one =>
    (['off', 'error'] as const).map(checks => ({ ...one, name: `${one.name}, ${checks}`, options: { checks } })),
  ),
  ...wrong.map(([type, condition]) =>
    holding(
      `${type} ${condition} is not met`,
      main(
        `stepId: a, operationId: a, successCriteria: [{ context: $response.body, type: ${type}, condition: '${condition}' }]`,
      ),
      { state: 'failed', because: /is not met/ },
    ),
  ),
  holding('a schema that wants more is not met', main('stepId: a, operationId: a'), {
    script: { '/a': [{ headers: [['Content-Type', 'application/json']], body: `{"id":-${ID}}` }] },
    state: 'failed',
    because: /must be >= 1/,
  }),
  ...[ID, BigInt(ID)].map(id =>
    holding(
      `as an input, ${typeof id}`,
      `
  - workflowId: main
    inputs: { type: object, properties: { id: { type: integer }, ids: { type: array, items: { type: integer } }, name: { type: string } } }
    steps:
      - { stepId: p, operationId: post, requestBody: { payload: { id: $inputs.id, ids: $inputs.ids, name: $inputs.name } } }
`,
      { inputs: { id, ids: [id], name: ID }, bodies: [`{"id":${ID},"ids":[${ID}],"name":"${ID}"}`] },
    ),
  ),
]
