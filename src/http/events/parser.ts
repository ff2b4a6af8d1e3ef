import { TextDecoder } from 'node:util'

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

  /** False once no more is wanted. An event that has not ended with the stream is none. */
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
