import type { Answer } from './answers.ts'
import type { Outcome } from './compare.ts'

export type Agreement =
  | 'same'
  /** Both refuse it; undici says "closed" of what was malformed, or the other way round. */
  | 'same class'
  /** Ours refuses what undici lets pass, and RFC 9112 lets a client refuse. */
  | 'stricter'
  /** Undici fails where RFC 9112 says what the answer is. */
  | 'righter'
  | 'different'

const broken = new Set(['protocol', 'reset'])

/** Whether two transports made the same of an answer. */
export function agreement(answer: Answer, undici: Outcome, wire: Outcome): Agreement {
  if (undici.kind === 'answer' && wire.kind === 'answer') {
    const same =
      undici.status === wire.status &&
      undici.body === wire.body &&
      undici.headers.join('\n') === wire.headers.join('\n')
    if (same) return 'same'
    return isSlip(answer) ? 'righter' : 'different'
  }
  if (undici.kind === 'failure' && wire.kind === 'failure') {
    if (undici.cause === wire.cause) return 'same'
    // Undici takes the body for one without an end, and waits for more of it.
    if (undici.cause === 'timeout' && isRefused(answer, wire)) return 'stricter'
    // Undici stumbles over it, ours read over it, and what comes after it is not complete.
    if (broken.has(undici.cause) && !broken.has(wire.cause) && hasUnexpected100(answer)) return 'righter'
    if (!broken.has(undici.cause) || !broken.has(wire.cause)) return 'different'
    // What only ended too early is told from what was malformed; undici does not where the connection was to close
    // anyway.
    return cutShort(answer) && wire.cause !== 'reset' ? 'different' : 'same class'
  }
  if (wire.kind === 'answer') return isSlip(answer) ? 'righter' : 'different'
  return isRefused(answer, wire) ? 'stricter' : 'different'
}

const isRefused = (answer: Answer, wire: Outcome) =>
  wire.kind === 'failure' && broken.has(wire.cause) && refusals.some(({ holds }) => holds(answer))

function isSlip(answer: Answer): boolean {
  return slips.some(({ holds }) => holds(answer))
}

function cutShort({ how }: Answer): boolean {
  return /^(interim, )?(length|chunked|close|none), truncated$/.test(how)
}

const head = ({ bytes }: Answer) => bytes.slice(0, (bytes.indexOf('\r\n\r\n') + 1 || bytes.length + 1) - 1)
const fields = (answer: Answer, name: string) =>
  finalHead(answer)
    .split('\r\n')
    .filter(line => new RegExp(`^${name}[ \\t]*:`, 'i').test(line))
    .map(line =>
      line
        .slice(line.indexOf(':') + 1)
        .trim()
        .toLowerCase(),
    )

/** The header of the answer that is not an interim one, without empty lines before it. */
function finalHead(answer: Answer): string {
  let rest = answer.bytes.replace(/^[\r\n]+/, '')
  while (/^(\r?\n)*HTTP\/1\.1 1\d\d/.test(rest) && rest.includes('\r\n\r\n'))
    rest = rest.slice(rest.indexOf('\r\n\r\n') + 4)
  return head({ ...answer, bytes: rest })
}

/** Where undici misses what ours reads, with the text that says what is right. */
const slips: { because: string; holds: (answer: Answer) => boolean }[] = [
  {
    because: 'RFC 9110, 8.6: a 304 may name the length of the body it spares',
    holds: answer => /^HTTP\/1\.[01] 304/.test(finalHead(answer)) && fields(answer, 'content-length').length > 0,
  },
  {
    because: 'RFC 9112, 6.3: answers of 204 and of 1xx end with their header, whatever length that names',
    holds: answer =>
      (/^HTTP\/1\.[01] 204/.test(finalHead(answer)) && fields(answer, 'content-length').length > 0) ||
      /^content-length *:/im.test(interimHeads(answer)),
  },
  {
    because: 'RFC 9110, 15.2.1: an answer of 100 that nobody expects is simply discarded',
    holds: answer => hasUnexpected100(answer),
  },
  {
    because: 'RFC 9110, 5.5: a tab behind a value does not belong to it',
    holds: answer => /^(transfer-encoding|content-length|connection) *:.*\t/im.test(finalHead(answer)),
  },
]

function hasUnexpected100(answer: Answer): boolean {
  return /^HTTP\/1\.[01] 100/m.test(interimHeads(answer))
}

function interimHeads(answer: Answer): string {
  return answer.bytes.slice(0, answer.bytes.indexOf(finalHead(answer)))
}

/** What ours may refuse although undici does not, with the text that says so. */
const refusals: { because: string; holds: (answer: Answer) => boolean }[] = [
  {
    because: 'RFC 9112, 6.3: Transfer-Encoding and Content-Length together ought to be handled as an error',
    holds: answer => fields(answer, 'transfer-encoding').length > 0 && fields(answer, 'content-length').length > 0,
  },
  {
    because: 'RFC 9112, 6.1: Transfer-Encoding in an interim answer',
    holds: answer => /^transfer-encoding *:/im.test(interimHeads(answer)),
  },
  {
    because: 'RFC 9112, 6.1: a coding other than chunked, which nobody asked for with TE',
    holds: answer =>
      fields(answer, 'transfer-encoding').join() !== 'chunked' && fields(answer, 'transfer-encoding').length > 0,
  },
  {
    because: 'RFC 9112, 6.1: Transfer-Encoding in an answer of 204, of 1xx or of HTTP/1.0',
    holds: answer =>
      fields(answer, 'transfer-encoding').length > 0 && /^HTTP\/1\.(0|1 (1\d\d|204))/.test(finalHead(answer)),
  },
  {
    because: 'RFC 9110, 15.2: HTTP/1.0 has no interim answers',
    holds: answer => /^HTTP\/1\.0 1\d\d/.test(finalHead(answer)),
  },
  {
    because: 'RFC 9112, 2.3: another version than 1.0 and 1.1',
    holds: answer => !/^HTTP\/1\.[01] /.test(finalHead(answer)),
  },
  {
    because: 'RFC 9110, 15: a status of 600 and above',
    holds: answer => /^HTTP\/1\.[01] [6-9]/.test(finalHead(answer)),
  },
  { because: 'RFC 9112, 2.2: only a server skips empty lines', holds: answer => answer.bytes.startsWith('\r\n') },
  { because: 'RFC 9112, 2.2: a CR without its LF', holds: answer => /\r(?!\n)/.test(head(answer)) },
  {
    because: 'RFC 9112, 4: control characters in a reason phrase',
    holds: answer => /HTTP\/1\.[01] \d{3} [^\r\n]*[\0-\x08\x0b-\x1f\x7f]/.test(answer.bytes),
  },
  { because: 'RFC 9293, 3.5.3: a reset is no orderly end', holds: answer => answer.after === 'reset' },
  {
    because: 'RFC 9112, 11.2: bytes after an answer that nobody asked for',
    holds: answer => /a second answer|a byte too many/.test(answer.how),
  },
]
