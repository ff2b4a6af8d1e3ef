import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { type Case, main, ok, reading } from '../case.ts'
import type { Said } from '../server.ts'

/** A response of these lines and this body, whose length is said. */
const raw = (lines: string[], body: string | Buffer = '', status = '200 OK'): Said => {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body, 'latin1')
  const head = [`HTTP/1.1 ${status}`, ...lines, `Content-Length: ${bytes.length}`, '', ''].join('\r\n')
  return { raw: Buffer.concat([Buffer.from(head, 'latin1'), bytes]) }
}

const json = 'Content-Type: application/json'

/** Responses whose one header is looked at in every way in which a document can. */
const oneHeader = (name: string, lines: string[], v: string | undefined): Case => ({
  name,
  workflows: main(
    [
      'stepId: a, operationId: a, outputs: { v: $response.header.X-V, low: $response.header.x-v }',
      'stepId: b, operationId: b, parameters: [{ name: x, in: query, value: "[{$steps.a.outputs.v}]" }]',
    ],
    { v: '$steps.a.outputs.v', low: '$steps.a.outputs.low' },
  ),
  script: { '/a': [raw([...lines, json], '{}')] },
  state: 'passed',
  outputs: v === undefined ? {} : { v, low: v },
})

export const headers: Case[] = [
  oneHeader('a value', ['X-V: abc'], 'abc'),
  oneHeader('blanks behind the value', ['X-V: abc  '], 'abc'),
  oneHeader('a tab behind the value', ['X-V: abc\t'], 'abc'),
  oneHeader('blanks and tabs on both sides', ['X-V: \t abc \t '], 'abc'),
  oneHeader('no blank before the value', ['X-V:abc'], 'abc'),
  oneHeader('blanks within the value', ['X-V: a  b'], 'a  b'),
  oneHeader('an empty value', ['X-V:'], ''),
  oneHeader('a value of blanks only', ['X-V:    '], ''),
  oneHeader('a name in upper case', ['X-V: abc'.toUpperCase()], 'ABC'),
  oneHeader('a name in lower case', ['x-v: abc'], 'abc'),
  oneHeader('a tab in the value', ['X-V: a\tb'], 'a\tb'),
  oneHeader('tabs and a blank behind the value', ['X-V: abc\t\t '], 'abc'),
  oneHeader('twice: the first', ['X-V: one', 'X-V: two'], 'one'),
  oneHeader('twice, in other cases', ['x-v: one', 'X-V: two'], 'one'),
  oneHeader('twice, the first is empty', ['X-V:', 'X-V: two'], ''),
  oneHeader('Latin-1', ['X-V: caf\xe9'], 'caf\xe9'),
  oneHeader('UTF-8, read as Latin-1', ['X-V: caf\xc3\xa9'], 'caf\xc3\xa9'),
  oneHeader('none', [], undefined),
  oneHeader('many others', [...Array.from({ length: 90 }, (_, n) => `X-${n}: ${n}`), 'X-V: abc'], 'abc'),
  oneHeader('a long value', [`X-V: ${'v'.repeat(8_000)}`], 'v'.repeat(8_000)),
  oneHeader('a number stays text', ['X-V: 007'], '007'),
  ...(
    [
      ['too long in all', [`X-V: ${'v'.repeat(17_000)}`]],
      ['a folded line', ['X-V: one', ' two']],
      ['a folded line, by a tab', ['X-V: one', '\ttwo']],
      ['a blank before the colon', ['X-V : abc']],
      ['a line without a colon', ['X-V']],
      ['a NUL in the value', ['X-V: a\0b']],
    ] as [string, string[]][]
  ).map(([name, lines]): Case => ({ ...oneHeader(name, lines, undefined), state: 'failed', because: /127\.0\.0\.1/ })),
  {
    name: 'blanks behind a value that a criterion compares',
    workflows: main('stepId: a, operationId: a, successCriteria: [{ condition: $response.header.x-v == "abc" }]'),
    script: { '/a': [raw(['X-V: abc \t'])] },
    state: 'passed',
  },
  {
    name: 'blanks behind a value that a regular expression looks at',
    workflows: main(
      'stepId: a, operationId: a, successCriteria: [{ context: $response.header.x-v, type: regex, condition: ^abc$ }]',
    ),
    script: { '/a': [raw(['X-V: abc '])] },
    state: 'passed',
  },
  {
    name: 'blanks behind a Content-Type and a Content-Encoding',
    workflows: reading({ v: '$response.body#/v' }),
    script: {
      '/a': [
        raw(['Content-Type: application/json ; charset=utf-8 \t', 'Content-Encoding: gzip '], gzipSync('{"v":1}')),
      ],
    },
    state: 'passed',
    outputs: { v: 1 },
  },
  {
    name: 'a tab behind a Content-Length',
    workflows: reading({ v: '$response.body#/v' }),
    script: {
      '/a': [{ raw: 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\t\r\n\r\n{"v":1}' }],
    },
    state: 'passed',
    outputs: { v: 1 },
  },
  {
    name: 'a tab behind a Transfer-Encoding',
    workflows: reading({ v: '$response.body#/v' }),
    script: {
      '/a': [
        {
          raw: 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked \t\r\n\r\n7\r\n{"v":1}\r\n0\r\n\r\n',
        },
      ],
    },
    state: 'passed',
    outputs: { v: 1 },
  },
  {
    name: 'blanks behind a Retry-After',
    workflows: main([`stepId: a, operationId: a, ${ok}, onFailure: [{ name: again, type: retry, retryAfter: 3600 }]`]),
    script: { '/a': [raw(['Retry-After: 0  '], '', '503 No'), {}] },
    state: 'passed',
  },
  {
    name: 'blanks behind a Location',
    workflows: reading({ q: '$response.header.location' }, 'stepId: a, operationId: a'),
    script: { '/a': [raw(['Location: /b?x=1 '], '', '302 Found')] },
    state: 'passed',
    outputs: { q: '/b?x=1' },
  },
]

const status = (name: string, said: Said[], rest: Partial<Case> = {}): Case => ({
  name,
  workflows: main(
    [
      'stepId: a, operationId: a, outputs: { s: $statusCode, v: $response.body#/v }',
      `stepId: b, operationId: b, ${ok}`,
    ],
    { s: '$steps.a.outputs.s', v: '$steps.a.outputs.v' },
  ),
  script: { '/a': said },
  state: 'passed',
  ...rest,
})

const interim = (first: string) => ({ raw: `${first}HTTP/1.1 200 OK\r\n${json}\r\nContent-Length: 7\r\n\r\n{"v":1}` })

export const statuses: Case[] = [
  status('100 that nobody expects', [interim('HTTP/1.1 100 Continue\r\n\r\n')], { outputs: { s: 200, v: 1 } }),
  status('100 with headers', [interim('HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\n')], { outputs: { v: 1 } }),
  status('100 twice', [interim('HTTP/1.1 100 Continue\r\n\r\n'.repeat(2))], { outputs: { v: 1 } }),
  status('100 without a reason', [interim('HTTP/1.1 100\r\n\r\n')], { outputs: { v: 1 } }),
  status('102', [interim('HTTP/1.1 102 Processing\r\n\r\n')], { outputs: { v: 1 } }),
  status('103 with links', [interim('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nLink: </b.css>\r\n\r\n')], {
    outputs: { v: 1 },
  }),
  status('100, 102 and 103', [interim('HTTP/1.1 100 C\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\n\r\n')]),
  status('an interim response that names a length', [interim('HTTP/1.1 103 Early\r\nContent-Length: 5\r\n\r\n')]),
  status('199', [interim('HTTP/1.1 199 Odd\r\n\r\n')], { outputs: { v: 1 } }),
  {
    ...status('100 before the response to a POST', []),
    workflows: reading(
      { v: '$response.body#/v' },
      'stepId: a, operationId: make, requestBody: { contentType: application/json, payload: { a: 1 } }',
    ),
    script: { '/make': [interim('HTTP/1.1 100 Continue\r\n\r\n')] },
    outputs: { v: 1 },
  },
  status('101', [{ raw: 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n' }], { state: 'failed' }),
  status('only interim responses, and then the end', [{ raw: 'HTTP/1.1 103 Early\r\n\r\n', end: true }], {
    state: 'failed',
  }),
  status('201 without a reason', [{ raw: 'HTTP/1.1 201\r\nContent-Length: 0\r\n\r\n' }], { outputs: { s: 201 } }),
  status('a reason of Latin-1', [{ raw: 'HTTP/1.1 200 caf\xe9\r\nContent-Length: 0\r\n\r\n' }], {
    outputs: { s: 200 },
  }),
  status('204', [{ status: 204 }], { outputs: { s: 204 } }),
  status('204 with headers', [{ raw: 'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n' }], { outputs: { s: 204 } }),
  status('204 with a Content-Length of none', [{ raw: 'HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n' }], {
    outputs: { s: 204 },
  }),
  status('204 that names a length and has no body', [{ raw: 'HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n' }], {
    outputs: { s: 204 },
  }),
  status('204 of chunks', [{ raw: 'HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n' }], { outputs: { s: 204 } }),
  status('304 of chunks', [{ raw: 'HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n' }], { outputs: { s: 304 } }),
  status(
    '304 that names the length of the body it spares',
    [{ raw: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "a"\r\n\r\n' }],
    { outputs: { s: 304 } },
  ),
  status('304 with a Content-Type of JSON', [{ raw: `HTTP/1.1 304 Not Modified\r\n${json}\r\n\r\n` }], {
    outputs: { s: 304 },
  }),
  status('205', [{ raw: 'HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n' }], { outputs: { s: 205 } }),
  status('299', [raw([json], '{"v":2}', '299 Odd')], { outputs: { s: 299, v: 2 } }),
  status('300', [raw([json], '{"v":2}', '300 Many')], { outputs: { s: 300 } }),
  status('400', [raw([json], '{"v":2}', '400 Bad')], { state: 'failed', because: /the server responded with 400/ }),
  status('418', [raw([json], '{"v":2}', '418 Teapot')], { state: 'failed', because: /418/ }),
  status('500', [raw([json], '{"v":2}', '500 No')], { state: 'failed', because: /500/ }),
  status('599', [raw([json], '{"v":2}', '599 No')], { state: 'failed', because: /599/ }),
  status('999', [raw([json], '{"v":2}', '999 No')], { state: 'failed', because: /999/ }),
  status('099', [raw([json], '{"v":2}', '099 No')], { state: 'failed' }),
  status('no HTTP', [{ raw: 'hello\r\n\r\n', end: true }], { state: 'failed' }),
  status('nothing, and then the end', [{ raw: '', end: true }], { state: 'failed', because: /closed/ }),
  status('HTTP/1.0', [{ raw: `HTTP/1.0 200 OK\r\n${json}\r\n\r\n{"v":3}`, end: true }], { outputs: { v: 3 } }),
  status('HTTP/2.0', [{ raw: 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n', end: true }], { state: 'failed' }),
  {
    ...status('HEAD with a Content-Length', []),
    workflows: reading(
      { s: '$statusCode', l: '$response.header.content-length', v: '$response.body' },
      'stepId: a, operationId: head',
    ),
    script: { '/a': [{ json: { v: 1 } }] },
    outputs: { s: 200, l: '7' },
  },
  {
    ...status('HEAD of chunks', []),
    workflows: main(['stepId: a, operationId: head', 'stepId: b, operationId: b']),
    script: { '/a': [{ raw: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' }] },
  },
]

const body = (name: string, said: Said, outputs: Record<string, unknown>, rest: Partial<Case> = {}): Case => ({
  name,
  workflows: reading({ whole: '$response.body', v: '$response.body#/v' }),
  script: { '/a': [said] },
  state: 'passed',
  outputs,
  ...rest,
})

/** The same with a value only, which load reads straight from the bytes. */
const value = (name: string, said: Said, outputs: Record<string, unknown>, rest: Partial<Case> = {}): Case =>
  body(`${name}, a value of it`, said, outputs, { workflows: reading({ v: '$response.body#/v' }), ...rest })

const both = (...all: Parameters<typeof body>): Case[] => [body(...all), value(...all)]

const chunked = (chunks: string, ...lines: string[]): Said => ({
  raw: ['HTTP/1.1 200 OK', json, 'Transfer-Encoding: chunked', ...lines, '', chunks].join('\r\n'),
})

export const bodies: Case[] = [
  ...both('JSON', { json: { v: 'a' } }, { v: 'a' }),
  ...both('chunks', chunked('4\r\n{"v"\r\n3\r\n:1}\r\n0\r\n\r\n'), { v: 1 }),
  ...both('chunks with extensions and trailers', chunked('7;a=b\r\n{"v":1}\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n'), {
    v: 1,
  }),
  ...both('chunks of one byte', chunked(`${[...'{"v":1}'].map(c => `1\r\n${c}\r\n`).join('')}0\r\n\r\n`), { v: 1 }),
  {
    ...value('a header in the trailer is not one of the header', chunked('7\r\n{"v":1}\r\n0\r\nX-V: t\r\n\r\n'), {}),
    workflows: reading({ h: '$response.header.x-v', v: '$response.body#/v' }),
    outputs: { v: 1 },
  },
  ...both('until the connection ends', { raw: `HTTP/1.1 200 OK\r\n${json}\r\n\r\n{"v":1}`, end: true }, { v: 1 }),
  ...both('none, with a Content-Type of JSON', raw([json]), {}),
  ...both('blanks only, with a Content-Type of JSON', raw([json], '  '), {}, { state: 'failed' }),
  ...both('JSON behind a byte order mark', raw([json], '\xef\xbb\xbf{"v":1}'), { v: 1 }),
  ...both('JSON behind two of them', raw([json], '\xef\xbb\xbf\xef\xbb\xbf{"v":1}'), {}, { state: 'failed' }),
  ...both('JSON with blanks around it', raw([json], ' \r\n\t{"v":1}\r\n '), { v: 1 }),
  ...both('JSON that is not UTF-8', raw([json], '{"v":"caf\xe9"}'), {}, { state: 'failed' }),
  ...both(
    'JSON that is not UTF-8 in what is not read',
    raw([json], '{"v":1,"w":["caf\xe9"]}'),
    {},
    { state: 'failed' },
  ),
  ...both('JSON with U+FFFD', raw([json], '{"v":"caf\xef\xbf\xbd"}'), { v: 'caf\ufffd' }),
  ...both('JSON with a lone surrogate', raw([json], '{"v":"\\ud800"}'), { v: '\ud800' }),
  ...both('JSON with a surrogate in UTF-8', raw([json], '{"v":"\xed\xa0\x80"}'), {}, { state: 'failed' }),
  ...both('JSON in Latin-1, as it says', raw([`${json}; charset=iso-8859-1`], '{"v":"caf\xe9"}'), { v: 'caf\xe9' }),
  ...both('JSON in UTF-16, as it says', raw([`${json}; charset=utf-16le`], Buffer.from('{"v":"é"}', 'utf16le')), {
    v: 'é',
  }),
  ...both('JSON in an unknown charset', raw([`${json}; charset=klingon`], '{"v":1}'), {}, { state: 'failed' }),
  ...both('JSON with the charset in quotes', raw([`${json}; charset="UTF-8"`], '{"v":"\xc3\xa9"}'), { v: 'é' }),
  ...both('problem+json', raw(['Content-Type: application/problem+json'], '{"v":1}'), { v: 1 }),
  ...both('text/json', raw(['content-type: TEXT/JSON'], '{"v":1}'), { v: 1 }),
  ...both('JSON without a Content-Type', raw([], '{"v":1}'), { v: 1 }),
  ...both('text without a Content-Type', raw([], 'v'), {}, { state: 'failed' }),
  ...both('JSON as text', raw(['Content-Type: text/plain'], '{"v":1}'), {}, { state: 'failed' }),
  ...both('HTML as JSON', raw([json], '<html>'), {}, { state: 'failed' }),
  ...both('bytes', raw(['Content-Type: application/octet-stream'], '\x00\xff'), {}, { state: 'failed' }),
  ...both('two Content-Types: the first', raw([json, 'Content-Type: text/plain'], '{"v":1}'), { v: 1 }),
  ...both('gzip', raw([json, 'Content-Encoding: gzip'], gzipSync('{"v":1}')), { v: 1 }),
  ...both('x-gzip in capitals', raw([json, 'Content-Encoding: X-GZIP'], gzipSync('{"v":1}')), { v: 1 }),
  ...both('deflate', raw([json, 'Content-Encoding: deflate'], deflateSync('{"v":1}')), { v: 1 }),
  ...both('raw deflate', raw([json, 'Content-Encoding: deflate'], deflateRawSync('{"v":1}')), { v: 1 }),
  ...both('br', raw([json, 'Content-Encoding: br'], brotliCompressSync('{"v":1}')), { v: 1 }),
  ...both('gzip in gzip', raw([json, 'Content-Encoding: gzip, gzip'], gzipSync(gzipSync('{"v":1}'))), { v: 1 }),
  ...both('identity', raw([json, 'Content-Encoding: identity'], '{"v":1}'), { v: 1 }),
  ...both('identity in capitals', raw([json, 'Content-Encoding: Identity'], '{"v":1}'), { v: 1 }),
  ...both('an empty Content-Encoding', raw([json, 'Content-Encoding:'], '{"v":1}'), { v: 1 }),
  ...both(
    'gzip in two headers',
    raw([json, 'Content-Encoding: gzip', 'Content-Encoding: gzip'], gzipSync(gzipSync('{"v":1}'))),
    { v: 1 },
  ),
  ...both('gzip that is none', raw([json, 'Content-Encoding: gzip'], '{"v":1}'), {}, { state: 'failed' }),
  ...both('an unknown encoding', raw([json, 'Content-Encoding: rot13'], '{"i":1}'), {}, { state: 'failed' }),
  ...both('gzip of nothing', raw([json, 'Content-Encoding: gzip'], gzipSync('')), {}),
  ...both('a Content-Encoding without a body', raw([json, 'Content-Encoding: gzip'], ''), {}),
  ...both(
    'shorter than it says',
    { raw: `HTTP/1.1 200 OK\r\n${json}\r\nContent-Length: 9\r\n\r\n{"v":1}`, end: true },
    {},
    { state: 'failed', because: /closed/ },
  ),
  ...both(
    'chunks that end too early',
    { raw: `HTTP/1.1 200 OK\r\n${json}\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"v":1`, end: true },
    {},
    { state: 'failed', because: /closed/ },
  ),
  ...both(
    'chunks without the last',
    { raw: `HTTP/1.1 200 OK\r\n${json}\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"v":1}\r\n`, end: true },
    {},
    { state: 'failed', because: /closed/ },
  ),
  ...both('a chunk whose size is no number', chunked('z\r\n'), {}, { state: 'failed' }),
  ...both(
    'two lengths',
    { raw: `HTTP/1.1 200 OK\r\n${json}\r\nContent-Length: 7\r\nContent-Length: 8\r\n\r\n{"v":1}` },
    {},
    { state: 'failed' },
  ),
  ...both(
    'a length beside chunks',
    {
      raw: `HTTP/1.1 200 OK\r\n${json}\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"v":1}\r\n0\r\n\r\n`,
    },
    {},
    { state: 'failed' },
  ),
  ...both(
    'a length that is no number',
    { raw: `HTTP/1.1 200 OK\r\n${json}\r\nContent-Length: x\r\n\r\n{"v":1}` },
    {},
    { state: 'failed' },
  ),
  ...both(
    'a connection that closes',
    { raw: `HTTP/1.1 200 OK\r\n${json}\r\nConnection: close\r\nContent-Length: 7\r\n\r\n{"v":1}`, end: true },
    { v: 1 },
  ),
  {
    ...body('text of several lines', raw(['Content-Type: text/plain; charset=utf-8'], 'a\r\nb\n\xc3\xa9'), {}),
    workflows: reading({ whole: '$response.body' }),
    outputs: { whole: 'a\r\nb\né' },
  },
  {
    ...body(
      'XML in the charset that it declares',
      raw(['Content-Type: application/xml'], '<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>'),
      {},
    ),
    workflows: reading({ v: { context: '$response.body', selector: '/a', type: 'xpath' } }),
    outputs: {},
  },
]
