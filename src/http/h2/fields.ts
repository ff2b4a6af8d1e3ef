const FRAME_HEADER = 9
const HEADERS = 1
const CONTINUATION = 9
const END_HEADERS = 4
const PADDED = 8
const PRIORITY = 32

/**
 * Counts the fields of each header that comes on a connection, by the structure of frames and of HPACK alone. Node
 * leaves out fields that RFC 9113 forbids (CR, LF or NUL in a value), though a response that has one is malformed: if
 * Node hands on fewer than have come, it has left some out.
 */
export class FieldCounts {
  /** Counts of headers that Node has not passed on yet, by stream. */
  readonly #counts = new Map<number, number[]>()
  readonly #head = Buffer.alloc(FRAME_HEADER)
  #headLength = 0
  /** Bytes of the current frame that are still to come. */
  #left = 0
  /** Its header's bytes; undefined for a frame without. */
  #parts: Buffer[] | undefined
  /** Header that goes on in the next frame. */
  #block: Buffer[] = []

  feed(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#headLength < FRAME_HEADER) {
        const copied = chunk.copy(this.#head, this.#headLength, at)
        this.#headLength += copied
        at += copied
        if (this.#headLength === FRAME_HEADER) this.#begin()
        continue
      }
      const end = Math.min(chunk.length, at + this.#left)
      this.#parts?.push(chunk.subarray(at, end))
      this.#left -= end - at
      at = end
      if (this.#left === 0) this.#end()
    }
  }

  /** Fields of the next header of a stream that is handed on. */
  take(stream: number): number | undefined {
    return this.#counts.get(stream)?.shift()
  }

  forget(stream: number): void {
    this.#counts.delete(stream)
  }

  #begin(): void {
    this.#left = this.#head.readUIntBE(0, 3)
    const type = this.#head[3]
    this.#parts = type === HEADERS || type === CONTINUATION ? [] : undefined
    if (this.#left === 0) this.#end()
  }

  #end(): void {
    this.#headLength = 0
    if (this.#parts === undefined) return
    const flags = this.#head[4]!
    const payload = Buffer.concat(this.#parts)
    this.#parts = undefined
    if (this.#head[3] === CONTINUATION) this.#block.push(payload)
    else this.#block = [fragmentOf(payload, flags)]
    if ((flags & END_HEADERS) === 0) return
    const stream = this.#head.readUInt32BE(5) % 2 ** 31
    const counts = this.#counts.get(stream) ?? []
    this.#counts.set(stream, counts)
    counts.push(countFields(Buffer.concat(this.#block)))
    this.#block = []
  }
}

/** The part of a HEADERS frame that is the header. Source: RFC 9113, 6.2. */
function fragmentOf(payload: Buffer, flags: number): Buffer {
  const isPadded = (flags & PADDED) !== 0
  const from = (isPadded ? 1 : 0) + (flags & PRIORITY ? 5 : 0)
  return payload.subarray(from, payload.length - (isPadded ? payload[0]! : 0))
}

/** How many fields a header of HPACK has. Source: RFC 7541, 5 and 6. */
export function countFields(block: Buffer): number {
  let at = 0
  const readInteger = (bits: number): number => {
    const most = 2 ** bits - 1
    let value = block[at++]! & most
    if (value < most) return value
    for (let unit = 1; at < block.length; unit *= 128) {
      const byte = block[at++]!
      value += (byte & 127) * unit
      if (byte < 128) break
    }
    return value
  }
  const skipText = () => {
    const length = readInteger(7)
    at += length
  }
  let fields = 0
  while (at < block.length) {
    const kind = block[at]!
    // A change of the table's size is no field.
    if (kind >= 0x20 && kind < 0x40) {
      readInteger(5)
      continue
    }
    fields++
    if (kind >= 0x80) readInteger(7)
    else {
      if (readInteger(kind >= 0x40 ? 6 : 4) === 0) skipText()
      skipText()
    }
  }
  return fields
}
