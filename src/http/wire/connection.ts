// Hot file. Allocated per request: what `socket.write` makes (its request object, in node:net), and two numbers for the
// clock readings. No promise, closure, timer, error or header object: the connection is its own entry in the timer
// wheel, and parser, header block, times and views of the body are used again.

import type { Socket } from 'node:net'
import { afterTurn, setImmediate } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { BodyReader } from '../body-store.ts'
import { readBuffer } from '../body-store.ts'
import {
  aborted,
  badResponse,
  brokenOff,
  greeted,
  notResent,
  reportFailure,
  reportResponse,
  type TransportError,
  tooLong,
  transportError,
} from '../causes.ts'
import { Exchange, now } from '../exchange.ts'
import type { PooledConnection } from '../origin-pool.ts'
import { isIdempotent, isIdleRace } from '../resend.ts'
import type { OutgoingRequest, ResponseListener } from '../transport.ts'
import { encodeRequest } from './encode.ts'
import { ResponseParser } from './parser.ts'
import type { WirePool } from './pool.ts'

/**
 * Place for one connection and one exchange at a time. The socket may come and go:
 *
 * | socket     | exchange | event                      | result                                          |
 * | ---------- | -------- | -------------------------- | ----------------------------------------------- |
 * | no socket  | begins   |                            | connects, then writes                           |
 * | open       | begins   |                            | writes, or is held (see Outbox) and written then |
 * | open       | held     | closed                     | connects when it is to be written               |
 * | open       | written  | the response is complete   | free again, listener called                     |
 * | kept, open | written  | closed, had been idle      | if the method is idempotent: once more on a new socket |
 * | open       | written  | closed, malformed, too late | listener receives the failure                  |
 * | open       | no exchange | closed, idle too long   | cold: connects again when it is needed          |
 */
export class Connection extends Exchange implements Sender, PooledConnection {
  isOwned = false
  readonly isReadInParts: boolean
  readonly #pool: WirePool
  readonly #parser: ResponseParser
  #socket: Socket | undefined
  #isConnecting = false
  #isGreeted = false
  /** Exchanges that this socket has carried. */
  #carried = 0
  #isOld = false
  /** Whether the socket of a connection that is opened ahead has come, or why not. */
  #onOpen: ((error: Error | undefined) => void) | undefined

  #text = ''
  #bytes: Buffer | undefined
  /** It is in the outbox. */
  #isHeld = false

  constructor(pool: WirePool) {
    super(pool.endpoint.origin, pool.settings)
    this.#pool = pool
    this.isReadInParts = pool.endpoint.secure
    this.#parser = new ResponseParser(this.body)
    this.body.headers = this.#parser.header
  }

  get isOpen(): boolean {
    return this.#socket !== undefined
  }

  get isBusy(): boolean {
    return this.listener !== undefined || this.#isConnecting
  }

  protected get hasBegun(): boolean {
    return this.#parser.hasBegun
  }

  /* ---- an exchange ---- */

  start(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds, sent: Milliseconds): void {
    this.begin(request, listener, queued, sent)
    if (request.text !== undefined) {
      this.#text = request.text
      this.#bytes = undefined
    } else {
      const { body } = request
      try {
        this.#text = encodeRequest(request, this.#pool.host, !this.#pool.settings.reuse)
      } catch (error) {
        return this.#failLater(error)
      }
      this.#bytes = typeof body === 'object' && body.byteLength > 0 ? Buffer.from(body) : undefined
    }
    // The wheel comes late where this thread, or the machine, stood still: the server has closed it meanwhile.
    if (this.#socket && sent > this.#idleUntil) this.#drop(false)
    if (!this.#socket) this.#connect()
    else if (this.#pool.closesEarly || this.#pool.settings.outbox.isHolding) this.#hold()
    else this.#reuse(this.#socket)
  }

  #hold(): void {
    if (this.#isHeld) return
    this.#isHeld = true
    if (this.#pool.closesEarly) afterTurn(() => this.dispatch())
    else this.#pool.settings.outbox.hold(this)
  }

  dispatch(): void {
    this.#isHeld = false
    if (this.listener === undefined || this.isWritten) return
    if (!this.#socket) return this.#connect()
    this.times.sent = now()
    this.#reuse(this.#socket)
  }

  #reuse(socket: Socket): void {
    if (this.#carried > 0) this.settings.counters.reused++
    this.#write(socket)
  }

  /** Stands in a method of its own: a closure in `start` would cost every request. */
  #failLater(error: unknown): void {
    setImmediate(() => this.#unconnected(transportError(this.origin, error)))
  }

  #write(socket: Socket): void {
    this.isWritten = true
    this.#parser.begin(this.method === 'HEAD')
    if (this.#bytes === undefined) return void socket.write(this.#text)
    socket.cork()
    socket.write(this.#text)
    socket.write(this.#bytes)
    socket.uncork()
  }

  readonly #onBytes = (length: number, bytes: Uint8Array): boolean => {
    this.#take(bytes as Buffer, length)
    return true
  }

  readonly #onread = { buffer: readBuffer, callback: this.#onBytes }

  #take(bytes: Buffer, length: number): void {
    if (this.listener === undefined || !this.isWritten) {
      this.#isGreeted = this.#socket !== undefined && this.#carried === 0
      return this.#drop(true)
    }
    const progress = this.#parser.read(bytes, 0, length)
    if (progress === 'done') this.#complete(length - this.#parser.at)
    else if (progress === 'fault' || !this.body.settle()) this.cutShort(this.body.reader)
    else this.#parser.settle()
  }

  cutShort(reader: BodyReader | undefined): void {
    if (this.listener === undefined || this.body.reader !== reader) return
    if (this.body.hasEnough) this.#complete(-1)
    else this.#fail(this.#fault, true)
  }

  /**
   * @param left unexpected bytes after the response, which make the connection unusable;
   * -1 if the rest of the response is not read.
   */
  #complete(left: number): void {
    const listener = this.listener as ResponseListener
    const parser = this.#parser
    this.times.ended = now()
    this.listener = undefined
    this.#carried++
    if (left > 0) this.#drop(this.#pool.settings.reuse !== false)
    else if (left < 0 || !parser.keepsAlive || !this.#pool.settings.reuse) this.#drop(false)
    else this.expireBy(this.#idleUntil)
    const isFree = this.#pool.offer(this)
    const body = this.body
    const { outbox } = this.#pool.settings
    body.end()
    outbox.beginTelling()
    reportResponse(listener, parser.status, parser.header, body.bytes, this.times, body.passed)
    body.letGo()
    if (!isFree) this.#pool.release(this)
    outbox.endTelling()
  }

  get #fault(): TransportError {
    const { fault } = this.#parser
    return fault === '' ? tooLong(this.origin, this.body.refusal) : badResponse(this.origin, fault)
  }

  /** @param isLost whether the connection ended against our will. */
  #fail(error: TransportError, isLost: boolean): void {
    const { listener, times } = this
    times.ended = now()
    this.listener = undefined
    if (this.isWritten) this.#drop(isLost)
    this.body.reader = undefined
    const isFree = this.#pool.offer(this)
    if (listener) reportFailure(listener, error, times)
    this.body.letGo()
    if (!isFree) this.#pool.release(this)
  }

  /* ---- the socket ---- */

  open(done: (error: Error | undefined) => void): void {
    this.#onOpen = done
    this.#connect()
  }

  #connect(): void {
    if (this.#isConnecting) return
    this.#isConnecting = true
    // A request fails by bytes that came before it, on the connection that was opened for it.
    if (this.#isGreeted) return this.#failLater(greeted(this.origin))
    this.#pool.open((error, socket) => {
      if (socket) this.#connected(socket)
      else this.#unconnected(error as TransportError)
    }, this.#onread)
  }

  #connected(socket: Socket): void {
    const { counters } = this.settings
    this.#isConnecting = false
    counters.opened++
    if (this.#isOld) counters.reconnected++
    this.#isOld = true
    this.#socket = socket
    socket.setDefaultEncoding('latin1')
    this.#carried = 0
    socket.once('end', () => this.#ended(socket, undefined))
    socket.once('close', () => this.#ended(socket, undefined))
    socket.on('error', error => this.#ended(socket, error))
    if (this.listener) {
      this.noteSent()
      return this.#write(socket)
    }
    this.times.ended = now()
    this.expireBy(this.#idleUntil)
    this.#opened(undefined)
  }

  #unconnected(error: TransportError): void {
    this.#isConnecting = this.#isGreeted = false
    if (this.listener) this.#fail(error, false)
    else this.#opened(error)
  }

  #opened(error: Error | undefined): void {
    const told = this.#onOpen
    this.#onOpen = undefined
    this.#pool.release(this)
    told?.(error)
  }

  /** The other side closed the connection, or it broke. */
  #ended(socket: Socket, error: Error | undefined): void {
    if (socket !== this.#socket) return
    if (this.listener === undefined) {
      this.#drop(true)
      this.#pool.cool(this)
      return
    }
    if (!this.isWritten) return this.#drop(true) // it is written to another
    if (error === undefined && this.#parser.close() === 'done') return this.#complete(0)
    const { origin, settings } = this
    if (!this.#isIdleRace) {
      this.#pool.closesEarly ||= this.#carried > 0 && !this.hasBegun
      return this.#fail(brokenOff(origin, error, this.came), true)
    }
    if (isIdempotent(this.method)) {
      settings.counters.resent++
      this.times.isResent = true
      this.#drop(true)
      this.#connect()
    } else this.#fail(notResent(origin, this.method, error), true)
  }

  get #isIdleRace(): boolean {
    // A socket that has carried none was not kept: the one of a request that is sent once again is such, too.
    if (this.#carried === 0 || this.hasBegun) return false
    const { sent, ended } = this.times
    return isIdleRace(sent - ended, now() - sent, this.#pool.idleTime.isAnnounced)
  }

  #drop(isLost: boolean): void {
    const socket = this.#socket
    if (socket === undefined) return
    this.#socket = undefined
    if (isLost) this.#pool.lost()
    socket.destroy()
  }

  abort(): void {
    this.settings.wheel.remove(this)
    this.#drop(false)
    this.report(aborted(this.origin, undefined, this.came))
  }

  close(): void {
    this.settings.wheel.remove(this)
    this.#drop(false)
  }

  /* ---- time ---- */

  get #idleUntil(): Milliseconds {
    const { idleTime } = this.#pool
    return this.times.ended + (this.#carried > 0 ? idleTime.ofUsed(this.#parser.keepSeconds) : idleTime.ofUnused())
  }

  override onExpired(time: Milliseconds): void {
    if (this.listener !== undefined) return super.onExpired(time)
    if (this.#socket === undefined) return
    const until = this.#idleUntil
    if (time < until) this.expireBy(until)
    else {
      this.#drop(false)
      this.#pool.cool(this)
    }
  }

  protected giveUp(error: TransportError): void {
    // The connection still comes about, and is free then.
    if (this.#isConnecting) this.report(error)
    else this.#fail(error, false)
  }
}

// Hot file. Allocated per request: nothing; at most one `setImmediate` a turn of the event loop.

/** Holder of a request that is to be written. */
interface Sender {
  /** Whether more data of the same read may come in this turn: TLS records come one by one. */
  readonly isReadInParts: boolean
  /** Writes the request, if it is still to be written. */
  dispatch(): void
}

/** Turns over which requests are counted. */
const TURNS = 32
/** Requests a turn, on average, from which on it pays to write them together. */
const SEVERAL = 2
/** Responses whose requests are written at once before turns are counted again. */
const RESPONSES = 1_000

/**
 * Holds requests that are created while responses are read, and those between `cork` and `uncork`.
 *
 * If turns of the event loop create several requests, they are written together after all available data was read.
 * Otherwise a faster server would fall asleep between two requests and be woken up for each one, and waking a process
 * on another core is the most expensive part of a write. It also means that responses are seen and timed before the
 * next requests are written. Node reads sockets in the poll phase of its loop; the check phase, in which `setImmediate`
 * calls back, comes next.
 *
 * If a turn rarely creates more than one request, as at a modest rate, waiting for that phase gains nothing: each
 * request is written right after its response was handled. Not over TLS: unexpected bytes after a response may come in
 * the next record and must be seen first.
 */
export class Outbox {
  /** Number of nested calls of response listeners. */
  #telling = 0
  #isCorked = false
  /** Whether `#onTurn` will be called. */
  #isBooked = false
  /** Turns that were counted. */
  #turns = 0
  /** Requests that came about in them. */
  #came = 0
  /** Responses left whose requests are written at once. */
  #atOnce = 0
  readonly #held: Sender[] = []
  #count = 0

  /** Whether what comes about now is to be held. */
  get isHolding(): boolean {
    return this.#isCorked || this.#telling > 0
  }

  /** Only while `isHolding`: the request is then written at the latest at the end of this turn. */
  hold(sender: Sender): void {
    this.#held[this.#count++] = sender
    if (this.#isCorked) return
    this.#came++
    if (this.#isBooked || (this.#atOnce > 0 && !sender.isReadInParts)) return
    this.#isBooked = true
    setImmediate(this.#onTurn)
  }

  beginTelling(): void {
    this.#telling++
  }

  endTelling(): void {
    this.#telling--
    if (this.#atOnce === 0 || this.#telling > 0) return
    if (--this.#atOnce === 0) this.#came = 0
    if (!this.#isBooked && !this.#isCorked) this.#flush()
  }

  /** Holds all requests from here on until `uncork`. */
  cork(): void {
    this.#isCorked = true
  }

  uncork(): void {
    this.#isCorked = false
    this.#flush()
  }

  readonly #onTurn = () => {
    this.#isBooked = false
    this.#flush()
    if (this.#atOnce > 0 || ++this.#turns < TURNS) return
    if (this.#came < SEVERAL * TURNS) this.#atOnce = RESPONSES
    this.#turns = 0
    this.#came = 0
  }

  #flush(): void {
    const count = this.#count
    this.#count = 0
    // Writing calls no listener that could hold another request meanwhile.
    for (let at = 0; at < count; at++) this.#held[at]!.dispatch()
  }
}
