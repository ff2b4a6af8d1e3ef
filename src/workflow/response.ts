// Hot file. Allocated per response: the values that are asked for. Response and reader are used again.

import type { Operation } from '../document/model.ts'
import { getAt, type Pointer, type ResponseView, WHOLE } from '../expression/index.ts'
import type { Fault } from '../ground/fault.ts'
import type { Bytes } from '../ground/units.ts'
import { readBody } from '../http/body.ts'
import { isEncoded, isPlainJson } from '../http/body-store.ts'
import { contentTypeOf } from '../http/content-type.ts'
import { cookiesSetBy } from '../http/cookies.ts'
import { findHeader, HeaderBlock, type RawHeaders, toRecord } from '../http/headers.ts'
import { JsonReader, SHORT_DOCUMENT, selectPointers } from '../http/select/index.ts'
import type { PassedBody, ResponseReads } from '../http/transport.ts'
import { matchMediaType, nameOfResponse, WITHOUT_BODY } from './media-type.ts'
import type { Secrets } from './secrets.ts'

const nothing = new Uint8Array(0)

/** One for all users of a thread: what it has read is used up before the next response is looked at. */
const reader = new JsonReader()

const noHeaders: RawHeaders = []

const nothingWanted = selectPointers([])

/**
 * Current response, parsed on demand. Reused for every response of a virtual user. The bytes belong to the transport,
 * so values for later use must be read (`keep`) before the transport's call ends.
 */
export class ReceivedResponse implements ResponseView {
  status: number | undefined
  headers: RawHeaders = []
  /** Why the body could not be read as its content type says. */
  bodyError: Fault | undefined
  /** Values of a body that was not held. */
  passed: PassedBody | undefined
  /** Whether there was no body: not a single byte, regardless of encodings. */
  isEmpty = true
  /** Bytes of the body as it was received; 0 of an event stream. */
  size: Bytes = 0
  /** Whether a value was looked for in a body that does not say that it is JSON, and is not to be there. */
  isNotJson = false
  /** The operation that it belongs to. */
  operation: Operation | undefined
  readonly #secrets: Pick<Secrets, 'add'> | undefined
  #misread: Fault | undefined
  #reads: ResponseReads | undefined
  /** Values read directly from the bytes, in the order of the selection. */
  #values: readonly unknown[] | undefined
  #bytes: Uint8Array = nothing
  #isRead = false
  #isTooLarge = false
  #body: unknown

  constructor(secrets?: Pick<Secrets, 'add'>) {
    this.#secrets = secrets
  }

  /** @param reads what will be asked of the body; undefined to read it as a whole. */
  set(status: number, headers: RawHeaders, bytes: Uint8Array, reads?: ResponseReads, passed?: PassedBody): void {
    this.passed = passed
    this.size = passed === undefined ? bytes.byteLength : passed.size
    this.isEmpty = this.size === 0
    this.#misread = undefined
    this.isNotJson = false
    this.#reads = reads
    this.#values = undefined
    this.status = status
    this.headers = headers
    this.#bytes = bytes
    this.#isRead = false
    this.#isTooLarge = false
    this.#body = undefined
    this.bodyError = undefined
  }

  /** @param events which grow as they come: the body is what has come so far. */
  setEvents(status: number, headers: RawHeaders, events: readonly unknown[]): void {
    this.set(status, headers, nothing)
    this.isEmpty = false
    this.#isRead = true
    this.#body = events
  }

  clear(): void {
    if (this.status === undefined && this.#bytes === nothing) return
    this.set(0, noHeaders, nothing)
    this.status = undefined
  }

  /** Reads the body now, and lets go of the transport's bytes. */
  keep(): void {
    void this.body
    if (this.headers instanceof HeaderBlock) this.headers = this.headers.list()
    this.#bytes = nothing
  }

  /** Reads a short body as a whole where values of it would else be read straight from the bytes. */
  readAhead(): void {
    if (this.#isRead || this.passed || !this.#reads || this.#reads.selection.pointers.length === 0) return
    if (this.#bytes.byteLength <= SHORT_DOCUMENT && isPlainJson(this.headers)) void this.body
  }

  /** The value of a cookie that it sets. Who has it may pass for the user: it is a secret from now on. */
  cookie(name: string): string | undefined {
    const value = cookiesSetBy(this.headers).get(name)
    this.#secrets?.add(value)
    return value
  }

  /** All values of a header as one. Source: RFC 9110, 5.3. */
  headerLine(name: string): string | undefined {
    if (this.header(name) === undefined) return undefined
    return toRecord(this.headers)[name.toLowerCase()]
  }

  header(name: string): string | undefined {
    return findHeader(this.headers, name)
  }

  /** Undefined where it was not held. */
  get body(): unknown {
    this.#readOnce()
    // Bytes of a body that cannot be decoded are no value of it.
    if (this.bodyError?.verb === 'decode') this.#misread ??= this.bodyError
    return this.#body
  }

  #readOnce(): void {
    if (this.#isRead || this.passed) return
    this.#isRead = true
    this.#body = this.#read(false)
  }

  #read(isChecked: boolean): unknown {
    const type = this.header('content-type')
    const encoding = this.headerLine('content-encoding')
    const { value, error, isTooLarge = false } = readBody(this.#bytes, type, encoding, isChecked)
    this.bodyError = error
    this.#isTooLarge = isTooLarge
    return value
  }

  get isText(): boolean {
    if (this.passed) return this.passed.fault !== undefined
    return typeof this.body === 'string'
  }

  at(pointer: Pointer): unknown {
    if (!this.#isRead) {
      const index = this.#reads ? indexIn(this.#reads.selection.pointers, pointer) : -1
      if (index >= 0 && (this.#values !== undefined || this.#select())) {
        this.#misread ??= this.passed?.fault
        return this.#values![index]
      }
    }
    const found = looksInto(pointer) && pointer !== WHOLE ? this.#inTooLarge(pointer) : undefined
    if (found !== undefined) return found[0]
    const value = getAt(this.body, pointer)
    if (this.bodyError !== undefined) this.#misread ??= this.bodyError
    else if (looksInto(pointer)) this.#misread ??= this.#notJson
    return value
  }

  /** The value, if the body is too large to be read as a whole and can be read from its bytes, as under load. */
  #inTooLarge(pointer: Pointer): readonly unknown[] | undefined {
    this.#readOnce()
    if (!this.#isTooLarge || !isPlainJson(this.headers)) return undefined
    return reader.read(selectPointers([pointer]), this.#bytes, 0, this.#bytes.byteLength) ? reader.values : undefined
  }

  get #notJson(): Fault | undefined {
    const { operation, status } = this
    const isValue = typeof this.#body === 'object' && !(this.#body instanceof Uint8Array)
    if (this.passed || isValue || operation === undefined || status === undefined) return undefined
    const fault = notJson(operation, status, this.header('content-type'), this.isEmpty)
    this.isNotJson ||= fault !== undefined
    return fault
  }

  /** Why nothing was found where a value was looked for since this was asked last: the body is not what it says. */
  takeMisread(): Fault | undefined {
    const misread = this.#misread
    this.#misread = undefined
    return misread
  }

  /** Why the body, which perhaps nothing has read, is not what its Content-Type and Content-Encoding say. */
  get bodyFault(): Fault | undefined {
    if (this.passed) return this.passed.fault
    if (!this.#isRead && this.#values === undefined && !this.isEmpty && !this.#isSound) {
      // A functional run reads it for its record in any case.
      if (this.#reads) this.#read(true)
      else void this.body
    }
    return this.#isTooLarge ? undefined : this.bodyError
  }

  /** Whether its headers promise nothing of the body, or it is JSON that could be read straight from the bytes. */
  get #isSound(): boolean {
    if (!isPlainJson(this.headers)) {
      return !isEncoded(this.headers) && contentTypeOf(this.header('content-type') ?? '').kind !== 'json'
    }
    if (this.#reads) return this.#select()
    return reader.read(nothingWanted, this.#bytes, 0, this.#bytes.byteLength)
  }

  /** Reads all that will be asked for, if it can be read straight from the bytes. */
  #select(): boolean {
    if (this.passed) {
      this.#values = this.passed.values
      return true
    }
    const { selection } = this.#reads!
    if (this.#bytes.byteLength === 0 || !isPlainJson(this.headers)) return false
    if (!reader.read(selection, this.#bytes, 0, this.#bytes.byteLength)) return false
    this.#values = reader.values
    return true
  }
}

/**
 * Why nothing can be found in a body that is not JSON. Undefined for JSON, and for what the description lists for the
 * status: a value that is not there is expected then.
 */
function notJson(
  operation: Operation,
  status: number,
  contentType: string | undefined,
  isEmpty: boolean,
): Fault | undefined {
  const name = nameOfResponse(operation, status)
  const content = name === undefined ? [] : operation.responses[name]!.content
  const fault = (found: string, advice: string): Fault => ({ verb: 'read', thing: 'the body as JSON', found, advice })
  if (isEmpty) {
    const mayBe = content.length === 0 || WITHOUT_BODY.has(status) || operation.method === 'HEAD'
    return mayBe ? undefined : fault('it is empty', `List ${status} without content in the description if it may be.`)
  }
  if (contentType === undefined)
    return fault('it has no Content-Type, and is not JSON', 'Look at what the server sends.')
  if (contentTypeOf(contentType).kind === 'json' || matchMediaType(contentType, content) !== undefined) return undefined
  const advice = 'Look at what the server sends (a login or error page?), or list this type in the description.'
  return fault(`its Content-Type is ${contentType}`, advice)
}

/** Not so if a body is taken as it is: `$response.body#`. */
const looksInto = (pointer: Pointer) => pointer.tokens.length > 0 || pointer === WHOLE || pointer.chain !== undefined

/** There are few: a loop is faster than `indexOf`, which is a call. */
function indexIn(pointers: readonly Pointer[], pointer: Pointer): number {
  for (let index = 0; index < pointers.length; index++) if (pointers[index] === pointer) return index
  return -1
}
