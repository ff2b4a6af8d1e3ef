import { deserialize, serialize } from 'node:v8'
import { failure } from '../ground/fault.ts'
import { formatBytes, formatMs, type Milliseconds } from '../ground/units.ts'
import { type Clock, realClock } from '../measure/clock.ts'
import type { Bus } from './bus.ts'
import { seal, unsealAfter } from './seal.ts'

/** Below what NATS takes in one message (`max_payload`, 1 MB unless configured). */
const PIECE = 256 * 1024
const MB = 1024 * 1024
/** A message of more than that is not one of ours. */
const LONGEST = 1024 * MB
/** Time without messages after which a sign of life is sent. It confirms received messages. */
const BEAT: Milliseconds = 500
/** Unconfirmed messages are sent again if the other side has confirmed nothing in this time. */
const AGAIN: Milliseconds = 1_500
/** Pieces sent again in one go. */
const AT_ONCE = 64

/** Header of a piece, within the seal: number u32, acknowledged number u32, kind u8. */
const HEADER = 9
const [BEATING, PIECE_OF, LAST] = [0, 1, 2] as const

interface LinkOptions {
  bus: Bus
  /** Subjects for sending and receiving. */
  says: string
  hears: string
  /** Keys of its messages in each direction, for this link only. */
  keys: { says: Uint8Array; hears: Uint8Array }
  /** Maximum size of a received message, in bytes. Default: 1 GB. */
  longest?: number
  onMessage(message: unknown): void
  /** Unreadable message: from another sender, or a fault. */
  onFault(error: Error): void
  clock?: Clock
}

interface Piece {
  number: number
  kind: number
  bytes: Uint8Array
}

const BEAT_PIECE: Piece = { number: 0, kind: BEATING, bytes: new Uint8Array(0) }

/**
 * Messages in order, each once, between two that may lose the broker between them: NATS delivers at most once. What was
 * not acknowledged is sent again; what comes twice, or before its turn, is dropped. Each frame is sealed, with its
 * number in the seal: frames that others publish, change or repeat are dropped too, and are no sign of life.
 */
export class Link {
  readonly #options: LinkOptions
  readonly #clock: Clock
  readonly #unheard: Piece[] = []
  #said = 0
  #heard = 0
  /** Frames that were published, and the last one that came. */
  #frames = 0
  #lastFrame = 0
  #parts: Uint8Array[] = []
  #length = 0
  /** Time without a message, at the last look. */
  #silent: Milliseconds = 0
  #lookedAt: Milliseconds
  /** Time of the last confirmation, or of the last attempt to send. */
  #movedAt: Milliseconds = 0
  #lastSaid = Number.NEGATIVE_INFINITY
  readonly #callOff: () => void
  #beat = () => {}
  #isClosed = false
  #whenEmpty: (() => void)[] = []

  constructor(options: LinkOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
    this.#lookedAt = this.#clock.now()
    this.#callOff = options.bus.subscribe(options.hears, bytes => this.#onBytes(bytes))
    this.#again()
  }

  /** Time without a message of the other side, without stretches in which this process stood still. */
  get silence(): Milliseconds {
    return this.#silent + Math.min(this.#clock.now() - this.#lookedAt, 2 * BEAT)
  }

  /**
   * Reason if the other side sent no message for longer than a limit: `it sent no message for 3 s`, and whether NATS is
   * known to be gone, too.
   */
  whySilent(who: string, limit: Milliseconds): string | undefined {
    if (this.silence <= limit) return undefined
    const { isConnected } = this.#options.bus
    return `${who} sent no message for ${formatMs(limit)}${isConnected ? '' : ', and NATS is not reached'}`
  }

  /** Says a message of plain data, typed arrays included. */
  say(message: unknown): void {
    if (this.#isClosed) return
    const bytes = serialize(message)
    for (let at = 0; at === 0 || at < bytes.length; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE)
      this.#send(at + PIECE >= bytes.length ? LAST : PIECE_OF, piece)
    }
  }

  /** Resolves when the other side has received all messages. */
  heard(): Promise<void> {
    if (this.#unheard.length === 0) return Promise.resolve()
    return new Promise(resolve => this.#whenEmpty.push(resolve))
  }

  close(): void {
    if (this.#isClosed) return
    this.#publish()
    this.#isClosed = true
    this.#callOff()
    this.#beat()
    for (const resolve of this.#whenEmpty.splice(0)) resolve()
  }

  #send(kind: number, bytes: Uint8Array): void {
    const piece = { number: ++this.#said, kind, bytes }
    if (this.#unheard.length === 0) this.#movedAt = this.#clock.now()
    this.#unheard.push(piece)
    this.#publish(piece)
  }

  /** A connection that is just being closed takes nothing; lost frames are sent again, or are not needed any more. */
  #publish({ number, kind, bytes }: Piece = BEAT_PIECE): void {
    this.#lastSaid = this.#clock.now()
    const frame = new Uint8Array(HEADER + bytes.length)
    const view = new DataView(frame.buffer)
    view.setUint32(0, number)
    view.setUint32(4, this.#heard)
    view.setUint8(8, kind)
    frame.set(bytes, HEADER)
    const { bus, says, keys } = this.#options
    try {
      bus.publish(says, seal(keys.says, frame, ++this.#frames))
    } catch {}
  }

  #onBytes(sealed: Uint8Array): void {
    const opened = unsealAfter(this.#lastFrame, this.#options.keys.hears, sealed)
    if (opened === undefined || opened.bytes.length < HEADER) return
    const { number: lastFrame, bytes: frame } = opened
    this.#lastFrame = lastFrame
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
    const [number, heard, kind] = [view.getUint32(0), view.getUint32(4), view.getUint8(8)]
    this.#silent = 0
    this.#lookedAt = this.#clock.now()
    this.#acknowledge(heard)
    if (kind === BEATING || number !== this.#heard + 1) return
    this.#heard = number
    const bytes = frame.subarray(HEADER)
    this.#length += bytes.length
    const { longest = LONGEST } = this.#options
    if (this.#length > longest) {
      this.#parts = []
      return this.#fail(failure('read', 'a message', `it is longer than ${formatBytes(longest)}`))
    }
    this.#parts.push(bytes)
    if (kind === LAST) this.#deliver()
  }

  #deliver(): void {
    const [first] = this.#parts
    const bytes = first && this.#parts.length === 1 ? first : Buffer.concat(this.#parts)
    this.#parts = []
    this.#length = 0
    try {
      this.#options.onMessage(deserialize(bytes))
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #fail(error: Error): void {
    this.#options.onFault(error)
  }

  #acknowledge(heard: number): void {
    while (this.#unheard.length > 0 && this.#unheard[0]!.number <= heard) {
      this.#unheard.shift()
      this.#movedAt = this.#clock.now()
    }
    if (this.#unheard.length === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve()
  }

  readonly #again = (): void => {
    const now = this.#clock.now()
    // Timers come before what has arrived: after a pause of this process it would be the other side that was silent.
    this.#silent = this.silence
    this.#lookedAt = now
    if (now - this.#lastSaid >= BEAT) this.#publish()
    if (now - this.#movedAt >= AGAIN) this.#sendAgain()
    this.#beat = this.#clock.after(BEAT, this.#again)
  }

  #sendAgain(): void {
    this.#movedAt = this.#clock.now()
    for (const piece of this.#unheard.slice(0, AT_ONCE)) this.#publish(piece)
  }
}
