import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Operation } from '../../src/document/model.ts'
import { slashed } from '../builders/system.ts'
import { arazzo, documentOf, problemsOf, readAll } from './reading.ts'

const MAIN = (operationId = 'op', parameters = '') =>
  arazzo(`  - workflowId: main\n    steps: [{ stepId: a, operationId: ${operationId}${parameters} }]`)

/** The first step's operation, in a description with these fields. */
async function operationOf(api: string, files: Record<string, string> = {}): Promise<Operation> {
  const document = await documentOf(
    { 'main.yaml': MAIN(), 'api.yaml': api, ...files },
    { severities: { 'missing-parameter': 'warning' } },
  )
  const { target } = document.workflows[0]!.steps[0]!
  if (target.kind !== 'operation') throw new Error('no operation')
  return target.operation
}

const withoutPlaces = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (key, member) => (key === 'at' || key === 'file' ? undefined : member)))

describe('parameters', () => {
  test('have the defaults of their place', async () => {
    const operation = await operationOf(`openapi: 3.2.0
paths:
  /x/{p}:
    get:
      operationId: op
      parameters:
        - { name: p, in: path, required: true }
        - { name: q, in: query }
        - { name: h, in: header, required: true }
        - { name: c, in: cookie }
        - { name: deep, in: query, style: deepObject }
        - { name: pipes, in: query, style: pipeDelimited, explode: true, allowReserved: true }
        - { name: plain, in: cookie, style: cookie }
        - { name: json, in: query, content: { application/json: { schema: { type: object } } } }
        - { name: whole, in: querystring, content: { application/x-www-form-urlencoded: {} } }
`)
    const shown = operation.parameters.map(
      ({ name, in: place, required, style, explode, allowReserved, contentType }) =>
        `${name} ${place} ${required} ${style} ${explode} ${allowReserved} ${contentType}`,
    )
    expect(shown).toEqual([
      'p path true simple false false undefined',
      'q query false form true false undefined',
      'h header true simple false false undefined',
      'c cookie false form true false undefined',
      'deep query false deepObject false false undefined',
      'pipes query false pipeDelimited true true undefined',
      'plain cookie false cookie true false undefined',
      'json query false form true false application/json',
      'whole querystring false form true false application/x-www-form-urlencoded',
    ])
    expect(operation.parameters[7]!.schema).toMatchObject({
      pointer: '/paths/~1x~1{p}/get/parameters/7/content/application~1json/schema',
      schema: { type: 'object' },
    })
  })

  test('of the path are replaced by those of the operation, by name and place', async () => {
    const operation = await operationOf(`openapi: 3.1.0
paths:
  /x:
    parameters:
      - { name: a, in: query, schema: { type: string } }
      - { name: a, in: header }
      - { name: Trace, in: header }
    get:
      operationId: op
      parameters:
        - { name: a, in: query, schema: { type: integer } }
        - { name: trace, in: header, required: true }
`)
    expect(operation.parameters.map(({ name, in: place, required }) => `${place} ${name} ${required}`)).toEqual([
      'query a false',
      'header a false',
      'header trace true',
    ])
    expect(operation.parameters[0]!.schema!.schema).toEqual({ type: 'integer' })
  })

  test('that cannot be used are warnings', async () => {
    const api = `openapi: 3.1.0
paths:
  /x/{id}/{other}:
    get:
      operationId: op
      parameters:
        - { in: query }
        - { name: b, in: body }
        - { name: q, in: query, style: simple }
`
    const main = MAIN('op', ', parameters: [{ name: id, in: path, value: 1 }, { name: other, in: path, value: 1 }]')
    expect(await problemsOf({ 'main.yaml': main, 'api.yaml': api })).toMatchInlineSnapshot(`
      "api.yaml:4:5 warning invalid-openapi: Failed to read GET /x/{id}/{other}: the path parameter "id" is not declared. Declare it in \`parameters\`, with \`in: path\`.
      api.yaml:4:5 warning invalid-openapi: Failed to read GET /x/{id}/{other}: the path parameter "other" is not declared. Declare it in \`parameters\`, with \`in: path\`.
      api.yaml:7:11 warning invalid-openapi: Failed to read parameter "": it has no \`name\`; it is left out. Correct the description.
      api.yaml:8:11 warning invalid-openapi: Failed to read parameter "b": \`in\` is "body"; it is left out. Correct the description.
      api.yaml:9:40 warning invalid-openapi: Failed to read parameter "q": a query parameter has no style "simple"; form is used. Use form or spaceDelimited or pipeDelimited or deepObject."
    `)
  })
})

describe('servers', () => {
  const api = (root: string, path: string, operation: string) => `openapi: 3.1.0
${root}
paths:
  /x:
    ${path}
    get:
      operationId: op
      ${operation}
`
  test.each([
    ['servers: [{ url: /root }]', 'servers: [{ url: /path }]', 'servers: [{ url: /operation }]', ['/operation']],
    ['servers: [{ url: /root }]', 'servers: [{ url: /path }, { url: /other }]', 'servers: []', ['/path', '/other']],
    ['servers: [{ url: /root }]', '', '', ['/root']],
    ['', '', '', ['/']],
  ])('%s, %s, %s', async (root, path, operation, urls) => {
    const { servers } = await operationOf(api(root, path, operation))
    expect(servers.map(({ url }) => url)).toEqual(urls)
  })

  test('with variables', async () => {
    const variables =
      'servers: [{ url: "https://{host}:{port}/v1", variables: { host: { default: a, enum: [a, b] }, port: { default: 8080 } } }]'
    const { servers } = await operationOf(api(variables, '', ''))
    expect(servers).toEqual([
      {
        at: expect.objectContaining({ line: 2, column: 18 }),
        url: 'https://{host}:{port}/v1',
        variables: { host: { default: 'a', enum: ['a', 'b'] }, port: { default: '8080' } },
      },
    ])
  })
})

test('bodies, responses, headers and security', async () => {
  const operation = await operationOf(`openapi: 3.0.3
security: [{ root: [] }]
paths:
  /x:
    post:
      operationId: op
      security: [{ oauth: [read, write] }, {}]
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: '#/components/schemas/Item' } }
          multipart/form-data: { encoding: { file: { contentType: image/png } } }
      responses:
        200:
          content: { 'application/json; charset=utf-8': { schema: { type: array } } }
          headers: { X-Rate: { required: true, schema: { type: integer } }, X-Other: {} }
        4XX: { $ref: '#/components/responses/Failure' }
        default: {}
        x-note: nothing
components:
  schemas: { Item: { type: object } }
  responses: { Failure: { content: { application/problem+json: { schema: { $ref: '#/components/schemas/Item' } } } } }
`)
  const schema = (at: string, type: string) => ({ pointer: `${at}/schema`, schema: { type } })
  const ofOperation = '/paths/~1x/post'
  const json = `${ofOperation}/requestBody/content/application~1json`
  const list = `${ofOperation}/responses/200/content/application~1json; charset=utf-8`
  const problem = '/components/responses/Failure/content/application~1problem+json'
  const rate = schema(`${ofOperation}/responses/200/headers/X-Rate`, 'integer')
  expect(withoutPlaces({ ...operation, servers: undefined, parameters: undefined })).toEqual({
    method: 'POST',
    tags: [],
    operationId: 'op',
    path: '/x',
    requestBody: {
      content: [
        { encoding: {}, schema: schema(json, 'object'), type: 'application/json' },
        { encoding: {}, type: 'multipart/form-data' },
      ],
      required: true,
    },
    responses: {
      200: {
        content: [{ encoding: {}, schema: schema(list, 'array'), type: 'application/json; charset=utf-8' }],
        headers: { 'X-Other': { required: false }, 'X-Rate': { required: true, schema: rate } },
      },
      '4XX': {
        content: [{ encoding: {}, schema: schema(problem, 'object'), type: 'application/problem+json' }],
        headers: {},
      },
      default: { content: [], headers: {} },
    },
    security: [{ oauth: ['read', 'write'] }, {}],
  })
  expect(operation.at).toMatchObject({ line: 5, column: 5 })
})

describe('references', () => {
  const files = {
    'api.yaml': `openapi: 3.1.0
paths:
  /x/{id}:
    $ref: './paths/x.yaml#/item'
`,
    'paths/x.yaml': `item:
  parameters: [{ $ref: '../common.yaml#/parameters/id' }]
  get:
    operationId: op
    requestBody: { $ref: '../common.yaml#/bodies/one' }
    responses: { '200': { $ref: '../common.yaml#/responses/ok' } }
`,
    'common.yaml': `parameters:
  id: { $ref: '#/other/id' }
other:
  id: { name: id, in: path, schema: { $ref: './schemas.yaml#/$defs/Id' } }
bodies:
  one: { content: { application/json: { schema: { $ref: './schemas.yaml#named' } } } }
responses:
  ok: { headers: { X: { $ref: '#/headers/X' } } }
headers:
  X: { schema: { type: string } }
`,
    'schemas.yaml': `$defs:
  Id: { type: string }
  Node: { $anchor: named, type: object, properties: { next: { $ref: '#/$defs/Node' }, other: { $ref: './leaf.json' } } }
`,
    'leaf.json': '{ "type": "integer" }',
  }

  test('lead through path items, parameters, bodies, responses, headers and schemas in other files', async () => {
    const { document, folder, list } = await readAll({
      'main.yaml': MAIN('op', ', parameters: [{ name: id, in: path, value: 1 }]'),
      ...files,
    })
    expect(list).toBe('')
    const { target } = document!.workflows[0]!.steps[0]!
    const operation = target.kind === 'operation' ? target.operation : undefined
    expect(operation?.at).toEqual({ file: join(folder, 'paths/x.yaml'), line: 3, column: 3 })
    expect(operation?.path).toBe('/x/{id}')
    expect(operation?.parameters).toMatchObject([
      {
        name: 'id',
        in: 'path',
        at: { file: join(folder, 'common.yaml'), line: 4 },
        schema: { file: join(folder, 'common.yaml'), pointer: '/other/id/schema', schema: { type: 'string' } },
      },
    ])
    expect(operation?.requestBody?.content[0]?.schema?.schema).toMatchObject({ type: 'object' })
    expect(operation?.responses['200']?.headers.X?.schema?.schema).toEqual({ type: 'string' })
    const source = document!.sources.api!
    const documents = source.type === 'openapi' ? source.openapi.documents : {}
    expect(Object.keys(documents).map(file => slashed(file.slice(folder.length + 1)))).toEqual([
      'api.yaml',
      'paths/x.yaml',
      'common.yaml',
      'schemas.yaml',
      'leaf.json',
    ])
  })

  test('that a step needs and that lead nowhere are errors, others are warnings', async () => {
    const api = `openapi: 3.1.0
paths:
  /x:
    get:
      operationId: op
      parameters: [{ $ref: '#/components/parameters/pge' }, { $ref: './gone.yaml#/a' }, { $ref: '#/components/parameters/loop' }]
      responses: { '200': { content: { application/json: { schema: { $ref: '#/components/schemas/Nope' } } } } }
  /y:
    get: { operationId: unused, parameters: [{ $ref: './other.yaml#/a' }, { $ref: '#/nowhere' }] }
  /z: { $ref: 'https://example.com/z.yaml' }
components:
  parameters: { page: { name: page, in: query }, loop: { $ref: '#/components/parameters/pool' }, pool: { $ref: '#/components/parameters/loop' } }
  schemas: { Pet: { properties: { default: { $ref: './schema.yaml' } }, example: { $ref: './no-reference.yaml' } } }
`
    expect(await problemsOf({ 'main.yaml': MAIN(), 'api.yaml': api })).toMatchInlineSnapshot(`
      "api.yaml:6:28 error unresolved-reference: Failed to resolve $ref "#/components/parameters/pge": there is no "pge". Did you mean "page"?
      api.yaml:6:69 error unresolved-reference: Failed to resolve $ref "./gone.yaml#/a": there is no such file. Correct the reference, or add what it names.
      api.yaml:7:76 warning unresolved-reference: Failed to resolve $ref "#/components/schemas/Nope": there is no "Nope". Correct the reference, or add what it names.
      api.yaml:9:54 warning unresolved-reference: Failed to resolve $ref "./other.yaml#/a": there is no such file. Correct the reference, or add what it names.
      api.yaml:10:15 warning unresolved-reference: Failed to resolve $ref "https://example.com/z.yaml": it is on the network, from where nothing is read. Keep a copy next to the file and refer to that.
      api.yaml:12:64 error unresolved-reference: Failed to resolve $ref "#/components/parameters/pool": it refers to itself. Remove one of the references in this circle.
      api.yaml:13:52 warning unresolved-reference: Failed to resolve $ref "./schema.yaml": there is no such file. Correct the reference, or add what it names."
    `)
  })
})

test('operations of 3.2: query, and methods of one’s own', async () => {
  const api = `openapi: 3.2.0
paths:
  /x: { query: { operationId: op }, additionalOperations: { COPY: { operationId: copy } } }
`
  expect(await operationOf(api)).toMatchObject({ method: 'QUERY' })
  const main = arazzo(`  - workflowId: main
    steps:
      - { stepId: a, operationId: copy }
      - { stepId: b, operationPath: '{$sourceDescriptions.api.url}#/paths/~1x/additionalOperations/COPY' }`)
  const document = await documentOf({ 'main.yaml': main, 'api.yaml': api })
  const methods = document.workflows[0]!.steps.map(
    ({ target }) => target.kind === 'operation' && target.operation.method,
  )
  expect(methods).toEqual(['COPY', 'COPY'])
})

test('only operations that steps use are read, each once', async () => {
  const api = `openapi: 3.1.0\npaths:\n  /x: { get: { operationId: op }, post: { operationId: other } }\n`
  const main = arazzo(
    '  - workflowId: main\n    steps: [{ stepId: a, operationId: op }, { stepId: b, operationId: op }]',
  )
  const document = await documentOf({ 'main.yaml': main, 'api.yaml': api })
  const source = document.sources.api!
  const [first, second] = document.workflows[0]!.steps.map(
    ({ target }) => target.kind === 'operation' && target.operation,
  )
  expect(source.type === 'openapi' && source.openapi.operations).toEqual([first])
  expect(second).toBe(first)
})

test.each(['2.0', '3.0.3', '3.1.0', '3.2.0', '3.1'])('version %s', async version => {
  const api = `${version === '2.0' ? 'swagger' : 'openapi'}: ${version === '3.1' ? 3.1 : `'${version}'`}\npaths: { /x: { get: { operationId: op } } }`
  const document = await documentOf({ 'main.yaml': MAIN(), 'api.yaml': api })
  const source = document.sources.api!
  expect(source.type === 'openapi' && source.openapi.version).toBe(version.slice(0, 3))
})
