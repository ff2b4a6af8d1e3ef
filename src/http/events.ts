import type { Transform } from 'node:stream'
import { TextDecoder } from 'node:util'
import * as zlib from 'node:zlib'
import type { Finding } from '../ground/fault.ts'
import { parseJson } from '../ground/json.ts'
import { essenceOf } from '../ground/media-type.ts'
import { type Bytes, formatCount, type Milliseconds } from '../ground/units.ts'
import type { BodyCarrier, BodyReader } from './body-store.ts'
import { encodingsOf, knownEncodings, MOST_BODY } from './content-type.ts'
import { findHeader, findHeaders, HeaderBlock, type RawHeaders } from './headers.ts'

/** A server-sent event. */
export interface ServerEvent extends Omit<ParsedEvent, 'data'> {
  /** A value where the text is JSON, else the text. */
  data: unknown
}

/** Receiver of the events of a stream. */
export interface EventTaker {
  /** The stream begins. `events` grows as they come. */
  onBegin(status: number, headers: RawHeaders, events: readonly ServerEvent[]): void
  /**
   * Called with each complete event.
   * @param sent clock reading at which the request was sent.
   * @returns whether more are wanted.
   */
  onEvent(sent: Milliseconds): boolean
}

/** Reads the events of one response, until its taker has enough of them. */
export class EventStream implements BodyReader {
  readonly events: ServerEvent[] = []
  readonly beginsWithin: Milliseconds
  refusal: Finding | undefined
  /** Why the response is no event stream, once it has begun. */
  misfit: string | undefined
  /** Whether a response has begun that is one. */
  isOpen = false
  /** Whether the taker has enough. */
  isMet = false
  readonly #parser = new EventParser(event => this.#add(event))
  #taker: EventTaker | undefined
  #carrier: BodyCarrier | undefined
  /** Decoded data may arrive when its carrier already carries another response. */
  #sent: Milliseconds = 0
  /** First decoder of its Content-Encoding; undefined without an encoding. */
  #content: StreamedContent | undefined
  #isBehind = false
  #onCaughtUp: (() => void) | undefined
  #size: Bytes = 0
  #decoded: Bytes = 0

  /** @param beginsWithin as of BodyReader. */
  constructor(taker: EventTaker, beginsWithin: Milliseconds = Number.POSITIVE_INFINITY) {
    this.#taker = taker
    this.beginsWithin = beginsWithin
  }

  begin(status: number, headers: RawHeaders, carrier: BodyCarrier): boolean {
    // A released response is dropped at its first bytes.
    if (this.#taker === undefined) return true
    this.misfit = misfitOf(status, findHeader(headers, 'content-type'))
    if (this.misfit !== undefined) return false
    this.isOpen = true
    this.#carrier = carrier
    this.#sent = carrier.times.sent
    this.#open(encodingsOf(findHeaders(headers, 'content-encoding').join()))
    this.#taker.onBegin(status, headers instanceof HeaderBlock ? headers.list() : headers, this.events)
    return true
  }

  take(bytes: Buffer, from: number, to: number): boolean {
    if (this.#isOver) return false
    this.#size += to - from
    if (this.#isTooLong(this.#size)) return false
    if (this.#content) this.#content.write(bytes, from, to)
    else this.#parser.feed(bytes.subarray(from, to))
    return !this.#isOver
  }

  end(): void {
    if (!this.#isOver) this.#content?.end()
  }

  get catchUp(): BodyReader['catchUp'] {
    if (!this.#isBehind || this.#isOver) return undefined
    return done => {
      this.#onCaughtUp = done
    }
  }

  /** Drops the response because no more events are wanted. */
  letGo(): void {
    this.#taker = undefined
    this.#stop()
  }

  get #isOver(): boolean {
    return this.isMet || this.refusal !== undefined || this.#taker === undefined
  }

  #isTooLong(size: Bytes): boolean {
    if (size <= MOST_BODY) return false
    this.refusal = {
      found: `its event stream is longer than ${formatCount(MOST_BODY)} bytes`,
      advice: 'Let fewer events be enough (`until`, `most`).',
    }
    return true
  }

  #add({ data, ...event }: ParsedEvent): boolean {
    const taker = this.#taker
    if (taker === undefined) return false
    this.events.push({ ...event, data: dataOf(data) })
    this.isMet = !taker.onEvent(this.#sent)
    return !this.isMet
  }

  /* ---- Content-Encoding ---- */

  #open(encodings: readonly string[]): void {
    const unknown = encodings.find(name => !isDecodable(name))
    if (unknown !== undefined)
      this.refusal = { found: `its event stream has the unknown content-encoding "${unknown}"`, advice: knownEncodings }
    let next: StreamedContent | undefined
    for (const name of unknown === undefined ? [...encodings].reverse() : []) {
      const behind = next
      const onBytes = (bytes: Buffer) => (behind ? behind.write(bytes, 0, bytes.length) : this.#onDecoded(bytes))
      next = new StreamedContent(name, onBytes, found => {
        if (found !== undefined) this.#onCaught({ found })
        else if (behind) behind.end()
        else this.#onCaught(undefined)
      })
    }
    this.#content = next
    this.#isBehind = next !== undefined
  }

  #onDecoded(bytes: Buffer): void {
    if (this.#isOver) return
    this.#decoded += bytes.length
    if (!this.#isTooLong(this.#decoded)) this.#parser.feed(bytes)
    if (this.#isOver) this.#stop()
  }

  #onCaught(refusal: Finding | undefined): void {
    if (this.#isOver) return
    this.#isBehind = false
    this.refusal = refusal
    this.#stop()
  }

  /** Ends the response at its next bytes, and notifies the waiting decoder. */
  #stop(): void {
    const told = this.#onCaughtUp
    this.#onCaughtUp = undefined
    if (this.#isOver) {
      this.#content?.destroy()
      this.#carrier?.cutShort(this)
    }
    told?.()
  }
}

function misfitOf(status: number, type: string | undefined): string | undefined {
  if (status !== 200) return `its status is ${status}`
  if (type === undefined) return 'it has no Content-Type'
  return essenceOf(type) === 'text/event-stream' ? undefined : `its Content-Type is ${type}`
}

const MAY_BE_JSON = /^\s*[[{"\-\dtfn]/

/** Valid JSON is a value, also a plain number; everything else is text. */
function dataOf(text: string): unknown {
  if (!MAY_BE_JSON.test(text)) return text
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

type Open = (first: number) => Transform

const flush = zlib.constants.Z_SYNC_FLUSH
const soft = { flush, finishFlush: flush }
const { BROTLI_OPERATION_FLUSH } = zlib.constants

// Node has zstd from 22.15 on.
const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform }

/** Decoders, like those of whole bodies; each one receives its first byte. */
const decoders: Record<string, Open> = {
  gzip: () => zlib.createGunzip(soft),
  'x-gzip': () => zlib.createGunzip(soft),
  deflate: first => ((first & 0x0f) === 8 ? zlib.createInflate(soft) : zlib.createInflateRaw(soft)),
  br: () => zlib.createBrotliDecompress({ flush: BROTLI_OPERATION_FLUSH, finishFlush: BROTLI_OPERATION_FLUSH }),
  ...(createZstdDecompress && { zstd: () => createZstdDecompress() }),
}

/** Whether a Content-Encoding can be undone piece by piece. */
const isDecodable = (name: string): boolean => Object.hasOwn(decoders, name)

/** Undoes one Content-Encoding of a body that comes piece by piece, later than its pieces come. */
class StreamedContent {
  readonly #name: string
  readonly #onBytes: (bytes: Buffer) => void
  /** @param found fault of the encoding; undefined after a valid end. */
  readonly #onEnd: (found: string | undefined) => void
  #decoder: Transform | undefined
  #isOver = false

  constructor(name: string, onBytes: (bytes: Buffer) => void, onEnd: (found: string | undefined) => void) {
    this.#name = name
    this.#onBytes = onBytes
    this.#onEnd = onEnd
  }

  /** Keeps a copy of the bytes that have not been decoded. */
  write(bytes: Buffer, from: number, to: number): void {
    if (this.#isOver || to === from) return
    this.#decoder ??= this.#open(bytes[from]!)
    this.#decoder?.write(Buffer.from(bytes.subarray(from, to)))
  }

  end(): void {
    if (this.#decoder) this.#decoder.end()
    else this.#close(undefined)
  }

  /** No more calls after this. */
  destroy(): void {
    this.#isOver = true
    this.#decoder?.destroy()
  }

  #open(first: number): Transform {
    const decoder = decoders[this.#name]!(first)
    decoder.on('data', (bytes: Buffer) => {
      if (!this.#isOver) this.#onBytes(bytes)
    })
    decoder.on('end', () => this.#close(undefined))
    decoder.on('error', error => this.#close(`its body is not valid ${this.#name} (${error.message})`))
    return decoder
  }

  #close(found: string | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#onEnd(found)
  }
}

/** An event as its stream has it. */
export interface ParsedEvent {
  /** Its type; `message` where the stream names none. */
  event: string
  /** The id that is in force: its own, or the last one before it; `''` where there was none. */
  id: string
  data: string
  /** Milliseconds after which a client shall connect again; absent where the event's lines do not say. */
  retry?: number
}

const LF = 0x0a
const SPACE = 0x20
const BOM = '\ufeff'

/**
 * Reads an event stream, cut anywhere. Source: WHATWG HTML, 9.2.5 and 9.2.6, which it follows to the letter.
 * `eventsource-parser` does not (3.1, the last one for Node 20): it lets go of an id that stands in a block without
 * data, and holds a line that ends in CR back until more comes.
 */
export class EventParser {
  readonly #onEvent: (event: ParsedEvent) => boolean
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #isFirst = true
  /** The last line ended in CR: a line feed that follows belongs to it. */
  #skipsLineFeed = false
  /** A line that has not ended. */
  #rest = ''
  #data = ''
  #type = ''
  #id = ''
  #retry: number | undefined

  /** @param onEvent returns false where no more is wanted: what follows is not read. */
  constructor(onEvent: (event: ParsedEvent) => boolean) {
    this.#onEvent = onEvent
  }

  /** False if no more events are wanted. An event without its end is dropped at the end of the stream. */
  feed(bytes: Uint8Array): boolean {
    let text = this.#decoder.decode(bytes, { stream: true })
    if (text === '') return true
    if (this.#isFirst) {
      this.#isFirst = false
      if (text.startsWith(BOM)) text = text.slice(1)
    }
    return this.#read(text)
  }

  #read(text: string): boolean {
    let from = this.#skipsLineFeed && text.charCodeAt(0) === LF ? 1 : 0
    if (text !== '') this.#skipsLineFeed = false
    let cr = text.indexOf('\r', from)
    let lf = text.indexOf('\n', from)
    while (cr >= 0 || lf >= 0) {
      const end = cr < 0 || (lf >= 0 && lf < cr) ? lf : cr
      const line = this.#rest + text.slice(from, end)
      this.#rest = ''
      from = end + 1
      if (end === cr) {
        if (from === text.length) this.#skipsLineFeed = true
        else if (text.charCodeAt(from) === LF) from++
        cr = text.indexOf('\r', from)
      }
      if (lf >= 0 && lf < from) lf = text.indexOf('\n', from)
      if (!this.#take(line)) return false
    }
    this.#rest += text.slice(from)
    return true
  }

  #take(line: string): boolean {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    if (colon === 0) return true
    const start = colon < 0 ? line.length : line.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1
    this.#note(colon < 0 ? line : line.slice(0, colon), line.slice(start))
    return true
  }

  #note(field: string, value: string): void {
    if (field === 'data') this.#data += `${value}\n`
    else if (field === 'event') this.#type = value
    else if (field === 'id') {
      if (!value.includes('\0')) this.#id = value
    } else if (field === 'retry' && /^[0-9]+$/.test(value)) this.#retry = Number(value)
  }

  #dispatch(): boolean {
    const [data, event, retry] = [this.#data, this.#type, this.#retry]
    this.#data = ''
    this.#type = ''
    this.#retry = undefined
    if (data === '') return true
    return this.#onEvent({
      event: event || 'message',
      id: this.#id,
      data: data.slice(0, -1),
      ...(retry !== undefined && { retry }),
    })
  }
}
