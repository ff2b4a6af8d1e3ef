import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readArazzo } from '../../src/document/read.ts'
import { django } from '../builders/django.ts'
import { openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { askCli } from './cli.ts'

const built = await builtPlugin()

type Pair = [name: string, value: string]
const named = (pairs: readonly Pair[]) => pairs.map(([name, value]) => ({ name, value }))

/** A browser with cookies, some of them from before, whose requests are recorded. */
class Browser {
  readonly entries: object[] = []
  readonly cookies = new Map<string, string>()

  async send(method: string, url: string, type?: string, text?: string, more: Pair[] = []): Promise<string> {
    const cookie = [...this.cookies].map(pair => pair.join('=')).join('; ')
    const headers: Pair[] = [...(cookie === '' ? [] : [['cookie', cookie] as Pair]), ...more]
    if (type) headers.push(['content-type', type])
    const startedDateTime = new Date(this.entries.length * 1_000).toISOString()
    const response = await fetch(url, { method, headers, body: text, redirect: 'manual' })
    const received: Pair[] = []
    response.headers.forEach((value, name) => {
      received.push([name, value])
    })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';')[0]!.split('=', 2)
      this.cookies.set(name, value)
    }
    const page = await response.text()
    const content = { mimeType: response.headers.get('content-type') ?? '', text: page }
    const postData = text === undefined ? {} : { postData: { mimeType: type, text } }
    const request = { method, url, headers: named(headers), ...postData }
    this.entries.push({
      startedDateTime,
      request,
      response: { status: response.status, headers: named(received), content },
    })
    return page
  }
}

const FORM = 'application/x-www-form-urlencoded'

test('a recording of Django keeps the page that sets the token, takes it anew, and has no cookies of before', async () => {
  const { origin } = await serve(django())
  const browser = new Browser()
  browser.cookies.set('sessionid', 'an-old-session-of-before').set('csrftoken', 'an-old-token-of-before-1')
  // A page that gives nothing which is used.
  await browser.send('GET', `${origin}/about/`)
  const page = await browser.send('GET', `${origin}/login/`)
  const field = /value="([^"]+)"/.exec(page)![1]!
  const credentials = { csrfmiddlewaretoken: field, username: 'ada', password: 'lovelace-1815' }
  await browser.send('POST', `${origin}/login/`, FORM, `${new URLSearchParams(credentials)}`)
  const token = browser.cookies.get('csrftoken')!
  await browser.send('POST', `${origin}/api/items/`, 'application/json', '{"name":"tea"}', [['X-CSRFToken', token]])
  await browser.send('GET', `${origin}/api/items/`)
  const har = JSON.stringify({ log: { version: '1.2', entries: browser.entries.slice(1) } })
  const folder = project({ 'shop.har': har, 'package.json': '{ "type": "module" }' })
  const said = await askCli(built, ['import', 'shop.har'], folder)
  expect(said.stderr).toBe('')
  expect(said.stdout).toContain('4 steps')
  const document = readFileSync(join(folder, 'shop.arazzo.yaml'), 'utf8')
  expect(document).toContain('csrfmiddlewaretoken: $steps.get-login.outputs.csrfmiddlewaretoken')
  expect(document).toContain('$response.cookie.csrftoken')
  expect(document).not.toMatch(/name: cookie|of-before|lovelace|\bada\b/i)
  for (const secret of [field, token, browser.cookies.get('sessionid')!])
    for (const name of readdirSync(folder).filter(name => name !== 'shop.har'))
      expect(readFileSync(join(folder, name), 'utf8')).not.toContain(secret)
  const { problems } = await readArazzo(join(folder, 'shop.arazzo.yaml'))
  expect(problems).toEqual([])

  const fresh = await serve(django())
  const inputs = ['--input', 'username=ada', '--input', 'password=lovelace-1815', '--server', fresh.origin]
  const run = await askCli(built, ['run', 'shop.arazzo.yaml', ...inputs], folder)
  expect(run.code, run.stdout + run.stderr).toBe(0)
  expect(fresh.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /login/',
    'POST /login/',
    'POST /api/items/',
    'GET /api/items/',
  ])
})

test('a token whose page was not recorded is a secret input', async () => {
  const request = {
    method: 'POST',
    url: 'http://127.0.0.1:3000/form/',
    headers: [{ name: 'Cookie', value: 'csrftoken=cookie-token-of-before' }],
    postData: { mimeType: FORM, text: 'csrfmiddlewaretoken=field-token-of-before&name=x' },
  }
  const entry = { request, response: { status: 200, headers: [], content: { mimeType: 'text/html', text: '' } } }
  const folder = project({ 'form.har': JSON.stringify({ log: { entries: [entry] } }) })
  const { code, stdout } = await askCli(built, ['import', 'form.har', '--output', 'out'], folder)
  expect(code).toBe(0)
  expect(stdout).toContain('FORM_CSRFMIDDLEWARETOKEN')
  expect(readFileSync(join(folder, 'out/form.arazzo.yaml'), 'utf8')).not.toContain('of-before')
})

const json = (schema: object) => ({
  responses: { 200: { description: 'ok', content: { 'application/json': { schema } } } },
})
const item = { type: 'object', properties: { id: { type: 'integer' }, name: { type: 'string' } } }
const id = { name: 'id', in: 'path', required: true, schema: { type: 'integer' } }

test('init knows paths that end with a slash, and reads the first event of a stream', async () => {
  const folder = project({
    'api.json': openapi({
      listItems: ['get', '/api/items/', json({ type: 'array', items: item })],
      getItem: ['get', '/api/items/{id}/', { parameters: [id], ...json(item) }],
      watch: [
        'get',
        '/api/events/',
        { responses: { 200: { description: 'ok', content: { 'text/event-stream': {} } } } },
      ],
    }),
    'package.json': '{ "type": "module" }',
  })
  const said = await askCli(built, ['init', 'api.json'], folder)
  expect(said).toMatchObject({ code: 0, stderr: '' })
  const file = join(folder, readdirSync(folder).find(name => name.endsWith('.arazzo.yaml'))!)
  const { document, problems } = await readArazzo(file)
  expect(problems).toEqual([])
  expect(document!.workflows.map(({ steps }) => steps.map(({ stepId }) => stepId))).toEqual(
    expect.arrayContaining([['listItems', 'getItem'], ['watch']]),
  )
  expect(document!.workflows.flatMap(({ steps }) => steps).find(({ events }) => events)).toMatchObject({
    stepId: 'watch',
    events: { most: 1 },
  })
  const { origin } = await serve(({ url, method }) => {
    if (!url.endsWith('/')) return { status: 500 }
    if (url === '/api/events/') return { headers: { 'content-type': 'text/event-stream' }, body: 'data: 1\n\n' }
    if (url === '/api/items/') return { body: [{ id: 7, name: 'tea' }] }
    return url === '/api/items/7/' || url === '/api/orders/9/' || method === 'POST'
      ? { body: { id: 9 } }
      : { status: 404 }
  })
  for (const { workflowId } of document!.workflows) {
    const run = await askCli(built, ['run', `${file}#${workflowId}`, '--server', origin], folder)
    expect(run.code, run.stdout + run.stderr).toBe(0)
  }
})
