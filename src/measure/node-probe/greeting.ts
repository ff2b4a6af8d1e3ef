import { Buffer } from 'node:buffer'

/** Data of one write: text, bytes, or several of them at once. */
export type Chunk = string | Buffer | readonly { chunk: string | Buffer }[]

/** Protocol version 3, and the requests for TLS and GSSAPI, that a client of PostgreSQL begins with. */
const POSTGRES = new Set([0x0003_0000, 0x0003_0002, 80877103, 80877104])
/** Type of the messages with which it logs in. */
const PASSWORD = 0x70
/** Commands of Redis that prepare a connection. */
const PREPARING = /^\*\d+\r\n\$\d+\r\n(?:hello|auth|client|info|select|ping|readonly)\r/i
const COMMAND = 0x2a
const REDIS_PING = /^\*1\r\n\$4\r\nping\r\n$/i
const MYSQL_PING = 0x0e

/**
 * Tells the beginning of a connection from requests, by what the client writes: how it logs in to PostgreSQL, MySQL and
 * Redis, and how it asks a proxy for a tunnel. It ends with the first write of another kind.
 */
export class Greeting {
  #protocol: 'postgres' | 'mysql' | 'redis' | 'other' | undefined
  #isOver = false

  /** Whether several requests may wait on the connection at the same time, each for a response of its own. */
  get isShared(): boolean {
    return this.#protocol === 'redis'
  }

  /** Round trips that a write begins. */
  tripsIn(data: Chunk): number {
    if (this.#isOver && this.#protocol === 'other') return 1
    const chunks = typeof data === 'string' || Buffer.isBuffer(data) ? undefined : data
    const first = chunks === undefined ? (data as string | Buffer) : chunks[0]!.chunk
    this.#protocol ??= protocolOf(bytesOf(first))
    if (this.#protocol !== 'redis') return this.#isOwn(first) ? 0 : 1
    if (chunks === undefined) return this.#isCommand(first) ? 1 : 0
    let trips = 0
    for (const { chunk } of chunks) if (this.#isCommand(chunk)) trips++
    return trips
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

function protocolOf(bytes: Buffer): 'postgres' | 'mysql' | 'redis' | 'other' {
  if (bytes.length >= 8 && bytes[0] === 0 && POSTGRES.has(bytes.readUInt32BE(4))) return 'postgres'
  // The server greets first, with packet 0. A length of 3 bytes comes before the number of the packet.
  if (bytes.length > 4 && bytes[3] === 1 && bytes.readUIntLE(0, 3) === bytes.length - 4) return 'mysql'
  return bytes[0] === COMMAND ? 'redis' : 'other'
}

const bytesOf = (chunk: string | Buffer): Buffer => (typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)
