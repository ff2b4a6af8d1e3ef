import { type Case, main, ok, reading } from '../case.ts'
import type { Said, Script, Seen } from '../server.ts'

const token = 'tok-4711-abcdefghij'
const html = (value: string) =>
  `<!doctype html><form><br><input type=hidden name="csrfmiddlewaretoken" value="${value}">`
const field = { context: '$response.body', 'x-extract': { regex: 'name="csrfmiddlewaretoken" value="([^"]+)"' } }

const cookie = (
  name: string,
  lines: string[],
  value: string | undefined,
  expression = '$response.cookie.sid',
): Case => ({
  name: `a cookie: ${name}`,
  // It is shown by what is sent: in reports it is a secret.
  workflows: main([
    `stepId: a, operationId: a, outputs: { v: ${expression} }`,
    'stepId: b, operationId: b, parameters: [{ name: x, in: query, value: $steps.a.outputs.v }]',
  ]),
  script: said(
    { '/a': [{ headers: lines.map(line => ['Set-Cookie', line]), json: {} }] },
    new Map([[`/b${value === undefined ? '' : `?x=${encodeURIComponent(value)}`}`, { json: {} }]]),
  ),
  state: 'passed',
})

/** Only requests with the whole address find a response. */
function said(first: Record<string, Said[]>, others: ReadonlyMap<string, Said>): Script {
  return ({ line }: Seen) => {
    const address = line.split(' ')[1]!
    return first[address]?.[0] ?? others.get(address) ?? { status: 404 }
  }
}

const text = (name: string, output: unknown, answer: Said, expected: unknown): Case => ({
  name: `x-extract: ${name}`,
  workflows: reading({ v: output, there: '$statusCode' }),
  script: { '/a': [answer] },
  state: 'passed',
  outputs: { there: 200, ...(expected !== undefined && { v: expected }) },
})

const link = (...values: string[]): Said => ({ headers: values.map(value => ['Link', value]), json: {} })
const next = { context: '$response.header.link', 'x-extract': { regex: '[?&]page=(\\d+)[^<>]*>; *rel="next"' } }

export const cookiesAndText: Case[] = [
  cookie('as it is set', ['sid=abc-1; Path=/; HttpOnly'], 'abc-1'),
  cookie('one of several, the last of its name', ['a=1', 'sid=first', 'b=2', 'sid=second; Path=/x'], 'second'),
  cookie('percent-encoded, as Laravel has it', ['sid=eyJpdiI6%3D%3D; Path=/'], 'eyJpdiI6=='),
  cookie('percent signs that encode nothing', ['sid=100%'], '100%'),
  cookie('in quotes', ['sid="a b"'], 'a b'),
  cookie('with = in its value', ['sid=a=b=='], 'a=b=='),
  cookie('of another case', ['SID=abc'], undefined),
  cookie('that is not set', ['other=abc'], undefined),
  cookie('that is removed', ['sid=; Max-Age=0', 'other=abc'], undefined),
  cookie('that has ended', ['sid=old; Expires=Thu, 01 Jan 1970 00:00:00 GMT'], undefined),
  cookie('set and removed', ['sid=abc', 'sid=gone; Max-Age=0'], undefined),
  cookie('removed and set', ['sid=gone; Max-Age=0', 'sid=abc'], 'abc'),
  cookie('without any', [], undefined),
  {
    name: 'a cookie in criteria, before and after it is there',
    workflows: main([
      "stepId: a, operationId: a, successCriteria: [{ condition: $response.cookie.sid == 'abc' && $response.cookie.none == null }]",
      `stepId: b, operationId: b, successCriteria: [{ context: $response.cookie.sid, type: regex, condition: '^x' }]`,
    ]),
    script: { '/a': [{ headers: [['Set-Cookie', 'sid=abc']] }], '/b': [{ headers: [['Set-Cookie', 'theme=dark']] }] },
    state: 'failed',
    because: /step "b" failed: \^x is not met/,
  },
  {
    name: 'a cookie that is missing where a path needs it',
    workflows: main([
      'stepId: a, operationId: a, outputs: { v: $response.cookie.sid }',
      'stepId: b, operationId: item, parameters: [{ name: id, in: path, value: $steps.a.outputs.v }]',
    ]),
    script: { '/a': [{ headers: [['Set-Cookie', 'other=1']] }] },
    state: 'failed',
    because: /step "b" failed/,
  },
  {
    name: 'Django: the token of the cookie in a header, that of the page in a form',
    workflows: main([
      `stepId: page, operationId: a, ${ok}, outputs: ${JSON.stringify({ cookie: '$response.cookie.csrftoken', field })}`,
      'stepId: form, operationId: make, requestBody: { contentType: application/x-www-form-urlencoded, ' +
        "payload: { csrfmiddlewaretoken: $steps.page.outputs.field, name: x } }, successCriteria: [{ condition: '$statusCode == 201' }]",
      'stepId: json, operationId: renew, parameters: [{ name: X-CSRFToken, in: header, value: $steps.page.outputs.cookie }], ' +
        "successCriteria: [{ condition: '$statusCode == 201' }]",
    ]),
    script: ({ line, headers, body }) => {
      if (line.startsWith('GET /a'))
        return { headers: [['Set-Cookie', `csrftoken=${token}; SameSite=Lax`]], body: html('masked-815') }
      const isSame = headers.includes(`cookie: csrftoken=${token}`)
      const isMeant = headers.includes(`x-csrftoken: ${token}`) || body.includes('csrfmiddlewaretoken=masked-815')
      return { status: isSame && isMeant ? 201 : 403 }
    },
    state: 'passed',
  },
  {
    name: 'GitHub: pages by Link headers, until there is no next one',
    workflows: main(
      [
        'stepId: list, operationId: a, parameters: [{ name: x, in: query, value: $steps.list.outputs.next }], ' +
          `${ok}, outputs: ${JSON.stringify({ next, id: '$response.body#/id' })}, onSuccess: ` +
          '[{ name: more, type: goto, stepId: list, criteria: [{ condition: $steps.list.outputs.next != null }] }]',
      ],
      { id: '$steps.list.outputs.id' },
    ),
    script: ({ line }) => {
      const page = Number(/x=(\d+)/.exec(line)?.[1] ?? 1)
      const rel = (n: number, name: string) => `<http://127.0.0.1/a?per_page=2&page=${n}&x=y>; rel="${name}"`
      const links = [...(page > 1 ? [rel(page - 1, 'prev')] : []), ...(page < 4 ? [rel(page + 1, 'next')] : [])]
      return { headers: [['Link', links.join(', ')]], json: { id: page } }
    },
    state: 'passed',
    outputs: { id: 4 },
  },
  text('a header', next, link('<http://a/x?page=2>; rel="next", <http://a/x?page=9>; rel="last"'), '2'),
  text('a header of several lines', next, link('</style>; rel=preload', '<http://a/x?page=2>; rel="next"'), '2'),
  text('a header that is not there', next, { json: {} }, undefined),
  text('a header in which nothing matches', next, link('<http://a/x?page=1>; rel="prev"'), undefined),
  text('a page', field, { headers: [['Content-Type', 'text/html']], body: html('v-1') }, 'v-1'),
  text('a page that has no such field', field, { headers: [['Content-Type', 'text/html']], body: '<p>' }, undefined),
  text('a body that is empty', field, { status: 200 }, undefined),
  text(
    'a member of a JSON body, decoded as of an address',
    { context: '$response.body#/next', 'x-extract': { regex: 'cursor=([^&]+)', decode: 'url' } },
    { json: { next: 'http://a/items/?cursor=cD0yMDI0%3D%3D&size=2' } },
    'cD0yMDI0==',
  ),
  text(
    'a member that is null, as on the last page',
    { context: '$response.body#/next', 'x-extract': { regex: '(.*)' } },
    { json: { next: null } },
    undefined,
  ),
  text(
    'a JSON body as text',
    { context: '$response.body', 'x-extract': { regex: '"id":(\\d+)' } },
    { json: { a: { id: 12 } } },
    '12',
  ),
  text(
    'what a JSONPath selects',
    {
      context: '$response.body',
      type: 'jsonpath',
      selector: '$.links[?@.rel == "next"].href',
      'x-extract': { regex: '(\\d+)$' },
    },
    {
      json: {
        links: [
          { rel: 'prev', href: '/1' },
          { rel: 'next', href: '/3' },
        ],
        more: 'x'.repeat(70_000),
      },
    },
    '3',
  ),
  text(
    'what an XPath selects',
    { context: '$response.body', type: 'xpath', selector: '//a/@href', 'x-extract': { regex: 'page=(\\d+)' } },
    { headers: [['Content-Type', 'text/html']], body: '<html><a href="/x?page=5"/></html>' },
    '5',
  ),
  text('an empty group', { context: '$response.header.link', 'x-extract': { regex: 'a(b*)' } }, link('xa'), ''),
  text(
    'a group without a part',
    { context: '$response.header.link', 'x-extract': { regex: 'a(b)?' } },
    link('a'),
    undefined,
  ),
  text(
    'a cookie',
    { context: '$response.cookie.sid', 'x-extract': { regex: '(..)$' } },
    { headers: [['Set-Cookie', 'sid=abcd']] },
    'cd',
  ),
  {
    name: 'x-extract: a text that is too long fails its step',
    workflows: reading({ v: field }),
    script: { '/a': [{ headers: [['Content-Type', 'text/html']], body: 'x'.repeat((1 << 20) + 1) + html('v') }] },
    state: 'failed',
    because: /Failed to evaluate "v": expected a text of at most/,
  },
  {
    name: 'x-extract: a pattern of JavaScript takes no longer for a hostile text',
    workflows: reading({ v: { context: '$response.body', 'x-extract': { regex: '(a+a+)+b' } } }),
    script: { '/a': [{ headers: [['Content-Type', 'text/plain']], body: 'a'.repeat(100_000) }] },
    state: 'passed',
  },
]
