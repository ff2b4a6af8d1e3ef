import { Random } from './random.ts'

/** What a server says on a connection after one request, byte by byte (latin1), and how it goes on. */
export interface Answer {
  seed: number
  method: 'GET' | 'HEAD' | 'POST'
  bytes: string
  /** Where the bytes are cut into pieces, each sent in a turn of its own. */
  cuts: number[]
  after: 'keep' | 'close' | 'reset'
  /** Valid, and the connection may go on after it. */
  isWhole: boolean
  /** How it was made: `chunked, truncated`. */
  how: string
}

const CRLF = '\r\n'
const names = ['x-a', 'X-Trace-Id', 'content-type', 'ETag', 'set-cookie', 'Vary', 'x_under', 'X.dot', "x!#$%&'*+-^`|~"]
const values = [
  '',
  'a',
  'text/plain; charset=utf-8',
  '"quoted, comma"',
  'a  b',
  'sid=1; Path=/',
  'caf\xe9 \xff',
  'a:b:c',
  '\ttabbed',
]
const reasons = ['OK', '', 'Not Found', 'A Reason: with colon', 'caf\xe9']
const statuses = [200, 200, 200, 201, 203, 299, 301, 400, 404, 418, 429, 500, 503, 599]

/** One answer, valid or broken, as the seed decides. */
export function answerOf(seed: number): Answer {
  const random = new Random(seed)
  const method = random.of(['GET', 'GET', 'GET', 'GET', 'HEAD', 'POST'] as const)
  const base = valid(random, method)
  let broken = random.chance(0.55) ? breakIt(random, base) : base
  while (broken !== base && random.chance(0.1)) broken = breakIt(random, broken)
  return {
    seed,
    method,
    ...broken,
    isWhole: broken === base && base.after === 'keep',
    cuts: cutsOf(random, broken.bytes),
  }
}

type Made = Pick<Answer, 'bytes' | 'after' | 'how'>

function valid(random: Random, method: string): Made {
  const interim = random.chance(0.1) ? interims(random) : ''
  const version = random.chance(0.08) ? '1.0' : '1.1'
  const framing = random.of(['length', 'length', 'chunked', 'chunked', 'close', 'none'] as const)
  const status = framing === 'none' ? random.of([204, 304]) : random.of(statuses)
  const body = bodyOf(random)
  const headers = Array.from(
    { length: random.below(5) },
    () =>
      `${random.of(names)}:${random.of([' ', '', '  ', '\t'])}${random.of(values)}${random.of(['', '', ' ', '\t '])}`,
  )
  let payload = ''
  let after: Made['after'] = 'keep'
  if (framing === 'length') {
    headers.push(`${random.of(['Content-Length', 'content-length', 'CONTENT-LENGTH'])}: ${body.length}`)
    payload = body
  } else if (framing === 'chunked') {
    headers.push(
      `${random.of(['Transfer-Encoding', 'transfer-encoding'])}: ${random.of(['chunked', 'Chunked', 'chunked '])}`,
    )
    payload = chunked(random, body)
  } else if (framing === 'close') {
    payload = body
    after = 'close'
  } else if (random.chance(0.3) && status === 304) headers.push(`content-length: ${body.length}`)
  if (random.chance(0.12)) {
    headers.push(`Connection: ${random.of(['close', 'keep-alive', 'Close', 'foo, close'])}`)
    if (random.chance(0.5)) after = 'close'
  }
  if (version === '1.0' && !headers.some(header => header.startsWith('Connection'))) after = 'close'
  shuffle(random, headers)
  const reason = random.of(reasons)
  const line = `HTTP/${version} ${status}${reason === '' && random.chance(0.5) ? '' : ` ${reason}`}`
  const bytes = interim + [line, ...headers].join(CRLF) + CRLF + CRLF + (method === 'HEAD' ? '' : payload)
  return {
    bytes,
    after: method === 'HEAD' && after === 'keep' ? 'keep' : after,
    how: `${interim ? 'interim, ' : ''}${framing}`,
  }
}

function interims(random: Random): string {
  return Array.from({ length: 1 + random.below(2) }, () =>
    random.of([
      `HTTP/1.1 100 Continue${CRLF}${CRLF}`,
      `HTTP/1.1 103 Early Hints${CRLF}link: </a.css>${CRLF}${CRLF}`,
      `HTTP/1.1 102 Processing${CRLF}${CRLF}`,
    ]),
  ).join('')
}

function bodyOf(random: Random): string {
  const length = random.of([0, 1, 2, 15, 16, 17, 60, 255, 256, 1000])
  const alphabet = random.of(['abc', '{"a":1}', '\r\n0', '\x00\xff\x80', 'HTTP/1.1 200 OK\r\n'])
  return Array.from({ length }, () => alphabet[random.below(alphabet.length)]).join('')
}

function chunked(random: Random, body: string): string {
  let out = ''
  for (let at = 0; at < body.length; ) {
    const size = Math.min(body.length - at, 1 + random.below(40))
    out += `${sizeOf(random, size)}${CRLF}${body.slice(at, at + size)}${CRLF}`
    at += size
  }
  const trailers = random.chance(0.2) ? random.of([`x-trailer: 1${CRLF}`, `a: b${CRLF}c: d${CRLF}`]) : ''
  return `${out}${sizeOf(random, 0)}${CRLF}${trailers}${CRLF}`
}

function sizeOf(random: Random, size: number): string {
  const hex = random.of([size.toString(16), size.toString(16).toUpperCase(), `000${size.toString(16)}`])
  return hex + (random.chance(0.15) ? random.of([';a', ';a=b', ';a="b c"', ';a=b;c=d']) : '')
}

/* ---- what goes wrong ---- */

type Break = (random: Random, made: Made) => Made

const within = (text: string, at: number, gone: number, put: string) => text.slice(0, at) + put + text.slice(at + gone)
const headEnd = (bytes: string) => Math.max(bytes.indexOf(`${CRLF}${CRLF}`), 0)

function header(line: string, how = line): Break {
  return (_, made) => {
    const at = made.bytes.indexOf(CRLF)
    return { ...made, bytes: within(made.bytes, at + 2, 0, line + CRLF), how: `${made.how} + ${JSON.stringify(how)}` }
  }
}

function replaced(from: RegExp, to: string): Break {
  return (_, made) => ({
    ...made,
    bytes: made.bytes.replace(from, to),
    how: `${made.how}, ${from} -> ${JSON.stringify(to)}`,
  })
}

const junk = '\r\n\0 \t:;,0aZ-"\x7f\x80\xff/'

const breaks: Break[] = [
  (random, made) => ({
    ...made,
    bytes: made.bytes.slice(0, random.below(made.bytes.length + 1)),
    after: random.of(['close', 'close', 'reset']),
    how: `${made.how}, truncated`,
  }),
  (random, made) => ({
    ...made,
    bytes: made.bytes.slice(0, random.below(made.bytes.length + 1)),
    after: 'close',
    how: `${made.how}, truncated`,
  }),
  (random, made) => {
    const at = random.below(headEnd(made.bytes) + 4)
    return {
      ...made,
      bytes: within(made.bytes, at, 1, junk[random.below(junk.length)]!),
      how: `${made.how}, byte ${at} replaced`,
    }
  },
  (random, made) => {
    const at = random.below(headEnd(made.bytes) + 4)
    return {
      ...made,
      bytes: within(made.bytes, at, 0, junk[random.below(junk.length)]!),
      how: `${made.how}, byte put in at ${at}`,
    }
  },
  (random, made) => {
    const at = random.below(made.bytes.length)
    return { ...made, bytes: within(made.bytes, at, 1, ''), after: 'close', how: `${made.how}, byte ${at} left out` }
  },
  (random, made) => {
    const at = headEnd(made.bytes) + random.below(Math.max(1, made.bytes.length - headEnd(made.bytes)))
    return {
      ...made,
      bytes: within(made.bytes, at, 1, junk[random.below(junk.length)]!),
      after: 'close',
      how: `${made.how}, byte ${at} replaced`,
    }
  },
  header('Content-Length: 3'),
  header('Content-Length: 3, 3'),
  header('Content-Length: +3'),
  header('Content-Length: -1'),
  header('Content-Length: 0x3'),
  header('Content-Length: 3 3'),
  header('Content-Length:'),
  header('Content-Length: 99999999999999999999999'),
  header('Transfer-Encoding: chunked'),
  header('Transfer-Encoding: gzip'),
  header('Transfer-Encoding: identity'),
  header('Transfer-Encoding: xchunked'),
  header('Transfer-Encoding: chunked, gzip'),
  header('Transfer-Encoding: gzip, chunked'),
  header('x: a\0b', 'NUL in a value'),
  header('x\0y: a', 'NUL in a name'),
  header('x y: a', 'space in a name'),
  header('x : a', 'space before the colon'),
  header('no colon at all'),
  header(': no name'),
  header(' folded', 'fold of the status line'),
  header(`x: a${CRLF} folded`, 'folded value'),
  header(`x: a\rb`, 'bare CR in a value'),
  header(`x: a\nb: c`, 'bare LF between lines'),
  header(`x: ${'y'.repeat(17_000)}`, 'a header of 17 KB'),
  header('caf\xe9: a', 'latin1 in a name'),
  replaced(/\r\n/, '\n'),
  replaced(/\r\n\r\n/, '\n\n'),
  replaced(/\r\n\r\n/, '\r\n\n'),
  replaced(/^HTTP/, 'http'),
  replaced(/^HTTP\/1\.[01]/, 'HTTP/2.0'),
  replaced(/^HTTP\/1\.[01]/, 'HTTP/1.2'),
  replaced(/^HTTP\/1\.[01]/, 'ICY'),
  replaced(/^(HTTP\/1\.[01]) (\d)\d\d/, '$1 $20'),
  replaced(/^(HTTP\/1\.[01]) (\d\d\d)/, '$1 $20'),
  replaced(/^(HTTP\/1\.[01]) /, '$1  '),
  replaced(/^(HTTP\/1\.[01]) \d\d\d/, '$1 101'),
  replaced(/^(HTTP\/1\.[01]) \d\d\d/, '$1 099'),
  replaced(/^(HTTP\/1\.[01]) \d\d\d/, '$1 999'),
  replaced(/^/, '\r\n'),
  replaced(/^/, ' '),
  (_, made) => ({
    ...made,
    bytes: `${made.bytes}HTTP/1.1 200 OK${CRLF}content-length: 0${CRLF}${CRLF}`,
    how: `${made.how}, a second answer`,
  }),
  (_, made) => ({ ...made, bytes: `${made.bytes}x`, how: `${made.how}, a byte too many` }),
]

const chunkBreaks: Break[] = [
  replaced(/\r\n\r\n[0-9a-fA-F]+/, '\r\n\r\n'),
  replaced(/\r\n\r\n[0-9a-fA-F]+/, '\r\n\r\n-1'),
  replaced(/\r\n\r\n[0-9a-fA-F]+/, '\r\n\r\n0x1'),
  replaced(/\r\n\r\n[0-9a-fA-F]+/, '\r\n\r\nffffffffffffffffff'),
  replaced(/\r\n\r\n([0-9a-fA-F]+)/, '\r\n\r\n $1'),
  replaced(/\r\n\r\n([0-9a-fA-F]+)/, '\r\n\r\n$1 '),
  replaced(/\r\n\r\n([0-9a-fA-F]+)\r\n/, '\r\n\r\n$1\n'),
  replaced(/\r\n\r\n([0-9a-fA-F]+)\r\n/, '\r\n\r\n$1;a\nb\r\n'),
  replaced(/0(;[^\r]*)?\r\n\r\n$/, '0\r\n'),
  replaced(/0(;[^\r]*)?\r\n\r\n$/, '0\r\nbad trailer\r\n\r\n'),
  replaced(/0(;[^\r]*)?\r\n\r\n$/, '0\n\n'),
]

function breakIt(random: Random, made: Made): Made {
  const kinds = made.how.includes('chunked') && random.chance(0.4) ? chunkBreaks : breaks
  const out = random.of(kinds)(random, made)
  // What waits for more than comes would wait for a time-out: most servers end the connection instead.
  return out.after === 'keep' && !random.chance(0.02) ? { ...out, after: 'close' } : out
}

function cutsOf(random: Random, bytes: string): number[] {
  const count = random.of([0, 0, 0, 1, 1, 2, 4])
  const cuts = Array.from({ length: count }, () => random.below(bytes.length + 1))
  return [...new Set(cuts)].filter(cut => cut > 0 && cut < bytes.length).sort((a, b) => a - b)
}

function shuffle<T>(random: Random, items: T[]): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
}
