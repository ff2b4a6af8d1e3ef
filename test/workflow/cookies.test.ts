import { expect, test } from 'vitest'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Answer, type Seen, serve } from '../builders/server.ts'
import { loadUser } from '../builders/user.ts'

const cookie = { name: 'theme', in: 'cookie', schema: { type: 'string' } }
const api = openapi({
  login: ['post', '/login', { parameters: [cookie] }],
  cart: ['get', '/shop/cart', { parameters: [cookie] }],
  other: ['get', '/other', { parameters: [cookie] }],
})

/** Steps in the order of `steps`, each `operationId` and, if need be, more of the step. */
const flow = (...steps: [operation: string, more?: string][]) =>
  arazzo(`
  - workflowId: main
    steps:
${steps.map(([operation, more = ''], index) => `      - { stepId: s${index}, operationId: ${operation}${more} }`).join('\n')}
`)

async function run(answer: (seen: Seen) => Answer, document: string) {
  const server = await serve(answer)
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': document })
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml`, { servers: server.origin })
  return { report, sent: server.seen.map(({ headers }) => headers.cookie) }
}

const setting = (...values: string[]): Answer => ({ headers: { 'set-cookie': values } })

test('several cookies are kept and sent again, and one that is set anew or ended counts from then on', async () => {
  const answers = [
    setting('sid=1; Path=/; HttpOnly', 'lang=de; Path=/'),
    setting('sid=2; Path=/'),
    setting('lang=; Path=/; Max-Age=0'),
  ]
  const { sent } = await run(() => answers.shift() ?? {}, flow(['login'], ['cart'], ['cart'], ['cart']))
  expect(sent).toEqual([undefined, 'sid=1; lang=de', 'sid=2; lang=de', 'sid=2'])
})

test('a cookie goes where its path and domain say', async () => {
  const cookies = setting(
    'shop=1; Path=/shop',
    'all=1; Path=/',
    'stranger=1; Domain=example.com; Path=/',
    'here=1; Path=/other',
  )
  const { sent } = await run(({ url }) => (url === '/login' ? cookies : {}), flow(['login'], ['cart'], ['other']))
  expect(sent).toEqual([undefined, 'shop=1; all=1', 'here=1; all=1'])
})

test('a secure cookie goes to loopback without TLS', async () => {
  const { sent } = await run(() => setting('sid=1; Secure; SameSite=Strict; Path=/'), flow(['login'], ['cart']))
  expect(sent).toEqual([undefined, 'sid=1'])
})

test('cookie parameters join those of the jar, and win over one of their name', async () => {
  const theme = ', parameters: [{ name: theme, in: cookie, value: dark }]'
  const { sent } = await run(
    () => setting('theme=light; Path=/', 'sid=1; Path=/'),
    flow(['login', theme], ['cart', theme], ['cart']),
  )
  expect(sent).toEqual(['theme=dark', 'theme=dark; sid=1', 'theme=light; sid=1'])
})

test('the values of cookies stay out of reports, and expressions see them', async () => {
  const outputs = ', outputs: { sent: $request.header.Cookie, set: $response.header.Set-Cookie }'
  const { report } = await run(() => setting('sid=s3cr3t-value; Path=/'), flow(['login'], ['cart', outputs]))
  expect(report.steps[1]).toMatchObject({
    outputs: { sent: 'sid=s3cr3t-value', set: 'sid=s3cr3t-value; Path=/' },
    exchange: { request: { headers: { cookie: '***' } }, response: { headers: { 'set-cookie': '***' } } },
  })
})

test('every run is a new client, under load too', async () => {
  let count = 0
  const server = await serve(({ url }) => (url === '/login' ? setting(`sid=${++count}; Path=/`) : {}))
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': flow(['login'], ['cart']) })
  const load = await loadUser(`${folder}/flow.arazzo.yaml`, { servers: server.origin })
  await load.iterate(3)
  await load.close()
  expect(server.seen.map(({ headers }) => headers.cookie)).toEqual([
    undefined,
    'sid=1',
    undefined,
    'sid=2',
    undefined,
    'sid=3',
  ])
})
