import { Buffer } from 'node:buffer'
import { deflateSync, inflateSync } from 'node:zlib'
import { BUCKETS, type Buckets, LONGEST } from './value-counts.ts'

/*
 * HdrHistogram V2, compressed, base64 (https://github.com/HdrHistogram/HdrHistogram): a head, then the count of each
 * bucket up to the last that holds something, and for buckets that hold nothing their number, as a negative one.
 */

/** First bytes of a text and of its compressed content. The four size bits between them are ignored. */
const COMPRESSED = 0x1c849314
const PLAIN = 0x1c849313
const SIZE_BITS = 0xf0
/** Kind, length, offset, digits, and as numbers of 64 bits the least value, the largest, and a ratio. */
const HEAD = 40
const DIGITS = 3
const LEAST = 1
/** A number has so many bytes at most, the last of which has eight bits of it. */
const MOST_BYTES = 9

export function encodeBuckets({ indexes, counts }: Buckets): string {
  const payload: number[] = []
  let next = 0
  for (const [i, index] of indexes.entries()) {
    if (index > next) addNumber(payload, index - next === 1 ? 0 : next - index)
    addNumber(payload, counts[i]!)
    next = index + 1
  }
  if (indexes.length === 0) addNumber(payload, 0)
  const head = Buffer.alloc(HEAD)
  for (const [i, word] of [PLAIN, payload.length, 1, DIGITS, 0, LEAST, 0, LONGEST, 0, 1].entries())
    head.writeUInt32BE(word, 4 * i)
  const packed = deflateSync(Buffer.concat([head, Buffer.from(payload)]))
  const start = Buffer.alloc(8)
  start.writeUInt32BE(COMPRESSED, 0)
  start.writeUInt32BE(packed.length, 4)
  return Buffer.concat([start, packed]).toString('base64')
}

/** Throws for what is not a histogram whose buckets are those of `ValueCounts`. */
export function decodeBuckets(text: string): Buckets {
  const bytes = Buffer.from(text, 'base64')
  assertKind(bytes, COMPRESSED)
  const packed = bytes.subarray(8, 8 + bytes.readUInt32BE(4))
  const plain = inflateSync(packed, { maxOutputLength: HEAD + MOST_BYTES * BUCKETS })
  assertKind(plain, PLAIN)
  const [digits, least] = [plain.readUInt32BE(12), plain.readBigUInt64BE(16)]
  if (digits !== DIGITS || least !== BigInt(LEAST)) throw new RangeError('its buckets are others')
  return bucketsIn(plain.subarray(HEAD, HEAD + plain.readUInt32BE(4)))
}

function bucketsIn(payload: Buffer): Buckets {
  const [indexes, counts]: [number[], number[]] = [[], []]
  let [total, index, at] = [0, 0, 0]
  while (at < payload.length) {
    let [value, factor] = [0, 1]
    for (let byte = 0x80, n = 1; byte >= 0x80; n++, factor *= 0x80) {
      if (at === payload.length || n === MOST_BYTES) throw new RangeError('it has a number that does not end')
      byte = payload[at++]!
      value += (byte & 0x7f) * factor
    }
    if (value % 2 === 1) {
      index += (value + 1) / 2
      continue
    }
    if (value > 0) {
      if (index >= BUCKETS) throw new RangeError('it has more buckets')
      indexes.push(index)
      counts.push(value / 2)
      total += value / 2
    }
    index++
  }
  return { indexes, counts, total }
}

/** Seven bits a byte, the lowest first; negative numbers are the odd ones. */
function addNumber(bytes: number[], number: number): void {
  let rest = number < 0 ? -2 * number - 1 : 2 * number
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80)
  bytes.push(rest)
}

function assertKind(bytes: Buffer, kind: number): void {
  if ((bytes.readUInt32BE(0) & ~SIZE_BITS) !== (kind & ~SIZE_BITS)) throw new RangeError('it is of another kind')
}
