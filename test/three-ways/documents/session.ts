import { openapi as describe } from '../../builders/project.ts'
import { type Case, main, ok } from '../case.ts'
import type { Said } from '../server.ts'

const three = main(['stepId: a, operationId: a', 'stepId: b, operationId: b', 'stepId: c, operationId: c'])

const cookies = (name: string, ...values: string[]): Case => ({
  name: `cookies: ${name}`,
  workflows: three,
  script: { '/a': [{ headers: values.map(value => ['Set-Cookie', value]) }] },
  state: 'passed',
})

const redirect = (name: string, status: number, location: string, rest: Partial<Case> = {}): Case => ({
  name: `redirects: ${name}`,
  workflows: main(
    ['stepId: a, operationId: a, outputs: { s: $statusCode, v: $response.body#/v }', 'stepId: b, operationId: b'],
    { s: '$steps.a.outputs.s', v: '$steps.a.outputs.v' },
  ),
  script: { '/a': [{ status, headers: [['Location', location]] }], '/there': [{ json: { v: 1 } }] },
  options: { followRedirects: true },
  state: 'passed',
  ...rest,
})

const secured = JSON.parse(
  describe({
    free: ['get', '/free'],
    bearer: ['get', '/bearer', { security: [{ bearer: [] }] }],
    basic: ['get', '/basic', { security: [{ basic: [] }] }],
    key: ['get', '/key', { security: [{ key: [] }] }],
    head: ['get', '/head', { security: [{ head: [] }] }],
    cookie: ['get', '/cookie', { security: [{ cookie: [] }] }],
  }),
)
secured.components = {
  securitySchemes: {
    bearer: { type: 'http', scheme: 'bearer' },
    basic: { type: 'http', scheme: 'basic' },
    key: { type: 'apiKey', in: 'query', name: 'key' },
    head: { type: 'apiKey', in: 'header', name: 'X-Key' },
    cookie: { type: 'apiKey', in: 'cookie', name: 'sid' },
  },
}
const credentials = {
  api: {
    bearer: 'token',
    basic: { username: 'ada', password: 'päss' },
    key: 'k e y',
    head: 'head-key',
    cookie: 'cookie-key',
  },
}

const security = (scheme: string, status = 200): Case => ({
  name: `security: ${scheme}, ${status}`,
  api: JSON.stringify(secured),
  workflows: main([`stepId: a, operationId: ${scheme}, ${ok}`, 'stepId: b, operationId: free']),
  script: { [`/${scheme}`]: [{ status }] },
  options: { security: credentials },
  state: status === 200 ? 'passed' : 'failed',
})

export const session: Case[] = [
  cookies('one', 'a=1'),
  cookies('of several paths', 'a=1; Path=/', 'b=2; Path=/b', 'c=3; Path=/c'),
  cookies('replaced', 'a=1', 'a=2'),
  cookies('expired', 'a=1', 'a=; Max-Age=0'),
  cookies('of another domain', 'a=1; Domain=example.com', 'b=2'),
  cookies('secure', 'a=1; Secure; HttpOnly; SameSite=Strict'),
  cookies('with blanks behind', 'a=1 \t', 'b=2; Path=/ '),
  cookies('empty', '', '=x', 'a='),
  {
    ...cookies('beside a parameter of the step', 'a=1', 'k=jar'),
    workflows: main([
      'stepId: a, operationId: a',
      'stepId: b, operationId: b, parameters: [{ name: k, in: cookie, value: own }]',
    ]),
  },
  {
    ...cookies('of a failure', 'a=1'),
    workflows: main([
      `stepId: a, operationId: a, ${ok}, onFailure: [{ name: on, type: goto, stepId: b }]`,
      'stepId: b, operationId: b',
    ]),
    script: { '/a': [{ status: 401, headers: [['Set-Cookie', 'a=1']] }] },
  },
  redirect('302', 302, '/there', { outputs: { s: 200, v: 1 } }),
  redirect('301', 301, '/there?x=1#y', { outputs: { s: 200 } }),
  redirect('303', 303, 'there', { outputs: { s: 200 } }),
  redirect('307', 307, '/there', { outputs: { s: 200 } }),
  redirect('308, with blanks behind', 308, '/there \t', { outputs: { s: 200 } }),
  redirect('without a Location', 302, '', { script: { '/a': [{ status: 302 }] }, outputs: { s: 302 } }),
  redirect('an empty Location', 302, '', { state: 'failed' }),
  redirect('in a circle', 302, '/a', { state: 'failed', because: /it is the 11th/ }),
  redirect('to another protocol', 302, 'ftp://127.0.0.1/x', { state: 'failed', because: /is not at http or https/ }),
  redirect('not followed', 302, '/there', { options: {}, outputs: { s: 302 } }),
  redirect('300 is none', 300, '/there', { outputs: { s: 300 } }),
  ...[301, 303, 307].map(
    (status): Case => ({
      name: `redirects: ${status} of a POST`,
      workflows: main(
        'stepId: a, operationId: make, requestBody: { contentType: application/json, payload: { a: 1 } }',
      ),
      script: { '/make': [{ status, headers: [['Location', '/there']] }] },
      options: { followRedirects: true },
      state: 'passed',
    }),
  ),
  {
    name: 'redirects: a cookie on the way',
    urls: '/a /b /b',
    headers: ['cookie: a=1'],
    workflows: main(['stepId: a, operationId: a', 'stepId: b, operationId: b']),
    script: {
      '/a': [
        {
          status: 302,
          headers: [
            ['Location', '/b'],
            ['Set-Cookie', 'a=1'],
          ],
        },
      ],
    },
    options: { followRedirects: true },
    state: 'passed',
  },
  ...['bearer', 'basic', 'key', 'head', 'cookie'].flatMap(scheme => [security(scheme), security(scheme, 401)]),
]

const pet = { type: 'object', required: ['id'], properties: { id: { type: 'integer' }, name: { type: 'string' } } }
const described = describe({
  pet: [
    'get',
    '/pet',
    {
      responses: {
        200: {
          description: 'a pet',
          headers: { 'X-Rate': { required: true, schema: { type: 'integer' } } },
          content: { 'application/json': { schema: pet } },
        },
        404: { description: 'none' },
      },
    },
  ],
  free: ['get', '/free'],
})

const rate: [string, string] = ['X-Rate', '3 ']
/** @param hasOutput whether the response can give the output, which does not depend on `checks`. */
const held = (name: string, said: Said, isFault = true, hasOutput = true): Case[] =>
  (['error', 'warn', 'off'] as const).map(checks => ({
    name: `${name}, ${checks}`,
    api: described,
    workflows: main(
      ['stepId: pet, operationId: pet, outputs: { id: $response.body#/id }', 'stepId: free, operationId: free'],
      { id: '$steps.pet.outputs.id' },
    ),
    script: { '/pet': [said] },
    options: { checks },
    state: !hasOutput || (isFault && checks === 'error') ? 'failed' : 'passed',
    // Later responses are only held against their description now and then.
    iterations: 1,
  }))

export const openapi: Case[] = [
  ...held('as described', { headers: [rate], json: { id: 1 } }, false),
  ...held('an undocumented status', { status: 202, headers: [rate], json: { id: 1 } }),
  ...held('another media type', { headers: [rate, ['Content-Type', 'text/plain']], body: 'a pet' }, true, false),
  ...held('a value of another type', { headers: [rate], json: { id: 'one' } }),
  ...held('nothing', { headers: [rate], json: undefined, body: '' }, true, false),
  ...held('a header too few', { json: { id: 1 } }),
  ...held('a header of another type', { headers: [['X-Rate', 'much']], json: { id: 1 } }),
  ...held(
    'a Content-Type with blanks behind',
    { headers: [rate, ['Content-Type', 'application/json  ']], json: { id: 1 } },
    false,
  ),
]
