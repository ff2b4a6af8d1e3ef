import { expect, test } from 'vitest'
import { overEach } from './over-each.ts'
import { exchange, failed, rawTarget, request, transportWith } from './support.ts'

/*
 * What a server says without end, or wrongly: refused after as much as a header may take, in the same words by both
 * transports.
 */

const ok = 'HTTP/1.1 200 OK\r\n'
const chunked = `${ok}transfer-encoding: chunked\r\n\r\n`

/** What is said first, and then over and over. */
const endless: Record<string, [first: string, again: string, found: string]> = {
  'empty lines before a status line': ['', '\r\n', 'its status line does not end'],
  'line feeds before a status line': ['', '\n', 'its status line does not end'],
  'a reason': ['HTTP/1.1 200 O', 'K', 'its status line does not end'],
  'interim responses': ['', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'its interim responses do not end'],
  'interim responses with headers': ['', 'HTTP/1.1 103 E\r\nlink: </a>\r\n\r\n', 'its interim responses do not end'],
  'empty lines between interim responses': ['HTTP/1.1 102 P\r\n\r\n', '\r\n', 'its status line does not end'],
  'a header': [`${ok}x: `, 'y', 'its header is too large'],
  headers: [ok, 'x: y\r\n', 'its header is too large'],
  'headers without a value': [ok, 'x:\r\n', 'its header is too large'],
  'a chunk extension': [`${chunked}1;a=`, 'b', 'its chunk extensions are too large'],
  'a quoted chunk extension': [`${chunked}1;a="`, ' ', 'its chunk extensions are too large'],
  'chunk extensions': [`${chunked}1`, ';a=b', 'its chunk extensions are too large'],
  'zeros before the size of a chunk': [chunked, '0', 'a chunk is too large'],
  trailers: [`${chunked}0\r\n`, 'x: y\r\n', 'its trailer is too large'],
}

const wrong: Record<string, [bytes: string, found: string]> = {
  'a Content-Length twice': [`${ok}content-length: 2\r\ncontent-length: 2\r\n\r\nok`, 'it has two Content-Lengths'],
  'clashing lengths': [`${ok}content-length: 2\r\ncontent-length: 3\r\n\r\nokk`, 'it has two Content-Lengths'],
  'a list of lengths': [`${ok}content-length: 2, 2\r\n\r\nok`, 'its Content-Length is not a number'],
  'a length beside chunks': [
    `${ok}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    'it has both a Content-Length and a Transfer-Encoding',
  ],
  'chunked twice': [
    `${ok}transfer-encoding: chunked, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    'it is chunked, and then encoded once more',
  ],
  'chunked twice, in two headers': [
    `${ok}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    'it is chunked, and then encoded once more',
  ],
  'HTTP/2.0': ['HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\nok', 'it does not begin with "HTTP/1."'],
  'HTTP/1.2': ['HTTP/1.2 200 OK\r\ncontent-length: 2\r\n\r\nok', 'it is neither HTTP/1.0 nor HTTP/1.1'],
  'a preface of HTTP/2': ['\0\0\x12\x04\0\0\0\0\0', 'it does not begin with "HTTP/1."'],
}

/** A 204 has no body, whatever follows: that is nobody's, and the connection is not used again. */
const bodiless: Record<string, string> = {
  'a length and a body': 'HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nok',
  'a body': 'HTTP/1.1 204 No Content\r\n\r\nok',
  chunks: 'HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
}

const MOST = 1_000_000

async function expectRefusal(origin: string, found: string) {
  const message = `Failed to read a response from http://127.0.0.1:PORT: ${found}. Check that the URL's port speaks HTTP/1.1.`
  expect(await failed(transportWith(), request(origin))).toMatchObject({ cause: 'protocol', message })
}

overEach('over %s', () => {
  test.each(Object.keys(endless))('%s without end', async key => {
    const [first, again, found] = endless[key]!
    const piece = again.repeat(Math.ceil(10_000 / again.length))
    let said = 0
    const { origin } = await rawTarget(socket => {
      socket.write(first)
      const more = () => {
        if (socket.destroyed || said > MOST) return
        said += piece.length
        socket.write(piece, 'latin1', () => setImmediate(more))
      }
      more()
    })
    await expectRefusal(origin, found)
    expect(said).toBeLessThan(MOST)
  })

  test.each(Object.keys(wrong))('%s', async key => {
    const [bytes, found] = wrong[key]!
    for (const cut of [bytes.length, 1, 20]) {
      const { origin } = await rawTarget(socket => {
        socket.write(bytes.slice(0, cut), 'latin1')
        setTimeout(() => socket.end(bytes.slice(cut), 'latin1'), 10)
      })
      await expectRefusal(origin, found)
    }
  })

  test.each(Object.keys(bodiless))('a 204 with %s ends with its header', async key => {
    let count = 0
    const target = await rawTarget(socket =>
      socket.write(count++ === 0 ? bodiless[key]! : 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno'),
    )
    const transport = transportWith({ connections: 1 })
    expect(await exchange(transport, request(target.origin))).toMatchObject({ status: 204, body: '' })
    expect(await exchange(transport, request(target.origin))).toMatchObject({ status: 200, body: 'no' })
    expect(target.opened).toBe(2)
    expect(transport.counters).toMatchObject({ requests: 2, opened: 2, lost: 1, resent: 0 })
  })
})
