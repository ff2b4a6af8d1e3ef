import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lintSource } from '@secretlint/core'
import { creator as preset } from '@secretlint/secretlint-rule-preset-recommend'
import { expect, test } from 'vitest'
import { looksRandom } from '../../src/cli/import/shapes.ts'
import { isSecretField } from '../../src/cli/import/values.ts'
import { readArazzo } from '../../src/document/read.ts'
import { openapi, project } from '../builders/project.ts'
import { askCli } from '../cli/cli.ts'
import { Random } from '../http/differential/random.ts'
import { builtPlugin } from '../plugin/server/built.ts'

/* Issue 43, 8: what `import` writes has no secret in it, by its name or by its form. */

const built = await builtPlugin()

const BASE = 'http://127.0.0.1:3000'
const random = new Random(8)
const SIGNS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789']
const signs = (length: number, of: readonly string[] = SIGNS) => Array.from({ length }, () => random.of(of)).join('')
const hex = (length: number) => signs(length, [...'0123456789abcdef'])
const digits = (length: number) => signs(length, [...'0123456789'])
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = () => `${base64url({ alg: 'HS256' })}.${base64url({ sub: signs(6) })}.${signs(43)}`
const pem = (kind: string) =>
  `-----BEGIN ${kind}PRIVATE KEY-----\nMIIE${signs(60)}\n${signs(64)}\n-----END ${kind}PRIVATE KEY-----`
const uuid = () => [8, 4, 4, 4, 12].map(hex).join('-')

/** Secrets by their names, whose values may be words. */
const NAMED = [
  ...['password', 'password_confirmation', 'passwordConfirm', 'newPassword', 'password2', 'pwd', 'passwd', 'passcode'],
  ...['currentPassword', 'userPassword', 'db_password', 'repeat-password', 'passphrase', 'client_secret', 'secretKey'],
  ...['mfaCode', 'mfa_code', 'otp', 'otpCode', 'totpCode', 'verificationCode', 'smsCode', 'backup_code', 'authCode'],
  ...[
    'code_verifier',
    'assertion',
    'client_assertion',
    'SAMLResponse',
    'refresh_token',
    'idToken',
    'apiKey',
    'api_key',
  ],
  ...['accessKey', 'privateKey', 'subscription-key', 'encryptionKey', 'recoveryPhrase', 'securityAnswer', 'JSESSIONID'],
  ...[
    'cardNumber',
    'cvv',
    'pin',
    'signature',
    'X-Amz-Credential',
    'credentials',
    'twoFactorCode',
    'authorization_code',
  ],
]
const HEADERS = [
  ...['Ocp-Apim-Subscription-Key', 'DPoP', 'X-Functions-Key', 'X-RapidAPI-Key', 'X-Goog-Api-Key', 'X-Auth-Token'],
  ...['X-Api-Secret', 'X-Hub-Signature', 'Api-Key', 'X-Access-Key', 'X-Amz-Security-Token', 'Authorization'],
]

/** Secrets by their forms, under names that say nothing. */
const FORMED: [kind: string, value: string][] = [
  ['JWT', jwt()],
  ['JWE', `${base64url({ alg: 'dir' })}..${signs(16)}.${signs(40)}.${signs(22)}`],
  ['AWS key id', `AKIA${signs(16, [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'])}`],
  ['AWS secret', signs(40, [...SIGNS, '/', '+'])],
  ['GitHub', `ghp_${signs(36)}`],
  ['GitHub fine', `github_pat_${signs(82)}`],
  ['GitLab', `glpat-${signs(20)}`],
  ['Slack', `xoxb-${digits(11)}-${digits(12)}-${signs(24)}`],
  ['npm', `npm_${signs(36)}`],
  ['Stripe', `sk_live_${signs(24)}`],
  ['Google', `AIzaSy${signs(33)}`],
  ['SendGrid', `SG.${signs(22)}.${signs(43)}`],
  ['Anthropic', `sk-ant-api03-${signs(93)}AA`],
  ['OpenAI', `sk-proj-${signs(58)}T3BlbkFJ${signs(58)}`],
  ['PEM', pem('RSA ')],
  ['PEM of OpenSSH', pem('OPENSSH ')],
  ['PEM of PKCS 8', pem('')],
  ['hexadecimal', hex(32)],
  ['hash', hex(64)],
  ['base62', signs(24)],
  ['base32', signs(32, [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'])],
  ['lower', `${signs(12, [...'abcdefghijklmnopqrstuvwxyz0123456789'])}7q${hex(8)}`],
  ['base64', Buffer.from(signs(48)).toString('base64')],
  ['a UUID', uuid()],
]

interface Secret {
  what: string
  value: string
  entry: object
}

const request = (method: string, path: string, more: object = {}) => ({
  request: { method, url: `${BASE}${path}`, headers: [], ...more },
  response: { status: 200, headers: [], content: { mimeType: 'application/json', text: '{}' } },
})
const send = (mimeType: string, text: string) => request('POST', '/v1/things', { postData: { mimeType, text } })
const json = (value: unknown) => send('application/json', JSON.stringify(value))
const query = (name: string, value: string) => request('GET', `/v1/things?${new URLSearchParams([[name, value]])}`)
const header = (name: string, value: string) => request('GET', '/v1/things', { headers: [{ name, value }] })
const graphql = (name: string, value: string) =>
  json({ query: `mutation { signIn(email: "ann@shop.example", ${name}: ${JSON.stringify(value)}) { id } }` })

/** In which places a secret is written, in turns. */
const byName: ((name: string, value: string) => object)[] = [
  (name, value) => json({ [name]: value }),
  query,
  (name, value) => send('application/x-www-form-urlencoded', `${new URLSearchParams([[name, value]])}`),
  graphql,
  (name, value) => json({ deep: [{ er: { [name]: value } }] }),
  (name, value) => send('application/xml', `<a><n:${name} b="c">${value}</n:${name}></a>`),
  (name, value) => json({ text: JSON.stringify({ [name]: value }) }),
  (name, value) => send('text/plain', `a=b&${name}=${value}`),
]
const byForm: ((value: string) => object)[] = [
  value => json({ note: value }),
  value => query('q', value),
  value => request('GET', `/v1/open/${encodeURIComponent(value)}`),
  value => json({ list: ['a', { note: `take ${value} and go` }] }),
  value => request('GET', `/v1/open;v=${encodeURIComponent(value)}/things`),
  value => header('X-Note', value.replaceAll('\n', ' ')),
  value => send('text/plain', `note ${value}`),
  value => request('GET', `/${encodeURIComponent(value)}`),
]

const secrets: Secret[] = [
  ...NAMED.map((name, i) => {
    const value = /pin|cvv/.test(name) ? digits(6) : `hunter-${signs(4)}`
    return { what: name, value, entry: byName[i % byName.length]!(name, value) }
  }),
  ...HEADERS.map(name => {
    const value = `hunter-${signs(5)}`
    return { what: name, value, entry: header(name, value) }
  }),
  ...FORMED.flatMap(([what, value], i) =>
    // A UUID in a path is an id.
    (what === 'a UUID' ? [1 - i, 3 - i] : [0, 3]).map(more => ({
      what: `${what} in place ${(i + more) % byForm.length}`,
      value: value.split('\n')[1] ?? value,
      entry: byForm[(i + more) % byForm.length]!(value),
    })),
  ),
  ...(
    [
      ['?key=', (value: string) => query('key', value)],
      ['code', (value: string) => json({ code: value }), digits(6)],
      ['Bearer as a value', (value: string) => json({ sent: `Bearer ${value}` })],
      [
        'Basic as a value',
        (value: string) => json({ sent: `Basic ${value}` }),
        Buffer.from('ann:x12').toString('base64'),
      ],
      ['a URL with a password', (value: string) => json({ hook: `https://ann:${value}@shop.example/x` })],
      ['a URL with a short password', (value: string) => json({ hook: `https://ann:${value}@shop.example/x` }), 'zq9'],
      ['a database', (value: string) => json({ at: `postgres://ann:${value}@db.example:5432/x` })],
      ['a short one in GraphQL', (value: string) => graphql('password', value), 'zq8x'],
      ['a phrase in GraphQL', (value: string) => graphql('password', value), 'open sesame now'],
      ['with quotes in GraphQL', (value: string) => graphql('password', `a"${value}`)],
      ['a variable of GraphQL', (value: string) => json({ query: '{ a }', variables: { input: { password: value } } })],
      ['a matrix parameter', (value: string) => request('GET', `/v1/open;jsessionid=${value}`)],
      ['behind reset', (value: string) => request('GET', `/v1/reset/${value}`), `x-${digits(6)}-y`],
      ['a name of a query', (value: string) => request('GET', `/v1/open?${value}`), jwt()],
      ['a name of a member', (value: string) => json({ [value]: 1 }), jwt()],
      ['a name in a form', (value: string) => send('application/x-www-form-urlencoded', value), jwt()],
      ['an expression', (value: string) => json({ note: `{$x} password=${value}` })],
      ['credentials of an object', (value: string) => json({ credentials: { login: 'ann', value } })],
      ['a name and its value', (value: string) => json([{ name: 'password', value }])],
      ['an element with a name', (value: string) => send('text/xml', `<p name="password">${value}</p>`)],
      ['a URL within a query', (value: string) => query('next', `https://a.example/?token=${value}`)],
      [
        'a URL within a URL',
        (value: string) =>
          query('next', `https://a.example/?u=${encodeURIComponent(`https://b.example/?pwd=${value}`)}`),
      ],
      ['a card', (value: string) => json({ card: { number: value } }), '4111 1111 1111 1111'],
      ['an SSH key', (value: string) => json({ k: value }), 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAA'],
      ['YAML', (value: string) => send('application/yaml', `user: ann\npassword: ${value}\n`)],
      ['lines of JSON', (value: string) => send('application/x-ndjson', `{"a":1}\n{"password":"${value}"}`)],
      ['a query of GraphQL', (value: string) => query('query', `{ signIn(password: "${value}") { id } }`)],
      ['CDATA', (value: string) => send('application/xml', `<a><password><![CDATA[${value}]]></password></a>`)],
    ] as [string, (value: string) => object, string?][]
  ).map(([what, entryOf, value = `hunter-${signs(6)}`]) => ({ what, value, entry: entryOf(value) })),
]

async function imported(entries: readonly object[], ...flags: string[]) {
  const folder = project({ 'shop.har': JSON.stringify({ log: { entries } }) })
  const said = await askCli(built, ['import', 'shop.har', '--output', 'out', ...flags], folder)
  const out = join(folder, 'out')
  const names = said.code === 0 ? readdirSync(out) : []
  const files = Object.fromEntries(names.map(name => [name, readFileSync(join(out, name), 'utf8')]))
  return { ...said, out, files, text: Object.values(files).join('\n') }
}

test('of a hundred secrets none is in a written file, as scanners see them too', async () => {
  expect(secrets.length).toBeGreaterThan(100)
  const { code, stderr, stdout, out, files, text } = await imported(secrets.map(({ entry }) => entry))
  expect(code, stderr).toBe(0)
  expect(secrets.filter(({ value }) => text.includes(value)).map(({ what, value }) => [what, value])).toEqual([])
  const { problems } = await readArazzo(join(out, 'shop.arazzo.yaml'))
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  for (const [filePath, content] of Object.entries(files)) {
    const rules = [{ id: preset.meta.id, rule: preset, options: {} }]
    const source = { content, filePath, ext: '.yaml', contentType: 'text' } as const
    expect((await lintSource({ source, options: { config: { rules } } })).messages, filePath).toEqual([])
  }
  expect(stdout).toMatch(/^Became inputs, to be set in the environment: SHOP_PASSWORD, .* and \d+ more\.$/m)
  expect(stdout).not.toMatch(/secrets are in no file/)
  expect(stdout).toContain('Left out, as secrets: 3 names of parameters and members.')
})

test('of requests that the description does not know no secret is shown', async () => {
  const api = project({ 'api.json': openapi({ known: ['get', '/known'] }) })
  const inPaths = secrets.filter(({ value, entry }) => {
    const { url } = (entry as { request: { url: string } }).request
    return decodeURIComponent(new URL(url).pathname).includes(value)
  })
  expect(inPaths.length).toBeGreaterThan(10)
  for (let from = 0; from < inPaths.length; from += 20) {
    const some = inPaths.slice(from, from + 20)
    const flags = ['--openapi', join(api, 'api.json')]
    const { code, stderr, stdout } = await imported(
      [request('GET', '/known'), ...some.map(({ entry }) => entry)],
      ...flags,
    )
    expect(code, stderr).toBe(0)
    expect(stdout.split('***').length).toBeGreaterThan(some.length)
    expect(some.filter(({ value }) => stdout.includes(value))).toEqual([])
  }
})

const gitleaks = (folder: string) =>
  spawnSync('gitleaks', ['detect', '--no-git', '--source', folder, '--exit-code', '3'], { encoding: 'utf8' })
const withoutGitleaks = spawnSync('gitleaks', ['version']).error && 'gitleaks is not installed'

test.skipIf(withoutGitleaks)(
  `gitleaks finds secrets in the recording, and none in what is written${withoutGitleaks ? `: ${withoutGitleaks}` : ''}`,
  async () => {
    const entries = secrets.map(({ entry }) => entry)
    const { out } = await imported(entries)
    const written = gitleaks(out)
    expect(written.status, written.stderr).toBe(0)
    expect(gitleaks(project({ 'shop.har': JSON.stringify({ log: { entries } }) })).status).toBe(3)
  },
)

test('the scanner of the package finds them in the recording', async () => {
  const content = secrets.map(({ entry }) => JSON.stringify(entry)).join('\n')
  const rules = [{ id: preset.meta.id, rule: preset, options: {} }]
  const source = { content, filePath: 'shop.har', ext: '.har', contentType: 'text' } as const
  const { messages } = await lintSource({ source, options: { config: { rules } } })
  expect(messages.length).toBeGreaterThan(10)
})

test('what is no secret stays: words, dates, addresses and ids', async () => {
  const entries = [
    query('sort', 'createdAtDescending'),
    query('sortKey', 'createdAt'),
    query('code', 'DE'),
    query('fields', 'id,name,description,priceWithTax,availability'),
    query('from', '2026-11-27T13:00:00.000Z'),
    query('max_tokens', '200'),
    json({
      name: 'Wooden chair, dark',
      category: 'garden-furniture-outdoor',
      url: 'https://cdn.shop.example/images/chairs/a.png',
    }),
    json({
      passwordPolicy: 'strict',
      tokenType: 'opaque',
      mfaEnabled: 'yes',
      zipCode: '10115',
      version: 'v1.12.3-beta.4',
    }),
    json({ email: 'ann.someone@customers.example', phone: '+4915112345678', at: 1764000000000, key: 'size' }),
    header('Accept-Version', '2026-11-01'),
    header('X-Client', 'ShopApplication/12.4 (iPhone; iOS 18)'),
    json({ text: 'A sentence: with 12 words = some, and nothing that anybody would hide from others.' }),
  ]
  const { stdout, text, code } = await imported(entries)
  expect(code).toBe(0)
  expect(stdout).not.toMatch(/inputs|random/)
  expect(text).not.toContain('$inputs')
})

test('long random text becomes an input; --keep names exceptions, and what is kept is told', async () => {
  const [cursor, trace, id] = [signs(28), hex(32), uuid()]
  const entries = [query('cursor', cursor), query('traceRef', trace), request('GET', `/v1/orders/${id}`)]
  const plain = await imported(entries)
  expect(plain.stdout).toContain('Became inputs, to be set in the environment: SHOP_CURSOR, SHOP_TRACE_REF.')
  expect(plain.stdout).toContain(`Kept in the files, and looks random: ${id.slice(0, 12)}….`)
  expect(plain.text).not.toContain(cursor)
  const kept = await imported(entries, '--keep', 'cursor')
  expect(kept.stdout).toContain('Became inputs, to be set in the environment: SHOP_TRACE_REF.')
  expect(kept.stdout).toContain(`Kept in the files, and looks random: ${cursor.slice(0, 12)}…, ${id.slice(0, 12)}….`)
  expect(kept.text).toContain(cursor)
  const wrong = await imported(entries, '--keep', 'curser')
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toContain('Failed to keep "curser": no long random text that would be an input has this name.')
  expect(wrong.stderr).toContain('Did you mean --keep cursor?')
  // A secret by its name is no exception.
  const secret = await imported([json({ password: signs(30) })], '--keep', 'password')
  expect(secret.code).toBe(2)
})

test('names of a response that are values are in no file', async () => {
  const token = signs(32)
  const answer = JSON.stringify({ sessions: { [token]: { id: 'abcdef123' } } })
  const first = { ...request('GET', '/v1/sessions') }
  first.response = { ...first.response, content: { mimeType: 'application/json', text: answer } }
  const { text, code } = await imported([first, request('GET', '/v1/orders/abcdef123')])
  expect(code).toBe(0)
  expect(text).not.toContain(token)
})

test('random text is told from words', () => {
  const all = Array.from({ length: 2_000 }, () => signs(16 + random.below(40)))
  expect(all.filter(text => !looksRandom(text)).length / all.length).toBeLessThan(0.02)
  for (const text of ['createOrderWithItemsAndPrices', 'internationalization', 'a-long-name-of-some-thing-2026-11-27'])
    expect(looksRandom(text), text).toBe(false)
})

test('names of secrets in every spelling', () => {
  for (const name of [...NAMED, ...HEADERS]) {
    const snake = name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').replaceAll('-', '_')
    for (const one of [name, name.toLowerCase(), snake, snake.toUpperCase(), snake.replaceAll('_', '-')])
      if (one.toLowerCase() !== one || /[-_]/.test(one) || !/[A-Z]/.test(name))
        expect(isSecretField(one, 'x', true), one).toBe(true)
  }
})
