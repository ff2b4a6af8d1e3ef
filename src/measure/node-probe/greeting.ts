import { Buffer } from 'node:buffer'

/** Data of one write: text, bytes, or several of them at once. */
export type Chunk = string | Buffer | readonly { chunk: string | Buffer }[]

type Protocol = 'postgres' | 'mysql' | 'redis' | 'http' | 'other'

/** Protocol version 3, and the requests for TLS and GSSAPI, that a client of PostgreSQL begins with. */
const POSTGRES = new Set([0x0003_0000, 0x0003_0002, 80877103, 80877104])
/** Messages of PostgreSQL: with a password, and those that ask for a response. */
const [PASSWORD, QUERY, SYNC, FLUSH] = [0x70, 0x51, 0x53, 0x48]
/** Commands of Redis that prepare a connection. */
const PREPARING = /^\*\d+\r\n\$\d+\r\n(?:hello|auth|client|info|select|ping|readonly)\r/i
const COMMAND = 0x2a
const REDIS_PING = /^\*1\r\n\$4\r\nping\r\n$/i
const MYSQL_PING = 0x0e
const HTTP = /^[A-Z]+ (?:\/|https?:|\*|[\w.-]+:\d)/

/**
 * Tells how many round trips a write begins. The beginning of a connection does not count: a login to PostgreSQL,
 * MySQL or Redis, and a proxy's tunnel. It ends with the first write of another kind.
 */
export class Greeting {
  #protocol: Protocol | undefined
  #isOver = false

  /** Whether a request goes on until its response comes: what is written meanwhile is part of it. */
  get isAlternating(): boolean {
    return this.#protocol === 'http' || this.#protocol === 'mysql'
  }

  /** Round trips that a write begins. */
  tripsIn(data: Chunk): number {
    const chunks = typeof data === 'string' || Buffer.isBuffer(data) ? undefined : data
    // Node.js joins writes that it could not send at once.
    if (this.#isOver && this.#protocol === 'other') return chunks?.length ?? 1
    if (this.#isOver && this.#protocol === 'http') return 1
    const first = chunks === undefined ? (data as string | Buffer) : chunks[0]!.chunk
    this.#protocol ??= protocolOf(bytesOf(first))
    if (this.#protocol === 'redis') return sumOver(chunks, first, chunk => (this.#isCommand(chunk) ? 1 : 0))
    if (this.#isOwn(first)) return 0
    if (this.#protocol !== 'postgres') return this.isAlternating ? 1 : (chunks?.length ?? 1)
    const queries = sumOver(chunks, first, chunk => messagesIn(bytesOf(chunk), QUERY, SYNC))
    if (queries > 0) return queries
    return sumOver(chunks, first, chunk => messagesIn(bytesOf(chunk), FLUSH, FLUSH)) > 0 ? 1 : 0
  }

  /** Whether a write is part of the beginning, or asks whether the connection is alive. */
  #isOwn(chunk: string | Buffer): boolean {
    if (this.#protocol === 'mysql' && chunk.length === 5 && bytesOf(chunk)[4] === MYSQL_PING) return true
    if (this.#isOver) return false
    this.#isOver = !this.#greets(bytesOf(chunk))
    return !this.#isOver
  }

  #greets(bytes: Buffer): boolean {
    if (this.#protocol === 'postgres') return bytes[0] === 0 || bytes[0] === PASSWORD
    // Packets of a login are numbered; a command begins anew with 0.
    if (this.#protocol === 'mysql') return bytes[3] !== 0
    return bytes.toString('latin1', 0, 8) === 'CONNECT '
  }

  #isCommand(chunk: string | Buffer): boolean {
    if ((typeof chunk === 'string' ? chunk.charCodeAt(0) : chunk[0]) !== COMMAND) return false
    if (chunk.length === 14 && REDIS_PING.test(bytesOf(chunk).toString('latin1'))) return false
    this.#isOver ||= !PREPARING.test(bytesOf(chunk).toString('latin1', 0, 64))
    return this.#isOver
  }
}

function protocolOf(bytes: Buffer): Protocol {
  if (bytes.length >= 8 && bytes[0] === 0 && POSTGRES.has(bytes.readUInt32BE(4))) return 'postgres'
  // The server greets first, with packet 0. A length of 3 bytes comes before the number of the packet.
  if (bytes.length > 4 && bytes[3] === 1 && bytes.readUIntLE(0, 3) === bytes.length - 4) return 'mysql'
  if (bytes[0] === COMMAND) return 'redis'
  return HTTP.test(bytes.toString('latin1', 0, 300)) ? 'http' : 'other'
}

/** Number of PostgreSQL's messages of two types. A length comes after the type of each. */
function messagesIn(bytes: Buffer, one: number, other: number): number {
  let count = 0
  for (let at = 0; at + 5 <= bytes.length; at += 1 + Math.max(4, bytes.readUInt32BE(at + 1)))
    if (bytes[at] === one || bytes[at] === other) count++
  return count
}

function sumOver(
  chunks: Exclude<Chunk, string | Buffer> | undefined,
  first: string | Buffer,
  of: (chunk: string | Buffer) => number,
): number {
  if (chunks === undefined) return of(first)
  let sum = 0
  for (const { chunk } of chunks) sum += of(chunk)
  return sum
}

const bytesOf = (chunk: string | Buffer): Buffer => (typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)
