import { describe, expect, test } from 'vitest'
import { type RunOptions, runWorkflow } from '../../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../../builders/project.ts'
import { type Answer, serve } from '../../builders/server.ts'

const pet = {
  type: 'object',
  required: ['id', 'name'],
  properties: {
    id: { type: 'integer' },
    name: { type: 'string' },
    price: { type: 'number', minimum: 0 },
    secret: { type: 'string', writeOnly: true },
  },
}
const json = (schema: object) => ({ 'application/json': { schema } })

interface Setting {
  responses?: object
  answer: Answer
  step?: string
  method?: string
  options?: RunOptions
  files?: Record<string, string>
}

/** Runs one step whose operation documents `responses` against one answer. */
async function check({ responses, answer, step = '', method = 'get', options, files }: Setting) {
  const server = await serve(() => answer)
  const folder = project({
    'api.json': openapi({ op: [method, '/op', responses === undefined ? {} : { responses }] }),
    ...files,
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
      - stepId: only
        operationId: op
${step.replaceAll(/^/gm, '        ')}
`),
  })
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml`, { servers: server.origin, ...options })
  const [run] = report.steps
  const checks = run && 'checks' in run ? run.checks : []
  const told = (list: typeof checks = []) =>
    list.map(({ at: _, passed: __, kind: ___, mismatches: ____, condition, ...rest }) => ({ condition, ...rest }))
  return {
    state: report.state,
    because: report.because,
    failed: told(checks.filter(({ passed }) => !passed)),
    warnings: told(run?.warnings),
    at: checks.find(({ kind }) => kind === 'openapi')?.at,
  }
}

const fine = { state: 'passed', because: undefined, failed: [], warnings: [], at: undefined }

describe('status', () => {
  test.each([
    ['the status itself', { 200: { description: '' } }, 200],
    ['its range', { '2XX': { description: '' } }, 202],
    ['its range in lower case', { '2xx': { description: '' } }, 202],
    ['default', { 200: { description: '' }, default: { description: '' } }, 302],
    ['nothing at all', {}, 299],
  ])('documented by %s', async (_, responses, status) => {
    expect(await check({ responses, answer: { status } })).toEqual(fine)
  })

  test('that is not documented fails the step, and leads to the operation', async () => {
    const { at, ...result } = await check({
      responses: { 200: { description: '' }, '4XX': { description: '' } },
      answer: { status: 201 },
    })
    expect(result).toEqual({
      state: 'failed',
      because: 'step "only" failed: status 201 is not documented (only 200 and 4XX)',
      failed: [
        {
          condition: 'OpenAPI: status is documented',
          actual: { $statusCode: 201 },
          expected: { $statusCode: '200 or 4XX' },
        },
      ],
      warnings: [],
    })
    expect(at).toMatchObject({ file: expect.stringContaining('api.json'), line: 1 })
  })

  const undocumented = { responses: { 200: { description: '' } }, answer: { status: 404, body: 'no' } }
  const criteria = (...list: string[]) => `successCriteria: [${list.map(one => `{ ${one} }`).join(', ')}]`
  const told = [{ condition: 'OpenAPI: status is documented' }]

  test.each([
    ['itself', ['condition: $statusCode == 404']],
    ['on the left', ['condition: 404 == $statusCode']],
    ['as text', [`condition: "$statusCode == '404'"`]],
    ['as one of several', ['condition: $statusCode == 200 || $statusCode == 404']],
    ['beside something else', ['condition: $statusCode == 404 && $method == "GET"']],
    ['by what it is not not', ['condition: "!($statusCode != 404)"']],
    ['beside a range', ['condition: $statusCode < 500', 'condition: $statusCode == 404']],
    ['by an input', ['condition: $statusCode == $inputs.expected']],
    ['by a regex', ['context: $statusCode, type: regex, condition: ^404$']],
    ['as one of a regex', ['context: $statusCode, type: regex, condition: "^(200|404)$"']],
  ])('that a criterion names, %s, is only a warning', async (_, list) => {
    const options = { inputs: { expected: 404 } }
    const { state, failed, warnings } = await check({ ...undocumented, step: criteria(...list), options })
    expect({ state, failed, warnings }).toMatchObject({ state: 'passed', failed: [], warnings: told })
  })

  test.each([
    ['none', []],
    ['about something else', ['condition: $method == "GET"']],
    ['a range', ['condition: $statusCode < 500']],
    ['a range of both ends', ['condition: $statusCode >= 200 && $statusCode < 500']],
    ['another status that it is not', ['condition: $statusCode != 500']],
    ['that it is another or something else', ['condition: $statusCode == 200 || $method == "GET"']],
    ['that it is not this one and something else', ['condition: "!($statusCode == 404 && $method == \\"PUT\\")"']],
    ['what the answer says itself', ['condition: $statusCode == $response.header.x-status']],
    ['a class by a regex', ['context: $statusCode, type: regex, condition: "^[24]"']],
    ['any by a regex', ['context: $statusCode, type: regex, condition: "404|."']],
    ['the status for its truth', ['condition: $statusCode']],
  ])('is not excused by criteria that say %s', async (_, list) => {
    const setting = { ...undocumented, answer: { status: 404, headers: { 'x-status': '404' } } }
    const step = list.length > 0 ? criteria(...list) : 'onSuccess: []'
    const { state, failed } = await check({ ...setting, step })
    expect(state).toBe('failed')
    if (list.length > 0) expect(failed).toMatchObject(told)
  })

  test('that an action on success is for is only a warning, and its step has passed', async () => {
    const action = (criterion: string) =>
      `${criteria('condition: $statusCode < 500')}\nonSuccess: [{ name: over, type: end, criteria: [{ condition: ${criterion} }] }]`
    const named = await check({ ...undocumented, step: action('$statusCode == 404') })
    expect(named).toMatchObject({ state: 'passed', failed: [], warnings: told })
    const range = await check({ ...undocumented, step: action('$statusCode < 500') })
    expect(range).toMatchObject({ state: 'failed', failed: told })
  })

  test('that an action on failure is for fails the step, and the action runs', async () => {
    const step = `${criteria('condition: $statusCode < 500')}\nonFailure: [{ name: over, type: end, criteria: [{ condition: $statusCode == 404 }] }]`
    expect(await check({ ...undocumented, step })).toMatchObject({ state: 'failed', failed: told })
  })
})

describe('content type', () => {
  const responses = { 200: { description: '', content: { 'application/json': {}, 'image/*': {} } } }
  const answered = (type: string, body: unknown = {}) =>
    check({ responses, answer: { headers: { 'content-type': type }, body } })

  test.each(['application/json', 'Application/JSON; charset=utf-8', 'image/png'])('documented: %s', async type => {
    expect(await answered(type, type.startsWith('image') ? new Uint8Array([1]) : {})).toEqual(fine)
  })

  test('that is not documented', async () => {
    expect(await answered('text/html', '<p>')).toMatchObject({
      state: 'failed',
      because: 'step "only" failed: the content type text/html is not documented (only application/json and image/*)',
      failed: [
        {
          condition: 'OpenAPI: content type of 200 is documented',
          actual: { '$response.header.Content-Type': 'text/html' },
          expected: { '$response.header.Content-Type': 'application/json or image/*' },
        },
      ],
    })
  })

  test('of a body without one', async () => {
    expect(await check({ responses, answer: { body: 'text' } })).toMatchObject({
      because:
        'step "only" failed: a body without a Content-Type is not documented (only application/json and image/*)',
    })
  })

  test('parameters tell media types apart', async () => {
    const versions = {
      200: {
        description: '',
        content: {
          'application/json; version=1': { schema: { type: 'integer' } },
          'application/json; version=2': { schema: { type: 'string' } },
        },
      },
    }
    const answer = (type: string): Answer => ({ headers: { 'content-type': type }, body: '"two"' })
    const of = (type: string) => check({ responses: versions, answer: answer(type) })
    expect(await of('application/json; version="2"')).toEqual(fine)
    expect((await of('application/json; version=1')).failed).toEqual([
      {
        condition: 'OpenAPI: body matches the schema of 200 application/json; version=1',
        error: 'must be integer, found "two"',
      },
    ])
    expect((await of('application/json; version=3')).state).toBe('failed')
  })

  test('is not asked of a redirect that only `default` documents', async () => {
    const responses = { 200: { description: '' }, default: { description: '', content: json({}) } }
    const html = { 'content-type': 'text/html' }
    const answer = { status: 302, headers: { ...html, location: '/x' }, body: '<p>Found</p>' }
    expect(await check({ responses, answer })).toEqual(fine)
    expect((await check({ responses, answer: { status: 201, headers: html, body: '<p>' } })).state).toBe('failed')
  })

  test.each([
    ['a response of which nothing is said', 'get', { 200: { description: '' } }, { body: { any: 1 } }],
    ['204', 'get', { 204: { description: '', content: json(pet) } }, { status: 204 }],
    ['HEAD', 'head', { 200: { description: '', content: json(pet) } }, {}],
  ] satisfies [string, string, object, Answer][])('is not asked of %s', async (_, method, documented, answer) => {
    expect(await check({ method, responses: documented, answer })).toEqual(fine)
  })
})

describe('body', () => {
  const responses = { 200: { description: '', content: json({ type: 'array', items: pet }) } }

  test('valid', async () => {
    expect(await check({ responses, answer: { body: [{ id: 1, name: 'Rex', price: 2.5 }] } })).toEqual(fine)
  })

  test('invalid: every fault with its place, and the place of the response', async () => {
    const body = [
      { id: '1', name: 'Rex' },
      { id: 2, price: -1 },
      { id: 3, name: 'Tom', secret: 'x' },
    ]
    const result = await check({
      responses,
      answer: { body },
      step: 'successCriteria: [{ condition: $statusCode == 200 }]',
    })
    expect(result).toMatchObject({
      state: 'failed',
      because: 'step "only" failed: the body of 200 application/json does not match its schema: /*/id must be integer',
      failed: [
        {
          condition: 'OpenAPI: body matches the schema of 200 application/json',
          error:
            `/0/id must be integer, found "1"; /1 must have required property 'name'; /1/price must be >= 0; ` +
            '/2/secret must NOT be in a response (writeOnly)',
        },
      ],
    })
    expect(result.at!.file).toContain('api.json')
    expect(result.at!.column).toBeGreaterThan(100)
  })

  test('that is no JSON', async () => {
    const answer = { headers: { 'content-type': 'application/json' }, body: '[1,' }
    expect((await check({ responses, answer })).failed[0]!.error).toMatch(/^Failed to read the body as JSON: /)
  })

  test('that is empty', async () => {
    expect((await check({ responses, answer: { headers: { 'content-type': 'application/json' } } })).failed).toEqual([
      { condition: 'OpenAPI: body matches the schema of 200 application/json', error: 'the body is empty' },
    ])
  })

  test('as text', async () => {
    const text = { 200: { description: '', content: { 'text/plain': { schema: { type: 'integer', maximum: 5 } } } } }
    const answered = (body: string) =>
      check({ responses: text, answer: { headers: { 'content-type': 'text/plain' }, body } })
    expect(await answered('4')).toEqual(fine)
    expect((await answered('6')).failed).toMatchObject([{ error: 'must be <= 5' }])
    expect((await answered('four')).failed).toMatchObject([{ error: 'must be integer, found "four"' }])
  })

  test('of a schema in another file', async () => {
    const files = {
      'pet.yaml': 'Pet: { type: object, required: [id], properties: { id: { $ref: "#/Id" } } }\nId: { type: integer }',
    }
    const content = json({ $ref: './pet.yaml#/Pet' })
    const answered = (body: unknown) =>
      check({ responses: { 200: { description: '', content } }, answer: { body }, files })
    expect(await answered({ id: 1 })).toEqual(fine)
    expect((await answered({ id: 'x' })).failed).toMatchObject([{ error: '/id must be integer, found "x"' }])
  })

  test('by a schema that cannot be used is not held against the answer, but told', async () => {
    const content = json({ type: 'strng' })
    expect(await check({ responses: { 200: { description: '', content } }, answer: { body: {} } })).toEqual({
      ...fine,
      warnings: [
        {
          condition: 'OpenAPI: body matches the schema of 200 application/json',
          error: 'the schema cannot be used: type must be JSONType or JSONType[]: strng',
        },
      ],
    })
  })

  test('secrets in it stay hidden', async () => {
    const step = 'parameters: [{ name: key, in: query, value: $inputs.key }]'
    const content = json({ properties: { key: { type: 'integer' } } })
    const result = await check({
      responses: { 200: { description: '', content } },
      answer: { body: { key: 'hunter2' } },
      step,
      options: { inputs: { key: 'hunter2' }, secretInputs: ['key'] },
    })
    expect(result.failed[0]!.error).toBe('/key must be integer, found "***"')
  })
})

describe('headers', () => {
  const header = (schema: object, required = true) => ({ required, schema })
  const responses = {
    200: {
      description: '',
      headers: {
        'X-Count': header({ type: 'integer', maximum: 10 }),
        'X-Tags': header({ type: 'array', items: { type: 'string' }, maxItems: 2 }, false),
        'X-Ids': header({ type: 'array', items: { type: 'integer' } }, false),
        'X-Box': header({ type: 'object', required: ['w'], properties: { w: { type: 'integer' } } }, false),
        'Content-Type': header({ type: 'integer' }),
      },
    },
  }
  const answered = (headers: Record<string, string | string[]>) => check({ responses, answer: { headers } })

  test('that are there and as they should be, whatever the case of their names', async () => {
    expect(await answered({ 'x-count': '9', 'x-tags': ['a', 'b'], 'x-ids': '1,2', 'x-box': 'w,5' })).toEqual(fine)
    expect(await answered({ 'X-COUNT': '9', 'x-box': 'w=5' })).toEqual(fine)
  })

  test('that are missing or wrong', async () => {
    expect((await answered({ 'x-tags': 'a, b, c', 'x-ids': '1,x', 'x-box': 'h=1' })).failed).toEqual([
      { condition: 'OpenAPI: header X-Count of 200 is there', error: 'the header is missing' },
      { condition: 'OpenAPI: header X-Tags of 200 matches its schema', error: 'must NOT have more than 2 items' },
      { condition: 'OpenAPI: header X-Ids of 200 matches its schema', error: '/1 must be integer, found "x"' },
      { condition: 'OpenAPI: header X-Box of 200 matches its schema', error: "must have required property 'w'" },
    ])
    expect((await answered({ 'x-count': '11' })).failed).toMatchObject([{ error: 'must be <= 10' }])
    expect((await answered({ 'x-count': 'many' })).failed).toMatchObject([{ error: 'must be integer, found "many"' }])
  })
})

describe('severity', () => {
  const setting = { responses: { 200: { description: '', content: json({ type: 'array' }) } }, answer: { body: {} } }

  test('a failure by the criteria keeps its cause, with the fault after it', async () => {
    const result = await check({ ...setting, step: 'successCriteria: [{ condition: $statusCode == 201 }]' })
    expect(result.because).toBe(
      'step "only" failed: $statusCode == 201 is not met (200); by OpenAPI, the body of 200 application/json does not match its schema: must be array',
    )
    expect(result.failed.map(({ condition }) => condition)).toEqual([
      '$statusCode == 201',
      'OpenAPI: body matches the schema of 200 application/json',
    ])
  })

  test('a step that fails by its description takes its onFailure actions', async () => {
    let count = 0
    const server = await serve(() => ({ body: ++count < 3 ? {} : [] }))
    const folder = project({
      'api.json': openapi({ op: ['get', '/op', { responses: setting.responses }] }),
      'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
      - { stepId: only, operationId: op, onFailure: [{ name: again, type: retry, retryLimit: 5 }] }
`),
    })
    const report = await runWorkflow(`${folder}/flow.arazzo.yaml`, { servers: server.origin })
    expect(report.steps.map(({ state }) => state)).toEqual(['failed', 'failed', 'passed'])
  })
})

test('a body that takes too much to be held against its schema has not passed', async () => {
  const levels = Array.from({ length: 40 }, (_, level) => {
    const next = { $ref: `#/n${level + 1}` }
    return [`n${level}`, level === 39 ? { type: 'string' } : { anyOf: [next, next] }]
  })
  const found = await check({
    responses: { 200: { description: '', content: json({ $ref: './schemas.json#/n0' }) } },
    files: { 'schemas.json': JSON.stringify(Object.fromEntries(levels)) },
    answer: { status: 200, body: { id: 1 } },
  })
  expect(found.state).toBe('failed')
  expect(found.warnings).toEqual([])
  expect(found.failed).toEqual([
    {
      condition: 'OpenAPI: body matches the schema of 200 application/json',
      error:
        'the body of 200 application/json could not be validated against its schema: it takes more than 200,000 visits to ' +
        'schemas that it refers to; alternatives within alternatives multiply',
    },
  ])
})
