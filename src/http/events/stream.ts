import type { Wrong } from '../../ground/fault.ts'
import { parseJson } from '../../ground/json.ts'
import { essenceOf } from '../../ground/media-type.ts'
import { type Bytes, formatCount, type Milliseconds } from '../../ground/units.ts'
import type { BodyCarrier, BodyReader } from '../body-reader.ts'
import type { BodyLimits } from '../body-store.ts'
import { encodingsOf, knownEncodings } from '../content-encoding.ts'
import { HeaderBlock } from '../header-block.ts'
import { findHeader, findHeaders, type RawHeaders } from '../headers.ts'
import { isDecodable, StreamedContent } from '../streamed-content.ts'
import { EventParser, type ParsedEvent } from './parser.ts'

/** A server-sent event. */
export interface ServerEvent extends Omit<ParsedEvent, 'data'> {
  /** A value where the text is JSON, else the text. */
  data: unknown
}

/** Who wants the events of a stream. */
export interface EventTaker {
  /** The stream begins. `events` grows as they come. */
  onBegin(status: number, headers: RawHeaders, events: readonly ServerEvent[]): void
  /**
   * An event is complete, and the last of those that have come.
   * @param sent clock reading at which the request was sent.
   * @returns whether more are wanted.
   */
  onEvent(sent: Milliseconds): boolean
}

/** Reads the events of one response, until its taker has enough of them. */
export class EventStream implements BodyReader {
  readonly events: ServerEvent[] = []
  readonly beginsWithin: Milliseconds
  refusal: Wrong | undefined
  /** Why the response is no event stream, once it has begun. */
  misfit: string | undefined
  /** Whether a response has begun that is one. */
  isOpen = false
  /** Whether the taker has enough. */
  isMet = false
  readonly #parser = new EventParser(event => this.#add(event))
  #taker: EventTaker | undefined
  #carrier: BodyCarrier | undefined
  /** What is decoded may come when its carrier already carries another response. */
  #sent: Milliseconds = 0
  /** The first of those that undo its Content-Encoding; undefined where it has none. */
  #content: StreamedContent | undefined
  #isBehind = false
  #onCaughtUp: (() => void) | undefined
  /** As many bytes as it may have, decoded or not. */
  #most: Bytes = 0
  #size: Bytes = 0
  #decoded: Bytes = 0

  /** @param beginsWithin as of BodyReader. */
  constructor(taker: EventTaker, beginsWithin: Milliseconds = Number.POSITIVE_INFINITY) {
    this.#taker = taker
    this.beginsWithin = beginsWithin
  }

  begin(status: number, headers: RawHeaders, carrier: BodyCarrier, limits: BodyLimits): boolean {
    // One that was let go is given up with its first bytes.
    if (this.#taker === undefined) return true
    this.misfit = misfitOf(status, findHeader(headers, 'content-type'))
    if (this.misfit !== undefined) return false
    this.isOpen = true
    this.#carrier = carrier
    this.#sent = carrier.times.sent
    this.#most = limits.maxBodyBytes
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

  /** Nobody wants any more of it: the response is given up. */
  letGo(): void {
    this.#taker = undefined
    this.#stop()
  }

  get #isOver(): boolean {
    return this.isMet || this.refusal !== undefined || this.#taker === undefined
  }

  #isTooLong(size: Bytes): boolean {
    if (size <= this.#most) return false
    this.refusal = {
      found: `its event stream is longer than ${formatCount(this.#most)} bytes`,
      advice: 'Let fewer events be enough (`until`, `most`), or raise maxBodyBytes.',
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

  #onCaught(refusal: Wrong | undefined): void {
    if (this.#isOver) return
    this.#isBehind = false
    this.refusal = refusal
    this.#stop()
  }

  /** Ends the response where it goes on, and tells who waits for what is decoded. */
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

/** What JSON says is a value, be it a number; all else is text. */
function dataOf(text: string): unknown {
  if (!MAY_BE_JSON.test(text)) return text
  try {
    return parseJson(text)
  } catch {
    return text
  }
}
