import { type Case, main, ok } from '../case.ts'
import type { Said } from '../server.ts'

const gone: Said = { raw: '', end: true }

/** The first step's connection is kept, and ends under the second before anything has come. */
const kept = (name: string, operation: string, said: Said[], rest: Partial<Case>): Case => ({
  name: `a kept connection ends under ${name}`,
  workflows: main([
    `stepId: a, operationId: a, ${ok}`,
    `stepId: b, ${operation}, ${ok}`,
    `stepId: c, operationId: c, ${ok}`,
  ]),
  script: { '/a': [{}], '/b': said, '/make': said, '/items/1': said, '/c': [{}] },
  state: 'passed',
  ...rest,
})

const item = 'parameters: [{ name: id, in: path, value: 1 }]'
const payload = 'requestBody: { contentType: application/json, payload: { a: 1 } }'

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

const endless = (name: string, first: string, again: string, because: RegExp): Case => ({
  name: `${name} without end`,
  workflows: main(`stepId: a, operationId: a, ${ok}`),
  script: { '/a': [{ raw: first + again.repeat(Math.ceil(200_000 / again.length)) }] },
  state: 'failed',
  because,
})

export const connections: Case[] = [
  kept('GET', 'operationId: b', [gone, {}], { state: 'failed', because: /closed/ }),
  kept('PUT', `operationId: put, ${item}, ${payload}`, [gone, {}], { state: 'failed', because: /closed/ }),
  kept('DELETE', `operationId: drop, ${item}`, [gone, {}], { state: 'failed', because: /closed/ }),
  kept('POST', `operationId: make, ${payload}`, [gone, {}], { state: 'failed', because: /closed/ }),
  kept('PATCH', `operationId: patch, ${item}, ${payload}`, [gone, {}], { state: 'failed', because: /closed/ }),
  kept('GET, within its response', 'operationId: b', [{ raw: 'HTTP/1.1 200', end: true }, {}], {
    state: 'failed',
    because: /closed/,
  }),
  endless('empty lines before a status line', '', '\r\n', /its status line does not end/),
  endless('a reason', 'HTTP/1.1 200 ', 'O', /its status line does not end/),
  endless('interim responses', '', 'HTTP/1.1 103 E\r\n\r\n', /its interim responses do not end/),
  endless('a header', 'HTTP/1.1 200 OK\r\nx: ', 'y', /its header is too large/),
  endless('a chunk extension', `${chunked}1;a=`, 'b', /its chunk extensions are too large/),
  endless('chunk extensions', `${chunked}1`, ';a=b', /its chunk extensions are too large/),
  endless('trailers', `${chunked}0\r\n`, 'x: y\r\n', /its trailer is too large/),
]
