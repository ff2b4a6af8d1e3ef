import { expect } from 'vitest'
import { section, type Version } from './rule.ts'
import { accepted, refused, run, step } from './run.ts'

const { executed, read: isRead, refused: isRefused } = section('Parameter Object')

const call = (version: Version, parameters: object[], more: Parameters<typeof run>[1] & object = {}, inputs = {}) =>
  run(version, { steps: [step('a', { parameters })], ...(more as object), inputs })

const q = (value: unknown, name = 'q') => ({ name, in: 'query', value })

isRefused('name and value are required', { field: ['name', 'value'], level: 'MUST' }, async version => {
  expect(await refused(version, { steps: [step('a', { parameters: [{ in: 'query', value: 1 }] })] })).toEqual([
    'missing-field',
  ])
  expect(await refused(version, { steps: [step('a', { parameters: [{ name: 'q', in: 'query' }] })] })).toEqual([
    'missing-field',
  ])
})

executed('names are case-sensitive', { field: 'name' }, async version => {
  expect((await call(version, [q('1', 'Page'), q('2', 'page')])).requests).toEqual(['GET /thing?Page=1&page=2'])
})

executed('a parameter is known by its name and place', { field: ['name', 'in'] }, async version => {
  const { requests, seen } = await call(version, [q('1'), { name: 'q', in: 'header', value: '2' }])
  expect(requests).toEqual(['GET /thing?q=1'])
  expect(seen[0]!.headers.q).toBe('2')
})

executed("in path: the value is part of the operation's URL, encoded", { field: 'in' }, async version => {
  const { requests } = await run(version, {
    steps: [step('a', { operationId: 'getItem', parameters: [{ name: 'id', in: 'path', value: 'a/b c?' }] })],
  })
  expect(requests).toEqual(['GET /items/a%2Fb%20c%3F'])
})

executed('in query: it is appended as key and value', { field: 'in' }, async version => {
  expect((await call(version, [q('a b&c=d'), q(5, 'n')])).requests).toEqual(['GET /thing?q=a%20b%26c%3Dd&n=5'])
})

executed('in header: it is a header, whose name has no case', { field: 'in' }, async version => {
  const { seen } = await call(version, [{ name: 'X-Api-Key', in: 'header', value: 'k-1' }])
  expect(seen[0]!.headers['x-api-key']).toBe('k-1')
})

executed('in cookie: it is a cookie', { field: 'in' }, async version => {
  const { seen } = await call(version, [
    { name: 'session', in: 'cookie', value: 's1' },
    { name: 'lang', in: 'cookie', value: 'de' },
  ])
  expect(seen[0]!.headers.cookie).toBe('session=s1; lang=de')
})

const search = (contentType: string) => ({
  openapi: '3.2.0',
  info: { title: 'api', version: '1' },
  paths: {
    '/thing': {
      get: {
        operationId: 'getThing',
        parameters: [{ name: 'all', in: 'querystring', content: { [contentType]: { schema: {} } } }],
        responses: { default: { description: 'any' } },
      },
    },
  },
})
const whole = (value: unknown) => [{ name: 'all', in: 'querystring', value }]
const form = { files: { 'api.json': search('application/x-www-form-urlencoded') } }

executed(
  'in querystring: the text is the whole query',
  { only: '1.1.0', field: 'in', level: 'MUST' },
  async version => {
    expect((await call(version, whole('filter=active&sort=desc&limit=50'), form)).requests).toEqual([
      'GET /thing?filter=active&sort=desc&limit=50',
    ])
  },
)

executed(
  'in querystring: expressions can be embedded, and add no pairs',
  { only: '1.1.0', field: ['in', 'value'], decides: 'querystring-values' },
  async version => {
    const text = 'category={$inputs.category}&minPrice={$inputs.minPrice}&inStock=true'
    const { requests } = await call(version, whole(text), form, { category: 'books & more', minPrice: 3 })
    expect(requests).toEqual(['GET /thing?category=books%20%26%20more&minPrice=3&inStock=true'])
  },
)

executed(
  'in querystring: text of another media type is encoded as a whole',
  { only: '1.1.0', field: 'in', level: 'MUST' },
  async version => {
    const files = { 'api.json': search('application/json') }
    const { requests } = await call(version, whole('{"filter":"active","limit":50}'), { files })
    expect(requests.map(decodeURIComponent)).toEqual(['GET /thing?{"filter":"active","limit":50}'])
    expect(requests[0]).not.toMatch(/["{}]/)
  },
)

isRefused('in querystring: there are no other query parameters', { only: '1.1.0', field: 'in' }, async version => {
  for (const extra of [q('1'), { name: 'other', in: 'querystring', value: 'b=1' }])
    expect(await refused(version, { steps: [step('a', { parameters: [...whole('a=1'), extra] })], ...form })).toContain(
      'exclusive-fields',
    )
})

isRefused('1.0 has no querystring', { only: '1.0.1', field: 'in' }, async version => {
  expect(await refused(version, { steps: [step('a', { parameters: whole('a=1') })] })).toContain('newer-field')
})

isRefused('there are no other places', { field: 'in', decides: 'schema-against-text' }, async version => {
  for (const place of ['body', 'channel', 'Query', 'formData'])
    expect(
      await refused(version, { steps: [step('a', { parameters: [{ name: 'q', in: place, value: 1 }] })] }),
    ).toContain('invalid-value')
})

isRefused('for an operation `in` has to be there', { field: 'in', level: 'MUST' }, async version => {
  expect(await refused(version, { steps: [step('a', { parameters: [{ name: 'q', value: 1 }] })] })).toEqual([
    'missing-in',
  ])
})

executed('if a workflow is run, all parameters are inputs, with any `in`', { field: 'in' }, async version => {
  const { requests } = await run(version, {
    steps: [
      step('a', {
        workflowId: 'child',
        parameters: [
          { name: 'x', value: 1 },
          { name: 'y', in: 'header', value: 2 },
        ],
      }),
    ],
    workflows: [
      {
        workflowId: 'child',
        inputs: { type: 'object', properties: { x: {}, y: {} } },
        steps: [step('c', { parameters: [q('$inputs.x', 'x'), q('$inputs.y', 'y')] })],
      },
    ],
  })
  expect(requests).toEqual(['GET /thing?x=1&y=2'])
})

executed('a value may be a constant of any type', { field: 'value', decides: 'schema-against-text' }, async version => {
  const { requests } = await call(version, [
    q('text', 'a'),
    q(1.5, 'b'),
    q(true, 'c'),
    q([1, 'x'], 'd'),
    q({ e: 1, f: 2 }, 'g'),
  ])
  expect(requests).toEqual(['GET /thing?a=text&b=1.5&c=true&d=1&d=x&e=1&f=2'])
})

executed('a value may be an expression', { field: 'value' }, async version => {
  const { requests } = await call(version, [q('$inputs.list')], {}, { list: [1, 2] })
  expect(requests).toEqual(['GET /thing?q=1&q=2'])
})

executed('a value may be text with embedded expressions', { field: 'value' }, async version => {
  const { requests } = await call(version, [q('{$inputs.from}-{$inputs.to}!')], {}, { from: 1, to: 2 })
  expect(requests).toEqual(['GET /thing?q=1-2%21'])
})

executed('expressions are evaluated within lists and objects, too', { field: 'value' }, async version => {
  const { requests } = await call(version, [q(['$inputs.a', 'x{$inputs.a}']), q({ k: '$inputs.a' }, 'o')], {}, { a: 7 })
  expect(requests).toEqual(['GET /thing?q=7&q=x7&k=7'])
})

executed('a value may be a Selector Object', { only: '1.1.0', field: 'value' }, async version => {
  const value = { context: '$inputs.cart', selector: '$.items[*].id', type: 'jsonpath' }
  const { requests } = await call(version, [q(value)], {}, { cart: { items: [{ id: 1 }, { id: 2 }] } })
  expect(requests).toEqual(['GET /thing?q=1&q=2'])
})

executed(
  'in 1.0 an object like one is an object',
  { only: '1.0.1', field: 'value', decides: 'selectors-in-1.0' },
  async version => {
    const { requests } = await call(version, [q({ context: 'c', selector: 's', type: 't' })])
    expect(requests).toEqual(['GET /thing?context=c&selector=s&type=t'])
  },
)

executed(
  'a value that is not there leaves the parameter out; in a path it fails the step',
  { field: 'value', decides: 'missing-values' },
  async version => {
    const ran = await call(version, [
      q('$inputs.none'),
      { name: 'X-None', in: 'header', value: '$inputs.none' },
      { name: 'c', in: 'cookie', value: '$inputs.none' },
    ])
    expect(ran.requests).toEqual(['GET /thing'])
    expect(ran.seen[0]!.headers).not.toHaveProperty('x-none')
    expect(ran.seen[0]!.headers).not.toHaveProperty('cookie')
    const { report, requests } = await run(version, {
      steps: [step('a', { operationId: 'getItem', parameters: [{ name: 'id', in: 'path', value: '$inputs.none' }] })],
    })
    expect(report.because).toContain('path parameter {id} has no value')
    expect(requests).toEqual([])
  },
)

executed('values that look like expressions are not evaluated again', { field: 'value' }, async version => {
  const { requests } = await call(
    version,
    [q('$inputs.a'), q('x{$inputs.b}', 'r')],
    {},
    { a: '$inputs.b', b: '{$inputs.c}', c: 'bad' },
  )
  expect(requests.map(decodeURIComponent)).toEqual(['GET /thing?q=$inputs.b&r=x{$inputs.c}'])
})

isRead('extensions are accepted, other fields are not', {}, async version => {
  await accepted(version, { steps: [step('a', { parameters: [{ ...q(1), 'x-a': 1 }] })] })
  expect(await refused(version, { steps: [step('a', { parameters: [{ ...q(1), style: 'form' }] })] })).toContain(
    'unknown-field',
  )
})
