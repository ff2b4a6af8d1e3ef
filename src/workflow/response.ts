import { getAt, type Pointer, type ResponseView } from '../expression/index.ts'
import { readBody } from '../http/body.ts'
import { findHeader, type RawHeaders, toRecord } from '../http/headers.ts'

const nothing = new Uint8Array(0)

/**
 * The response in hand, read as far as somebody asks. Reused for every response of a virtual user; the bytes belong to
 * the transport, so what is wanted later must be read (`keep`) before the transport's call ends.
 */
export class ReceivedResponse implements ResponseView {
  status: number | undefined
  headers: RawHeaders = []
  /** Why the body could not be read as its content type says. */
  bodyError: string | undefined
  #bytes: Uint8Array = nothing
  #isRead = false
  #body: unknown

  set(status: number, headers: RawHeaders, bytes: Uint8Array): void {
    this.status = status
    this.headers = headers
    this.#bytes = bytes
    this.#isRead = false
    this.#body = undefined
    this.bodyError = undefined
  }

  clear(): void {
    this.set(0, [], nothing)
    this.status = undefined
  }

  /** Reads the body now, and lets go of the transport's bytes. */
  keep(): void {
    void this.body
    this.#bytes = nothing
  }

  get size(): number {
    return this.#bytes.byteLength
  }

  /** Whether there was no body. */
  get isEmpty(): boolean {
    return this.#isRead ? this.#body === undefined : this.#bytes.byteLength === 0
  }

  /** All values of a header as one. Source: RFC 9110, 5.3. */
  headerLine(name: string): string | undefined {
    if (this.header(name) === undefined) return undefined
    return toRecord(this.headers)[name.toLowerCase()]
  }

  header(name: string): string | undefined {
    return findHeader(this.headers, name)
  }

  get body(): unknown {
    if (this.#isRead) return this.#body
    this.#isRead = true
    const { value, error } = readBody(
      this.#bytes,
      this.header('content-type'),
      this.header('content-encoding'),
    )
    this.bodyError = error
    this.#body = value
    return value
  }

  get isText(): boolean {
    return typeof this.body === 'string'
  }

  at(pointer: Pointer): unknown {
    return getAt(this.body, pointer)
  }
}
