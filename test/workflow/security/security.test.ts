import { createHash, createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { stepError } from '../../../plugin/failure/step-error.ts'
import { type RunOptions, runWorkflow } from '../../../src/workflow/functional.ts'
import { listen } from '../../builders/listen.ts'
import { arazzo, project } from '../../builders/project.ts'
import { type Answer, type Seen, serve } from '../../builders/server.ts'
import { loadUser } from '../../builders/user.ts'

interface Setting {
  schemes: Record<string, object>
  /** Security requirements of the operation. */
  security: object[]
  /** Credentials by scheme. */
  given: NonNullable<RunOptions['security']>[string]
  answer?: (seen: Seen, count: number) => Answer
  /** More of the step, as YAML. */
  step?: string
  steps?: number
  /** Operation of each step: `op`, or `admin`, which requires the scope `admin`. */
  operations?: readonly string[]
  options?: RunOptions
  servers?: object[]
}

async function files({ schemes, security, servers, step = '', answer = () => ({}), ...setting }: Setting) {
  const { steps = 1, operations = Array<string>(steps).fill('op') } = setting
  const server = await serve(answer)
  const operation = { operationId: 'op', security, responses: { default: { description: '' } } }
  const description = {
    openapi: '3.1.0',
    info: { title: '', version: '1' },
    servers,
    paths: {
      '/op': { get: operation },
      '/op/admin': { get: { ...operation, operationId: 'admin', security: [{ oauth: ['admin'] }] } },
    },
    components: { securitySchemes: schemes },
  }
  const folder = project({
    'api.json': JSON.stringify(description).replaceAll('SERVER', server.origin),
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
${operations.map((id, index) => `      - stepId: s${index}\n        operationId: ${id}\n${step.replaceAll(/^/gm, '        ')}`).join('\n')}
`),
  })
  return { path: `${folder}/flow.arazzo.yaml`, server }
}

async function run(setting: Setting) {
  const { path, server } = await files(setting)
  const report = await runWorkflow(path, {
    servers: server.origin,
    security: { api: setting.given },
    ...setting.options,
  })
  const calls = server.seen.filter(({ url }) => /^(\/v1)?\/op/.test(url))
  return {
    report,
    calls,
    first: calls[0]!,
    tokens: server.seen.filter(({ method }) => method === 'POST'),
    because: report.because?.replaceAll(server.origin, 'URL'),
    shown: JSON.stringify(report),
  }
}

const messageOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: Error) => error.message,
  )
const base64 = (text: string) => Buffer.from(text).toString('base64')
const apiKey = (place: string, name: string) => ({ type: 'apiKey', in: place, name })
const http = (scheme: string) => ({ type: 'http', scheme })

describe("a user and a password in the server's URL", () => {
  const setting: Setting = { schemes: { basic: http('basic') }, security: [{ basic: [] }], given: {} }
  const withUser = async (more: Partial<Setting> = {}) => {
    const { path, server } = await files({ ...setting, ...more })
    const report = await runWorkflow(path, {
      servers: server.origin.replace('//', '//ann:p%40ss-word-1@'),
      ...(more.given && { security: { api: more.given } }),
    })
    return { report, authorization: server.seen[0]!.headers.authorization }
  }

  test('are sent as Basic credentials, and never shown', async () => {
    const answer = ({ headers }: Seen) => ({ status: 500, body: { got: headers.authorization, is: 'p@ss-word-1' } })
    const { report, authorization } = await withUser({ answer })
    expect(authorization).toBe(`Basic ${base64('ann:p@ss-word-1')}`)
    expect(JSON.stringify(report)).not.toMatch(/p@ss|p%40ss|YW5uOn/)
  })

  test('give way to those of a scheme, and to what the step sets itself', async () => {
    const ofScheme = await withUser({ given: { basic: { username: 'bob', password: 'other-word' } } })
    expect(ofScheme.authorization).toBe(`Basic ${base64('bob:other-word')}`)
    const ofStep = await withUser({ step: 'parameters: [{ name: Authorization, in: header, value: Own it }]' })
    expect(ofStep.authorization).toBe('Own it')
  })

  test('are sent under load too', async () => {
    const { path, server } = await files(setting)
    const load = await loadUser(path, { servers: server.origin.replace('//', '//ann:p%40ss-word-1@') })
    expect(await load.iterate(2)).toEqual(['passed', 'passed'])
    await load.close()
    const sent = server.seen.map(({ headers }) => headers.authorization)
    expect(sent).toEqual(Array(2).fill(`Basic ${base64('ann:p@ss-word-1')}`))
  })
})

describe('credentials that are there', () => {
  const ann = (password: string) => ({ username: 'ann', password })
  const oauth2 = { type: 'oauth2', flows: {} }

  test.each<[string, object, Setting['given'][string], where: string, sent: string]>([
    ['apiKey in a header', apiKey('header', 'X-Key'), 'k3y-value', 'x-key', 'k3y-value'],
    ['apiKey in the query', apiKey('query', 'api key'), { key: 'k3y&value' }, 'url', '/op?a=1&api%20key=k3y%26value'],
    ['apiKey in a cookie', apiKey('cookie', 'sid'), 'k3y-value', 'cookie', 'theme=dark; sid=k3y-value'],
    ['basic', http('Basic'), ann('päss:word'), 'authorization', `Basic ${base64('ann:päss:word')}`],
    ['basic of 2.0', { type: 'basic' }, ann('secret1'), 'authorization', `Basic ${base64('ann:secret1')}`],
    ['bearer', http('bearer'), 't0k3n-value', 'authorization', 'Bearer t0k3n-value'],
    ['oauth2 with a token', oauth2, { token: 't0k3n-value' }, 'authorization', 'Bearer t0k3n-value'],
    ['openIdConnect', { type: 'openIdConnect' }, 't0k3n-value', 'authorization', 'Bearer t0k3n-value'],
    ['another HTTP scheme', http('Custom'), 't0k3n-value', 'authorization', 'Custom t0k3n-value'],
  ])('%s', async (_, s, credentials, where, sent) => {
    const step = 'parameters: [{ name: a, in: query, value: 1 }, { name: theme, in: cookie, value: dark }]'
    const { first, shown } = await run({ schemes: { s }, security: [{ s: [] }], given: { s: credentials }, step })
    expect({ url: first.url, ...first.headers }).toMatchObject({ [where]: sent })
    for (const secret of ['k3y', 't0k3n', 'päss', 'secret1', base64('ann:')]) expect(shown).not.toContain(secret)
  })

  test('come from the environment or a file, too', async () => {
    vi.stubEnv('SECURITY_TEST_KEY', 'from-env')
    onTestFinished(() => void vi.unstubAllEnvs())
    const folder = project({ 'token.txt': 'from-file\n' })
    const { first } = await run({
      schemes: { key: { type: 'apiKey', in: 'header', name: 'X-Key' }, token: http('bearer') },
      security: [{ key: [], token: [] }],
      given: { key: { env: 'SECURITY_TEST_KEY' }, token: { file: `${folder}/token.txt` } },
    })
    expect(first.headers).toMatchObject({ 'x-key': 'from-env', authorization: 'Bearer from-file' })
  })
})

describe('requirements', () => {
  const schemes = { a: apiKey('header', 'X-A'), b: apiKey('header', 'X-B'), c: apiKey('header', 'X-C') }
  const sent = async (security: object[], given: Record<string, string>, step?: string) => {
    const { first } = await run({ schemes, security, given, step })
    return Object.entries(first.headers)
      .filter(([name]) => name.startsWith('x-'))
      .map(([name, value]) => `${name}=${value}`)
  }

  test('the first alternative of which all schemes are configured', async () => {
    const alternatives = [{ a: [], b: [] }, { c: [] }, { b: [] }]
    expect(await sent(alternatives, { a: 'aaa', b: 'bbb', c: 'ccc' })).toEqual(['x-a=aaa', 'x-b=bbb'])
    expect(await sent(alternatives, { b: 'bbb', c: 'ccc' })).toEqual(['x-c=ccc'])
    expect(await sent(alternatives, { b: 'bbb' })).toEqual(['x-b=bbb'])
  })

  test('none that is configured is no error; without a requirement nothing is sent', async () => {
    expect(await sent([{ a: [] }], { b: 'bbb' })).toEqual([])
    expect(await sent([], { a: 'aaa' })).toEqual([])
    expect(await sent([{ unknown: [] }], { a: 'aaa' })).toEqual([])
  })

  test('an optional requirement is met where it can be', async () => {
    expect(await sent([{}, { a: [] }], { a: 'aaa' })).toEqual(['x-a=aaa'])
    expect(await sent([{}, { a: [] }], { b: 'bbb' })).toEqual([])
  })

  test("the step's own parameter wins", async () => {
    const step = 'parameters: [{ name: x-a, in: header, value: own }]'
    expect(await sent([{ a: [], b: [] }], { a: 'aaa', b: 'bbb' }, step)).toEqual(['x-a=own', 'x-b=bbb'])
    const authorization = 'parameters: [{ name: authorization, in: header, value: Bearer own }]'
    const given = { oauth: { clientId: 'me', clientSecret: 's3cr3t' } }
    const { first, tokens } = await run({ schemes: { oauth }, security: [{ oauth: [] }], given, step: authorization })
    expect(first.headers.authorization).toBe('Bearer own')
    expect(tokens).toEqual([])
  })

  test('credentials of another source are not for this one', async () => {
    const { path, server } = await files({ schemes, security: [{ a: [] }], given: {} })
    await runWorkflow(path, { servers: server.origin, security: { other: { a: 'aaa' } } })
    expect(server.seen[0]!.headers).not.toHaveProperty('x-a')
  })
})

describe('credentials that cannot be used', () => {
  const refused = (scheme: object, credentials: Setting['given'][string], name = 's') =>
    messageOf(run({ schemes: { s: scheme }, security: [{ s: [] }], given: { [name]: credentials } }))

  test('say why', async () => {
    expect(await refused(http('basic'), 'x')).toMatchInlineSnapshot(
      `"Failed to use security scheme "s" of source "api": HTTP basic takes { username, password }."`,
    )
    expect(await refused({ type: 'apiKey', in: 'body', name: 'x' }, 'x')).toMatchInlineSnapshot(
      `"Failed to use security scheme "s" of source "api": its key has no place: in is "body"."`,
    )
    expect(await refused({ type: 'oauth2', flows: {} }, { clientId: 'x' })).toMatchInlineSnapshot(
      `"Failed to use security scheme "s" of source "api": it has no clientCredentials flow with a tokenUrl. Add tokenUrl to its credentials."`,
    )
    expect(await refused(http('bearer'), 'x', 'ss')).toMatchInlineSnapshot(
      `"Failed to find security scheme "ss" of source "api": the description has no such scheme. It has s."`,
    )
    expect(await refused(http('bearer'), { env: 'NOT_SET_ANYWHERE' })).toMatchInlineSnapshot(
      `"Failed to read security scheme "s" of source "api": the environment has no NOT_SET_ANYWHERE. Set it before the run."`,
    )
    expect(await refused(http('bearer'), 'a\r\nx-evil: 1')).toMatchInlineSnapshot(
      `"Failed to use a security credential: it contains a line break or NUL. Correct its value."`,
    )
  })
})

describe('digest', () => {
  const digest: Omit<Setting, 'answer'> = {
    schemes: { d: http('digest') },
    security: [{ d: [] }],
    given: { d: { username: 'ann', password: 's3cr3t-pass' } },
  }
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')

  /** A server that checks digests by itself, and gives a new nonce after `uses`. */
  function guard(uses = Infinity, password = 's3cr3t-pass') {
    let nonce = 1
    let used = 0
    return ({ method, url, headers }: Seen): Answer => {
      const fields = Object.fromEntries(
        [...(headers.authorization ?? '').matchAll(/(\w+)="?([^",]+)"?/g)].map(([, name, value]) => [name, value]),
      )
      const secret = hash(`ann:here:${password}`)
      const wanted = hash(`${secret}:n${nonce}:${fields.nc}:${fields.cnonce}:auth:${hash(`${method}:${url}`)}`)
      if (fields.response === wanted && fields.uri === url && ++used <= uses) return { body: 'in' }
      if (used > uses) [nonce, used] = [nonce + 1, 0]
      return {
        status: 401,
        headers: {
          'www-authenticate': `Basic realm="x", Digest realm="here", nonce="n${nonce}", algorithm=SHA-256, qop="auth"`,
        },
      }
    }
  }

  test('answers the challenge, and uses its nonce from then on', async () => {
    const step = 'parameters: [{ name: q, in: query, value: x y }]'
    const { report, calls, shown } = await run({ ...digest, answer: guard(), steps: 3, step })
    expect(report.state).toBe('passed')
    const counts = calls.map(({ headers }) => /nc=(\w+)/.exec(headers.authorization ?? '')?.[1])
    expect(counts).toEqual([undefined, '00000001', '00000002', '00000003'])
    expect(shown).not.toContain('s3cr3t-pass')
    expect(report.steps[0]!.exchange).toMatchObject({
      request: { headers: { authorization: '***' } },
      response: { status: 200 },
    })
  })

  test('takes a new nonce when the old one is used up', async () => {
    const { report, calls } = await run({ ...digest, answer: guard(2), steps: 4 })
    expect(report.state).toBe('passed')
    expect(calls.length).toBeLessThanOrEqual(7)
  })

  test('a second refusal is the answer', async () => {
    const { report, calls, because } = await run({ ...digest, answer: guard(Infinity, 'other') })
    expect(report.state).toBe('failed')
    expect(calls).toHaveLength(2)
    expect(because).toContain('the server responded with 401')
  })
})

const oauth = {
  type: 'oauth2',
  flows: {
    clientCredentials: { tokenUrl: '/token', scopes: {} },
    password: { tokenUrl: 'https://api.example.com/login/token', scopes: {} },
  },
}

describe('OAuth 2', () => {
  const client = { clientId: 'me', clientSecret: 's3cr3t-of client' }
  const setting = { schemes: { oauth }, security: [{ oauth: ['read', 'write'] }], given: { oauth: client } }
  let issued = 0
  afterEach(() => {
    issued = 0
  })
  const issue = (more: object = { expires_in: 3600 }): Answer => ({
    body: { access_token: `t0k3n-${++issued}`, token_type: 'Bearer', ...more },
  })
  const answer = (seen: Seen): Answer => (seen.method === 'POST' ? issue() : {})
  /** Takes the client in the body alone. */
  const inBody = (seen: Seen, refusal: Answer): Answer => {
    const { client_id: clientId, client_secret: clientSecret } = Object.fromEntries(new URLSearchParams(seen.body))
    const isKnown = clientId === client.clientId && clientSecret === client.clientSecret
    return seen.method === 'GET' || (isKnown && !seen.headers.authorization) ? answer(seen) : refusal
  }
  /** Where the client was in requests for tokens, and their scopes. */
  const asked = (tokens: Seen[]) =>
    tokens.map(
      ({ headers, body }) => `${headers.authorization ? 'header' : 'body'} ${new URLSearchParams(body).get('scope')}`,
    )

  test('client credentials: one token for all steps, masked', async () => {
    const { calls, tokens, shown } = await run({ ...setting, answer, steps: 3 })
    expect(tokens).toHaveLength(1)
    expect(tokens[0]).toMatchObject({
      url: '/token',
      body: 'grant_type=client_credentials&scope=read+write',
      headers: {
        authorization: `Basic ${base64('me:s3cr3t-of+client')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    expect(calls.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer t0k3n-1'))
    expect(shown).not.toMatch(/t0k3n|s3cr3t/)
  })

  test('password flow, with a scope and fields of the options; the token URL moves with the server', async () => {
    const user = { username: 'ann', password: 'p4ss w' }
    const given = { oauth: { ...client, ...user, parameters: { audience: 'shop', scope: 'all of it' } } }
    const { tokens, calls } = await run({ ...setting, given, answer, servers: [{ url: 'https://api.example.com/v1' }] })
    expect(tokens[0]).toMatchObject({
      url: '/login/token',
      body: 'grant_type=password&username=ann&password=p4ss+w&scope=all+of+it&audience=shop',
      headers: { authorization: `Basic ${base64('me:s3cr3t-of+client')}` },
    })
    expect(calls).toHaveLength(1)
  })

  test('password flow without a client', async () => {
    const given = { oauth: { username: 'ann', password: 'p4ssw0rd' } }
    const servers = [{ url: 'https://api.example.com' }]
    const { report, tokens, calls, shown } = await run({ ...setting, given, answer, servers })
    expect(report.state).toBe('passed')
    expect(tokens).toHaveLength(1)
    expect(tokens[0]).toMatchObject({
      url: '/login/token',
      body: 'grant_type=password&username=ann&password=p4ssw0rd&scope=read+write',
    })
    expect(tokens[0]!.headers).not.toHaveProperty('authorization')
    expect(calls[0]!.headers.authorization).toBe('Bearer t0k3n-1')
    expect(shown).not.toContain('p4ssw0rd')
  })

  test.each([
    [{ username: 'ann' }, 'it has a username and no password'],
    [{ username: 'ann', password: 'p', clientSecret: 's' }, 'it has a clientSecret and no clientId'],
    [{ clientSecret: 's' }, 'it takes a token, or { clientId, clientSecret } or { username, password } to fetch one'],
  ])('half of what it takes: %j', async (oauth, message) => {
    await expect(run({ ...setting, given: { oauth } })).rejects.toThrow(message)
  })

  test('a token that is refused is fetched anew, once', async () => {
    const { report, calls, tokens } = await run({
      ...setting,
      answer: seen =>
        seen.method === 'POST' ? issue() : { status: seen.headers.authorization === 'Bearer t0k3n-2' ? 200 : 401 },
    })
    expect(report.state).toBe('passed')
    expect([tokens.length, calls.length]).toEqual([2, 2])
    const refused = await run({ ...setting, answer: seen => (seen.method === 'POST' ? issue() : { status: 401 }) })
    expect(refused.because).toContain('the server responded with 401')
    expect(refused.because).toContain('its token was refused and fetched anew, and the new one is refused too')
    expect(stepError(refused.report.steps[0]!).message).toContain("check the token's scopes and audience")
    expect([refused.tokens.length, refused.calls.length]).toEqual([2, 2])
  })

  test('a token that was accepted and then revoked is fetched anew, soon after another one was', async () => {
    let revoked = 0
    let used = 0
    const { report, tokens } = await run({
      ...setting,
      steps: 3,
      answer: ({ method, headers }) => {
        if (method === 'POST') return { ...issue(), delay: 1_050 }
        const number = Number(headers.authorization?.replace('Bearer t0k3n-', ''))
        if (number <= revoked) return { status: 401 }
        // Each token is good for one request.
        if (++used < 3) revoked = number
        return { status: 200 }
      },
    })
    expect(report.state).toBe('passed')
    expect(tokens).toHaveLength(3)
  })

  test('no token: the step fails with the reason, and its request is not sent', async () => {
    const denied = ({ headers, body }: Seen): Answer => {
      if (headers.authorization) return { status: 401, body: { error: 'first' } }
      return { status: 400, body: { error: 'invalid_client', error_description: `no ${body}` } }
    }
    const { because, calls, report, tokens, shown } = await run({ ...setting, answer: denied })
    expect(because).toMatchInlineSnapshot(
      `"step "s0" failed: Failed to fetch a token for security scheme "oauth" of source "api" from URL/token: it responded with 400 (invalid_client, no client_id=me&client_secret=***&grant_type=client_credentials&scope=read+write). Check the credentials and the scopes."`,
    )
    expect(asked(tokens)).toEqual(['header read write', 'body read write'])
    expect(shown).not.toMatch(/first|s3cr3t/)
    expect(calls).toEqual([])
    expect(report.steps[0]).not.toHaveProperty('exchange')
    const odd = await run({ ...setting, answer: () => ({ body: 'hello' }) })
    expect(odd.because).toContain('its response has no access_token')
    const dead = await run({ ...setting, given: { oauth: { ...client, tokenUrl: 'http://127.0.0.1:1/token' } } })
    expect(dead.because).toContain('connection refused')
  })

  test.each<Answer>([
    { status: 401, body: 'who?' },
    { status: 400, body: { error: 'invalid_client' } },
  ])('a client whose header is answered by %j is sent in the body, and so for later tokens', async refusal => {
    const { report, tokens, shown } = await run({
      ...setting,
      operations: ['op', 'admin', 'op'],
      answer: seen => (seen.headers.authorization === 'Bearer t0k3n-1' ? { status: 401 } : inBody(seen, refusal)),
    })
    expect(report.state).toBe('passed')
    expect(asked(tokens)).toEqual(['header read write', 'body read write', 'body read write', 'body admin'])
    const credentials = 'client_id=me&client_secret=s3cr3t-of+client'
    expect(tokens[1]!.body).toBe(`${credentials}&grant_type=client_credentials&scope=read+write`)
    expect(shown).not.toMatch(/t0k3n|s3cr3t/)
  })

  test.each([503, 400])(
    'a client whose header is answered by %d for another reason is not sent in the body',
    async status => {
      const refusal = { status, body: { error: 'invalid_grant' } }
      const { report, tokens } = await run({ ...setting, answer: seen => inBody(seen, refusal) })
      expect([report.state, ...asked(tokens)]).toEqual(['failed', 'header read write'])
    },
  )

  test('an aborted run lets go of a token that does not come', async () => {
    const abort = new AbortController()
    const { path, server } = await files({ ...setting, answer: () => ({ delay: 'never' }) })
    setTimeout(() => abort.abort(), 50)
    const report = await runWorkflow(path, {
      servers: server.origin,
      security: { api: setting.given },
      signal: abort.signal,
    })
    expect(report).toMatchObject({ state: 'failed', because: 'the run was aborted' })
  })

  test('under load the time that it waited for the token is told', async () => {
    const { path, server } = await files({ ...setting, answer: () => ({ delay: 'never' }) })
    const { user, sent, close } = await loadUser(path, { servers: server.origin, security: { api: setting.given } })
    onTestFinished(close)
    const began = performance.now()
    const ended = new Promise<void>(resolve => user.start({}, () => resolve()))
    await expect.poll(() => server.seen.length).toBe(1)
    user.abort()
    await ended
    expect(user.state).toBe('aborted')
    expect(sent).toHaveLength(1)
    expect(sent[0]).toBeGreaterThanOrEqual(began)
    expect(sent[0]).toBeLessThan(performance.now())
  })

  test('under load an API that refuses all tokens does not flood the server of tokens', async () => {
    const { path, server } = await files({
      ...setting,
      answer: seen => (seen.method === 'POST' ? issue({ expires_in: 0 }) : { status: 401 }),
    })
    const load = await loadUser(path, { servers: server.origin, security: { api: setting.given } })
    const states = await load.iterate(50)
    await load.close()
    expect(new Set(states)).toEqual(new Set(['failed']))
    expect(server.seen.filter(({ method }) => method === 'POST').length).toBeLessThan(10)
  })

  test('under load one token serves all iterations', async () => {
    const { path, server } = await files({ ...setting, answer: seen => inBody(seen, { status: 401 }) })
    const load = await loadUser(path, { servers: server.origin, security: { api: setting.given } })
    expect(await load.iterate(3)).toEqual(['passed', 'passed', 'passed'])
    await load.close()
    expect(server.seen.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET', 'GET', 'GET'])
    expect(load.sent).toHaveLength(3)
  })
})

test('a followed redirect to another origin takes no credentials along', async () => {
  const other = await serve(() => ({}))
  const [a, c] = [apiKey('header', 'X-A'), apiKey('cookie', 'sid')]
  const { first } = await run({
    schemes: { a, b: http('bearer'), c },
    security: [{ a: [], b: [], c: [] }],
    given: { a: 'aaa', b: 'bbb', c: 'ccc' },
    answer: () => ({ status: 302, headers: { location: other.origin } }),
    options: { followRedirects: true },
  })
  expect(first.headers).toMatchObject({ 'x-a': 'aaa', authorization: 'Bearer bbb', cookie: 'sid=ccc' })
  for (const name of ['x-a', 'authorization', 'cookie']) expect(other.seen[0]!.headers).not.toHaveProperty(name)
})

describe('mutualTLS', () => {
  const pem = (name: string) => fileURLToPath(new URL(`../../http/tls/${name}.pem`, import.meta.url))
  const setting = { schemes: { m: { type: 'mutualTLS' } }, security: [{ m: [] }] }

  async function secured(given: Setting['given']) {
    const cert = readFileSync(pem('cert'))
    const server = createServer(
      { cert, key: readFileSync(pem('key')), ca: cert, requestCert: true, rejectUnauthorized: true },
      (_, response) => response.end('in'),
    )
    server.on('tlsClientError', () => {})
    const origin = await listen(server, 'https')
    const { path } = await files({ ...setting, given })
    return runWorkflow(path, { servers: origin, security: { api: given } })
  }

  test('the client shows its certificate', async () => {
    const m = { cert: { file: pem('cert') }, key: { file: pem('key') }, ca: { file: pem('cert') } }
    const report = await secured({ m })
    expect(report.because).toBeUndefined()
    expect(report.steps[0]!.exchange!.response!.body).toBe('in')
  })

  test.each(['pkcs8', 'sec1'] as const)('an encrypted key (%s) is refused with how to decrypt it', async type => {
    const plain = createPrivateKey(readFileSync(pem('key')))
    const key = plain.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open-it' }) as string
    expect(await messageOf(secured({ m: { cert: { file: pem('cert') }, key } }))).toBe(
      'Failed to use security scheme "m" of source "api": its key is encrypted. Decrypt it: openssl pkey -in key.pem ' +
        '-out plain.pem.',
    )
  })

  test('without one it is refused', async () => {
    expect((await secured({})).steps[0]).toMatchObject({ state: 'unanswered', cause: 'protocol' })
  })
})
