import { expect } from 'vitest'
import { section } from './rule.ts'
import { holds, judged, outputsOf, run, status, step } from './run.ts'

/** What the specification leaves to OpenAPI and HTTP. */
const { executed } = section('HTTP and OpenAPI')

const description = (parameters: object[], path = '/thing', more: object = {}) => ({
  openapi: '3.1.1',
  info: { title: 'api', version: '1' },
  paths: { [path]: { get: { operationId: 'getThing', parameters, responses: { default: { description: 'any' } } } } },
  ...more,
})
const declared = (parameters: object[], given: object[], path?: string) => ({
  steps: [step('a', { parameters: given })],
  files: { 'api.json': description(parameters, path) },
})

executed('a redirect is seen, not followed', { decides: 'redirects' }, async version => {
  const { outputs, requests } = await run(version, {
    steps: [
      step('a', {
        successCriteria: [{ condition: '$statusCode == 302' }],
        outputs: { to: '$response.header.Location', code: '$response.query.code' },
      }),
    ],
    workflow: { outputs: { to: '$steps.a.outputs.to', code: '$steps.a.outputs.code' } },
    answers: { '/thing': { status: 302, headers: { location: '/other?code=c-1' } } },
  })
  expect(requests).toEqual(['GET /thing'])
  expect(outputs).toEqual({ to: '/other?code=c-1', code: 'c-1' })
})

executed('cookies are kept from one step to the next, within a run', { decides: 'cookies' }, async version => {
  const parts = { steps: [step('a'), step('b')] }
  const { seen } = await run(version, {
    ...parts,
    answers: { '/thing': [{ headers: { 'set-cookie': 'session=s1' } }, {}] },
  })
  expect(seen.map(({ headers }) => headers.cookie)).toEqual([undefined, 'session=s1'])
})

executed('a body that is not what its Content-Type says is text', { decides: 'unreadable-bodies' }, async version => {
  const answer = { body: '{"a": ', headers: { 'content-type': 'application/json' } }
  expect(await outputsOf(version, { body: '$response.body' }, answer)).toEqual({ body: '{"a": ' })
  expect(await holds(version, '$response.body != null', answer)).toBe(true)
  expect(await holds(version, '$response.body#/a == null', answer)).toBe(false)
  const criteria = [{ condition: '$response.body#/a == 1' }, { condition: '$statusCode == 200' }]
  const { report } = await run(version, { steps: [step('only', { successCriteria: criteria })], answers: answer })
  expect(report.steps[0]).toMatchObject({ checks: [{ passed: false }, { passed: true }] })
  const taken = outputsOf(version, { a: '$response.body#/a' }, answer)
  await expect(taken).rejects.toThrow('Failed to read the body as JSON')
})

executed('interim responses are read over', { decides: 'interim-responses' }, async version => {
  const answer = { body: { a: 1 }, continues: true }
  expect(await outputsOf(version, { a: '$response.body#/a', s: '$statusCode' }, answer)).toEqual({ a: 1, s: 200 })
})

executed(
  "white space around a header's value does not belong to it",
  { decides: 'blanks-of-headers' },
  async version => {
    const answer = { headers: { 'x-a': ' b \t', 'x-twice': ['one ', 'two'] } }
    expect(await outputsOf(version, { a: '$response.header.X-A', t: '$response.header.x-twice' }, answer)).toEqual({
      a: 'b',
      t: 'one',
    })
    const { passed } = await judged(version, [{ condition: "$response.header.x-a == 'b'" }], answer)
    expect(passed).toBe(true)
  },
)

executed('of a name that stands twice in a body the last counts', { decides: 'duplicate-names' }, async version => {
  const answer = { body: '{"a":1,"b":{"c":1},"a":2,"b":{}}', headers: { 'content-type': 'application/json' } }
  const outputs = { a: '$response.body#/a', b: '$response.body#/b' }
  expect(await outputsOf(version, outputs, answer)).toEqual({ a: 2, b: {} })
})

executed('JSON of a hundred thousand levels fails a step, not the run', {}, async version => {
  const answer = { body: `${'['.repeat(1e5)}${']'.repeat(1e5)}`, headers: { 'content-type': 'application/json' } }
  const more = { onFailure: [{ name: 'go', type: 'goto', stepId: 'b' }], outputs: { text: 'a {$response.body}' } }
  for (const successCriteria of [[{ condition: '$response.body == 1' }], status(200)]) {
    const { trail } = await run(version, {
      steps: [step('a', { ...more, successCriteria }), step('b')],
      answers: answer,
    })
    expect(trail).toEqual(['a failed', 'b passed'])
  }
})

executed(
  'an integer of more than 53 bits keeps its digits from a body to a request',
  { decides: 'big-integers' },
  async version => {
    const id = '9007199254740993'
    const answer = { body: `{"id": ${id}}`, headers: { 'content-type': 'application/json' } }
    const { seen } = await run(version, {
      steps: [
        step('a', { outputs: { id: '$response.body#/id' } }),
        step('b', {
          operationId: 'postThing',
          parameters: [{ name: 'id', in: 'query', value: '$steps.a.outputs.id' }],
          requestBody: { payload: { id: '$steps.a.outputs.id', text: 'of {$steps.a.outputs.id}' } },
        }),
      ],
      answers: answer,
    })
    expect(seen[1]).toMatchObject({ url: `/thing?id=${id}`, body: `{"id":${id},"text":"of ${id}"}` })
  },
)

executed(
  'it is compared as the number that it is, and is text where a report holds it',
  { decides: 'big-integers' },
  async version => {
    const answer = { body: '{"id": 9007199254740993}', headers: { 'content-type': 'application/json' } }
    for (const [condition, result] of [
      ['$response.body#/id == 9007199254740993', true],
      ['$response.body#/id == 9007199254740992', false],
      ['$response.body#/id > 9007199254740992', true],
    ] as const)
      expect(await holds(version, condition, answer)).toBe(result)
    expect(await outputsOf(version, { id: '$response.body#/id' }, answer)).toEqual({ id: '9007199254740993' })
  },
)

executed('styles of parameters are those of OpenAPI', { decides: 'parameter-styles' }, async version => {
  const list = [3, 4, 5]
  const record = { R: 100, G: 200 }
  for (const [fields, value, url] of [
    [{ in: 'query' }, list, '/thing?p=3&p=4&p=5'],
    [{ in: 'query', explode: false }, list, '/thing?p=3,4,5'],
    [{ in: 'query', style: 'spaceDelimited', explode: false }, list, '/thing?p=3%204%205'],
    [{ in: 'query', style: 'pipeDelimited', explode: false }, list, '/thing?p=3%7C4%7C5'],
    [{ in: 'query' }, record, '/thing?R=100&G=200'],
    [{ in: 'query', explode: false }, record, '/thing?p=R,100,G,200'],
    [{ in: 'query', style: 'deepObject', explode: true }, { a: 1, b: { c: 2 } }, '/thing?p%5Ba%5D=1&p%5Bb%5D%5Bc%5D=2'],
    [{ in: 'query' }, [], '/thing'],
    [{ in: 'query' }, [1, null], '/thing?p=1'],
    [{ in: 'query' }, "a!'()*|[]", '/thing?p=a%21%27%28%29%2A%7C%5B%5D'],
    [{ in: 'query', allowReserved: true }, 'a/b?c=d', '/thing?p=a/b?c=d'],
  ] as const) {
    const parts = declared([{ name: 'p', ...fields, schema: {} }], [{ name: 'p', in: 'query', value }])
    expect([fields, (await run(version, parts)).seen[0]!.url]).toEqual([fields, url])
  }
})

executed('so are those of paths; label without explode has commas', { decides: 'parameter-styles' }, async version => {
  for (const [fields, url, value = [3, 4]] of [
    [{}, '/x/3,4'],
    [{ style: 'label' }, '/x/.3,4'],
    [{ style: 'label', explode: true }, '/x/.3.4'],
    [{ style: 'label' }, '/x/.', ''],
    [{ style: 'matrix' }, '/x/;p=3,4'],
    [{ style: 'matrix', explode: true }, '/x/;p=3;p=4'],
    [{ style: 'matrix' }, '/x/;p', ''],
  ] as const) {
    const parts = declared(
      [{ name: 'p', in: 'path', required: true, ...fields, schema: {} }],
      [{ name: 'p', in: 'path', value }],
      '/x/{p}',
    )
    expect([fields, (await run(version, parts)).seen[0]!.url]).toEqual([fields, url])
  }
})

executed('so are those of headers and cookies', { decides: 'parameter-styles' }, async version => {
  const given = (place: string) => [
    { name: 'list', in: place, value: [1, 2] },
    { name: 'map', in: place, value: { a: 1, b: 2 } },
  ]
  const described = (place: string, explode: boolean) =>
    ['list', 'map'].map(name => ({ name, in: place, explode, schema: {} }))
  const header = await run(version, declared(described('header', false), given('header')))
  expect(header.seen[0]!.headers).toMatchObject({ list: '1,2', map: 'a,1,b,2' })
  const exploded = await run(version, declared(described('header', true), given('header')))
  expect(exploded.seen[0]!.headers).toMatchObject({ list: '1,2', map: 'a=1,b=2' })
  const cookie = await run(version, declared(described('cookie', false), given('cookie')))
  expect(cookie.seen[0]!.headers.cookie).toBe('list=1,2; map=a,1,b,2')
  const pairs = await run(version, declared(described('cookie', true), given('cookie')))
  expect(pairs.seen[0]!.headers.cookie).toBe('list=1; list=2; a=1; b=2')
})

executed('a server URL keeps its path, and loses a slash at its end', { decides: 'server-urls' }, async version => {
  for (const [servers, url] of [
    [[{ url: '/v1/' }], '/v1/thing'],
    [[{ url: '/{stage}', variables: { stage: { default: 'beta' } } }], '/beta/thing'],
    [[{ url: 'https://api.example.com/v2' }], '/v2/thing'],
  ] as const) {
    const parts = { steps: [step('a')], files: { 'api.json': description([], '/thing', { servers }) } }
    expect((await run(version, parts)).seen[0]!.url).toBe(url)
  }
})

executed('what no URL can hold in a path of the description is encoded', {}, async version => {
  const path = '/a b/ü/%7Bx%7D/{p}'
  const described = [{ name: 'p', in: 'path', required: true, schema: {} }]
  const parts = declared(described, [{ name: 'p', in: 'path', value: 'é' }], path)
  expect((await run(version, parts)).seen[0]!.url).toBe('/a%20b/%C3%BC/%7Bx%7D/%C3%A9')
})

executed(
  'a header parameter Content-Type wins over the one of the body',
  { decides: 'content-type-header' },
  async version => {
    const { seen } = await run(version, {
      steps: [
        step('a', {
          operationId: 'postThing',
          parameters: [{ name: 'Content-Type', in: 'header', value: 'application/vnd.a+json' }],
          requestBody: { contentType: 'application/json', payload: { a: 1 } },
        }),
      ],
    })
    expect(seen[0]!.headers['content-type']).toBe('application/vnd.a+json')
    expect(seen[0]!.body).toBe('{"a":1}')
  },
)

executed(
  'a path parameter in another spelling is the one that it can only mean',
  { decides: 'path-spelling' },
  async version => {
    const parts = declared(
      [{ name: 'petId', in: 'path', required: true, schema: {} }],
      [{ name: 'pet_id', in: 'path', value: 7 }],
      '/pets/{petId}',
    )
    expect((await run(version, parts)).requests).toEqual(['GET /pets/7'])
  },
)

executed('a line break in a header is refused before anything is sent', { decides: 'line-breaks' }, async version => {
  const parts = { steps: [step('a', { parameters: [{ name: 'X-A', in: 'header', value: '$inputs.a' }] })] }
  const { report, requests } = await run(version, { ...parts, inputs: { a: 'x\r\nX-B: 1' } })
  expect(report.state).toBe('failed')
  expect(requests).toEqual([])
})
