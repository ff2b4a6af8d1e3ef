import { failed } from '../../errors.ts'
import { getAt } from '../../expression/index.ts'
import type { Bytes } from '../../units.ts'
import type { Selection } from './selection.ts'

export interface JsonReaderOptions {
  /** Most bytes held of one document: unfinished values and keys. Default 16 MiB. */
  limit?: Bytes
}

/** First form: the whole document is held and parsed. The face is final. */
export class JsonReader {
  readonly values: unknown[] = []
  state: 'reading' | 'done' | 'failed' = 'done'
  errorOffset = -1
  readonly limit: Bytes
  #selection: Selection = { pointers: [], rest: 'check' }
  #held: Buffer[] = []
  #size = 0
  #fault = ''

  constructor({ limit = 16 * 1024 * 1024 }: JsonReaderOptions = {}) {
    this.limit = limit
  }

  read(selection: Selection, bytes: Uint8Array, from: number, to: number): boolean {
    this.begin(selection)
    this.feed(bytes, from, to)
    return this.end()
  }

  begin(selection: Selection): void {
    this.#selection = selection
    this.#held = []
    this.#size = 0
    this.state = 'reading'
    this.errorOffset = -1
    this.values.length = selection.pointers.length
    this.values.fill(undefined)
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    if (this.state !== 'reading') return
    this.#size += to - from
    if (this.#size > this.limit)
      return this.#fail(this.limit, `more than ${this.limit} bytes would have to be held`)
    this.#held.push(Buffer.from(bytes.subarray(from, to)))
  }

  end(): boolean {
    if (this.state !== 'reading') return this.state === 'done'
    const text = Buffer.concat(this.#held).toString()
    try {
      const body: unknown = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text)
      this.#selection.pointers.forEach((pointer, index) => {
        this.values[index] = getAt(body, pointer)
      })
      this.state = 'done'
    } catch (error) {
      this.#fail(Number(/position (\d+)/.exec(String(error))?.[1] ?? this.#size), (error as Error).message)
    }
    this.#held = []
    return this.state === 'done'
  }

  get fault(): string {
    return failed('read', 'the body as JSON', this.#fault)
  }

  #fail(offset: number, fault: string) {
    this.state = 'failed'
    this.errorOffset = offset
    this.#fault = fault
  }
}
