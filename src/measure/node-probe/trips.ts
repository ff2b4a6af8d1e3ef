import { subscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { type Chunk, Greeting } from './greeting.ts'
import type { TripTable } from './trip-table.ts'

/*
 * Counts the round trips of this thread to other services: a write to an outgoing socket, and then data from it. All
 * data go through these methods of `net.Socket`, those of TLS included, before they are encrypted. A handshake of TLS
 * does not go through them.
 */

/** Connection to another service. */
interface Connection {
  destination: string
  /** Place of the destination in the table; undefined before its first round trip. */
  slot: number | undefined
  /** Round trips that have begun and have no response yet. */
  open: number
  /** When the first of them began. */
  since: number
  greeting: Greeting
}

interface Internals {
  [CONNECTION]?: Connection
  /** Socket below that of TLS. */
  _parent?: (Socket & Internals) | null
  _writeGeneric(writev: boolean, data: unknown, encoding: string, callback: unknown): unknown
}

type Outgoing = Socket & Internals

const CONNECTION = Symbol('connection')
const LOCAL = new Set(['localhost', '::1'])

/** Counts into a table from now on. */
export function countTrips(table: TripTable): void {
  const prototype = Socket.prototype as Outgoing
  const { connect, push, _writeGeneric: write } = prototype

  prototype.connect = function (this: Outgoing, ...args: unknown[]) {
    this[CONNECTION] = opened(destinationOf(args[0], args[1]), new Greeting())
    watchBuffer(this)
    return Reflect.apply(connect, this, args)
  } as typeof connect

  prototype._writeGeneric = function (this: Outgoing, writev, data, encoding, callback) {
    const connection = this[CONNECTION] ?? adopted(this)
    // A socket that is not connected yet calls this again.
    if (connection !== undefined && !this.connecting) begin(connection, data as Chunk)
    return write.call(this, writev, data, encoding, callback)
  }

  prototype.push = function (this: Outgoing, chunk: unknown, encoding?: BufferEncoding) {
    const connection = this[CONNECTION]
    if (connection !== undefined && connection.open > 0 && chunk !== null) end(connection)
    return push.call(this, chunk, encoding)
  }

  /** A socket with `onread` gives its data to a function of the application instead. */
  function watchBuffer(socket: Outgoing): void {
    const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'kBufferCb')
    const own = socket as unknown as Record<symbol, unknown>
    const take = key && own[key]
    if (typeof take !== 'function') return
    own[key!] = function (this: unknown, ...args: unknown[]) {
      const connection = socket[CONNECTION]!
      if (connection.open > 0) end(connection)
      return Reflect.apply(take, this, args)
    }
  }

  function begin(connection: Connection, data: Chunk): void {
    const trips = connection.greeting.tripsIn(data)
    if (trips === 0 || !table.isInRequest) return
    if (connection.open === 0) connection.since = performance.now()
    // Elsewhere, several requests may share the connection.
    connection.open = connection.greeting.isAlternating ? 1 : connection.open + trips
  }

  function end(connection: Connection): void {
    connection.slot ??= table.slotOf(connection.destination)
    table.add(connection.slot, connection.open, performance.now() - connection.since)
    connection.open = 0
  }

  followRequests(table)
}

const opened = (destination: string, greeting: Greeting): Connection => ({
  ...{ destination, greeting, slot: undefined },
  ...{ open: 0, since: 0 },
})

/** A socket of TLS on top of one that is known: from now on, data go through it. */
function adopted(socket: Outgoing): Connection | undefined {
  const below = socket._parent?.[CONNECTION]
  if (below !== undefined) socket[CONNECTION] = opened(below.destination, below.greeting)
  return socket[CONNECTION]
}

/** `127.0.0.1:5432`, or the path of a socket. Within Node.js, the first argument of `connect` is a list. */
function destinationOf(first: unknown, second: unknown): string {
  const options = Array.isArray(first) ? first[0] : first
  if (typeof options === 'number' || (typeof options === 'string' && /^\d+$/.test(options)))
    return addressOf(typeof second === 'string' ? second : undefined, `${options}`)
  if (typeof options === 'string') return options
  const { path, host, port } = (options ?? {}) as { path?: string; host?: string; port?: number | string }
  return typeof path === 'string' ? path : addressOf(host, `${port}`)
}

function addressOf(host: string | undefined, port: string): string {
  const name = host === undefined || host === '' || LOCAL.has(host) ? '127.0.0.1' : host
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`
}

/** Follows the requests that the application responds to, until they are finished or aborted. */
function followRequests(table: TripTable): void {
  const ended = () => table.endRequest()
  subscribe('http.server.request.start', message => {
    table.beginRequest()
    ;(message as { response: { on(event: 'close', listener: () => void): void } }).response.on('close', ended)
  })
}
