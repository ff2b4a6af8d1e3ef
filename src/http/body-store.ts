// Hot file. Allocated per response: nothing while the body comes in one piece (views of the read buffer are kept); a
// body in several pieces gets a buffer of its length.

import { Buffer } from 'node:buffer'
import type { Fault, Finding } from '../ground/fault.ts'
import { type Bytes, formatCount, type Milliseconds } from '../ground/units.ts'
import { contentTypeOf, MOST_BODY } from './content-type.ts'
import { CONTENT_ENCODING, findHeader, findHeaders, HeaderBlock, type RawHeaders } from './headers.ts'
import { JsonReader, lendBuffer, type Selection, SHORT_DOCUMENT, selectPointers } from './select/index.ts'
import type { ExchangeTimes, PassedBody, ResponseReads } from './transport.ts'

/**
 * Every socket reads into the same memory: bytes are seen to before the next read, and what is unfinished then is
 * copied. A thousand connections cost no more than one. It lies where the reader of JSON scans without a copy.
 */
export const readBuffer: Buffer = lendBuffer()

const start = readBuffer.byteOffset
const VIEWS = 256
const views: (Buffer | undefined)[] = new Array(VIEWS).fill(undefined)

/**
 * The bytes from `from` until before `to`. Making a view costs 0.1 us, and responses of one kind lie in the same place
 * of the buffer that all are read into: views of it are kept.
 */
function viewOf(bytes: Buffer, from: number, to: number): Buffer {
  if (bytes !== readBuffer) return bytes.subarray(from, to)
  const place = (from + 31 * to) % VIEWS
  const known = views[place]
  if (known !== undefined && known.byteOffset === start + from && known.length === to - from) return known
  const view = readBuffer.subarray(from, to)
  views[place] = view
  return view
}

const nothing: Buffer = Buffer.alloc(0)

/** So much of a body that is not held is kept to be shown: more than reports show, so that no secret in it is cut. */
const START: Bytes = 6_144

/**
 * Memory of bodies that are over, for the next ones: each page of a fresh buffer costs a fault. Longer than most bodies
 * that are held, and few, so that a thread keeps 4 MiB at most.
 */
const spares: Buffer[] = []
const MOST_SPARES = 4
const LONGEST_SPARE: Bytes = 2 ** 20
const SHORTEST_SPARE: Bytes = 2 ** 13

/** Longest body with a Content-Encoding that is held to be decoded, if nothing of it is wanted. */
const LONGEST_ENCODED: Bytes = 2 ** 20

const nothingWanted = selectPointers([])

function bufferOf(size: Bytes): Buffer {
  const place = spares.findIndex(({ length }) => length >= size)
  return place < 0 ? Buffer.allocUnsafeSlow(size) : spares.splice(place, 1)[0]!
}

function giveBack(buffer: Buffer): void {
  if (buffer.length < SHORTEST_SPARE || buffer.length > LONGEST_SPARE) return
  if (spares.length === MOST_SPARES) spares.shift()
  spares.push(buffer)
}

/**
 * Body of the current response.
 *
 * | the body                                        | becomes                                                     |
 * | ----------------------------------------------- | ----------------------------------------------------------- |
 * | comes in one piece                              | a view of the read bytes, no copy                           |
 * | comes in several, is short or wanted as a whole | a buffer of its own                                         |
 * | is JSON longer than 64 KiB, values of it wanted | passes through a reader, which holds unfinished values only |
 * | is such JSON without wanted values, and is checked | passes through it, too                                   |
 * | is checked, and has a Content-Encoding          | is held up to 1 MiB, else counted                           |
 * | is longer than that, without wanted values      | is counted                                                  |
 * | comes in several pieces, is not wanted and not checked  | is counted                                          |
 * | is wanted as a whole, longer than `MOST_BODY`    | is refused, as is a body with such a long wanted value     |
 * | is read by a reader of its own                  | is counted                                                  |
 */
export class BodyStore implements PassedBody {
  /** Bytes of the body so far. */
  size: Bytes = 0
  /** Parts of the body that will be read; everything if absent. */
  reads: ResponseReads | undefined
  /** Reader that may take the body; undefined after the response. */
  reader: BodyReader | undefined
  /** Whether it does. */
  isStreamed = false
  status = 0
  headers: RawHeaders = []
  readonly #carrier: BodyCarrier | undefined
  #length = -1
  /** A piece that still lies where it was read. */
  #piece = nothing
  #from = 0
  #to = 0
  #held = nothing
  #heldLength = 0
  #start = nothing
  #startLength = 0
  #state: 'held' | 'read' | 'counted' = 'held'
  #reader: JsonReader | undefined

  /** @param carrier of the response; without, no reader is asked. */
  constructor(carrier?: BodyCarrier) {
    this.#carrier = carrier
  }

  /** A body begins, of so many bytes; -1 where that is not known. */
  begin(length: number): void {
    this.size = 0
    this.#length = length
    this.#to = 0
    this.#from = 0
    this.#held = nothing
    this.#heldLength = 0
    this.#state = 'held'
    this.#startLength = 0
    this.isStreamed = this.reader !== undefined && this.#begins(this.reader)
  }

  /** How long it may take until the header is read; `Infinity`: no limit, as once it is. */
  get beginsWithin(): Milliseconds {
    return this.status === 0 && this.reader !== undefined ? this.reader.beginsWithin : Infinity
  }

  #begins(reader: BodyReader): boolean {
    return this.#carrier !== undefined && reader.begin(this.status, this.headers, this.#carrier)
  }

  /** False where it is too long, or its reader wants no more. */
  take(bytes: Buffer, from: number, to: number): boolean {
    if (this.isStreamed) {
      this.size += to - from
      return this.reader!.take(bytes, from, to)
    }
    if (this.size === 0) {
      this.#piece = bytes
      this.#from = from
      this.#to = to
      this.size = to - from
      return this.size <= MOST_BODY || !this.#isWhole
    }
    this.size += to - from
    if (!this.settle()) return false
    return this.#append(bytes, from, to)
  }

  /** The buffer that was read into is about to be used again. False where the body is too long. */
  settle(): boolean {
    if (this.#to === this.#from) return true
    const from = this.#from
    this.#from = this.#to
    return this.#append(this.#piece, from, this.#to)
  }

  /** Nothing more will come. */
  end(): void {
    if (this.isStreamed) this.reader!.end()
    else if (this.#state === 'read') this.#reader!.end()
    this.reader = undefined
  }

  /** Whether its reader wants no more, and not because of a fault; to be asked once it does. */
  get hasEnough(): boolean {
    return this.isStreamed && this.reader!.refusal === undefined
  }

  /** The whole body, if it was held. */
  get bytes(): Uint8Array {
    if (this.#to > this.#from) return viewOf(this.#piece, this.#from, this.#to)
    return this.#heldLength === 0 ? nothing : this.#held.subarray(0, this.#heldLength)
  }

  /** Values of a body that was not held. */
  get passed(): PassedBody | undefined {
    return this.#state === 'held' ? undefined : this
  }

  get start(): Uint8Array {
    return this.#start.subarray(0, this.#startLength)
  }

  /** Empty for an invalid body. */
  get values(): readonly unknown[] {
    return this.#state === 'read' && this.#reader!.state !== 'failed' ? this.#reader!.values : []
  }

  get isEncoded(): boolean {
    return isEncoded(this.headers)
  }

  get fault(): Fault | undefined {
    return this.#state === 'read' && this.#reader!.state === 'failed' ? this.#reader!.fault : undefined
  }

  /** Why it was refused. */
  get refusal(): Finding {
    const refusal = this.isStreamed ? this.reader!.refusal : undefined
    if (refusal !== undefined) return refusal
    const longer = `longer than ${formatCount(MOST_BODY)} bytes`
    return this.#state === 'read'
      ? { found: `a value that is read from its body is ${longer}`, advice: 'Read a smaller part of it.' }
      : { found: `its body is ${longer} and is needed as a whole`, advice: 'Read values of it by JSON Pointer.' }
  }

  /** The response is over: what is idle holds no body, which may be long. */
  letGo(): void {
    if (this.#heldLength > 0) this.clear()
  }

  /** Releases the stored body. */
  clear(): void {
    giveBack(this.#held)
    this.#held = nothing
    this.#piece = nothing
    this.#from = 0
    this.#to = 0
    this.#heldLength = 0
  }

  #append(bytes: Buffer, from: number, to: number): boolean {
    if (this.#state === 'held') this.#decide()
    if (this.#state !== 'held' && this.#startLength < START) this.#keepStart(bytes, from, to)
    if (this.#state === 'counted') return true
    if (this.#state === 'read') {
      this.#reader!.feed(bytes, from, to)
      return !this.#reader!.isTooLarge
    }
    if (this.size > MOST_BODY || this.#length > MOST_BODY) return false
    this.#hold(bytes, from, to)
    return true
  }

  /** Whether it is still to be held. */
  #decide(): void {
    if (this.#isWhole) return
    const { selection, hold } = this.reads!
    const size = Math.max(this.size, this.#length)
    const isLong = size > SHORT_DOCUMENT
    if (selection.pointers.length > 0) {
      if (isLong) this.#read(selection)
    } else if (!hold) {
      if (isLong || this.status < 400) this.#state = 'counted'
    } else if (isLong) {
      if (isPlainJson(this.headers)) this.#read(nothingWanted)
      else if (size > LONGEST_ENCODED || !this.isEncoded) this.#state = 'counted'
    }
    if (this.#state === 'held') return
    this.#keepStart(this.#held, 0, this.#heldLength)
    this.clear()
  }

  /** Reads what is held, and all that follows, instead of holding it. */
  #read(selection: Selection): void {
    this.#reader ??= new JsonReader({ limit: MOST_BODY })
    this.#reader.begin(selection, this.#length)
    this.#state = 'read'
    if (this.#heldLength > 0) this.#reader.feed(this.#held, 0, this.#heldLength)
  }

  #keepStart(bytes: Buffer, from: number, to: number): void {
    if (this.#start === nothing) this.#start = Buffer.allocUnsafeSlow(START)
    this.#startLength += bytes.copy(this.#start, this.#startLength, from, to)
  }

  /** Values of bodies that are not plain JSON are searched in the whole body. */
  get #isWhole(): boolean {
    if (this.reads === undefined || this.reads.whole) return true
    if (this.reads.selection.pointers.length === 0) return false
    return !isPlainJson(this.headers)
  }

  #hold(bytes: Buffer, from: number, to: number): void {
    const length = this.#heldLength + to - from
    if (length > this.#held.length) {
      const larger = bufferOf(Math.max(this.#length, length, 2 * this.#held.length))
      this.#held.copy(larger, 0, 0, this.#heldLength)
      giveBack(this.#held)
      this.#held = larger
    }
    bytes.copy(this.#held, this.#heldLength, from, to)
    this.#heldLength = length
  }
}

/** The last Content-Type that was JSON in UTF-8: an application has one. */
let jsonType: string | undefined

/** Whether a body is JSON in UTF-8, not encoded: values can be read straight from its bytes. */
export function isPlainJson(headers: RawHeaders): boolean {
  const isBlock = headers instanceof HeaderBlock
  const type = isBlock ? headers.contentType : findHeader(headers, 'content-type')
  if (type === undefined) return false
  if (type !== jsonType) {
    const { kind, charset } = contentTypeOf(type)
    if (kind !== 'json' || charset !== 'utf-8') return false
    jsonType = type
  }
  return !isEncoded(headers)
}

/** Whether a body has a Content-Encoding other than `identity`. */
export function isEncoded(headers: RawHeaders): boolean {
  if (headers instanceof HeaderBlock && (headers.seen & CONTENT_ENCODING) === 0) return false
  return findHeaders(headers, 'content-encoding').some(encoding => encoding !== 'identity')
}

/** Connection or stream that carries the response of a reader. */
export interface BodyCarrier {
  readonly times: Pick<ExchangeTimes, 'sent'>
  /** Ends the response before its end, as if it were complete, as long as this reader reads it. */
  cutShort(reader: BodyReader | undefined): void
}

/**
 * Reads a body while it arrives, without storing it, and may stop early. The rest of the body is then dropped, over
 * HTTP/1.1 together with its connection. Only the total time is limited, not the time between two reads. A reader
 * serves one request, which may be sent again if no byte of the response has come.
 */
export interface BodyReader {
  /** How long a response may take until its header is read; `Infinity`: no limit of the reader's. */
  readonly beginsWithin: Milliseconds
  /** A response has begun. False: its body is to be held as any other. Headers are valid during the call. */
  begin(status: number, headers: RawHeaders, carrier: BodyCarrier): boolean
  /** False: no more is wanted, because it has enough, or because of `refusal`. The bytes are valid during the call. */
  take(bytes: Buffer, from: number, to: number): boolean
  /** The body is complete. */
  end(): void
  /** Why the body is refused. */
  readonly refusal: Finding | undefined
  /** Calls back when all that has come is read; undefined where it is. */
  readonly catchUp: ((done: () => void) => void) | undefined
}
