/*
 * Hot, once a wanted value. Allocates the value and nothing else: no subarray, and for a number no string. Strings
 * without escapes are cut out by V8 (45 ns); numbers of up to 15 digits are added up here (5 ns; by way of a string
 * 90).
 */

import { Buffer } from 'node:buffer'
import { exactNumber, parseJson } from '../../ground/json.ts'
import type { Bytes } from '../../ground/units.ts'
import { BACKSLASH, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes.ts'

/** Larger buffers are released. */
const MOST_KEPT: Bytes = 2 ** 20
/** A copy of more is made by a call. */
const NEAR_OUTPUT: Bytes = 64

/** Bytes of a document that are kept, one behind the other. Its memory is used again. */
export class Output {
  size: Bytes = 0
  bytes = Buffer.allocUnsafeSlow(4096)

  clear(): void {
    this.size = 0
  }

  letGo(most = MOST_KEPT): void {
    if (this.bytes.length > most) this.bytes = Buffer.allocUnsafeSlow(4096)
  }

  put(bytes: Uint8Array, from: number, to: number): void {
    const end = this.size + to - from
    if (end > this.bytes.length) this.#grow(end)
    if (to - from > NEAR_OUTPUT) this.bytes.set(bytes.subarray(from, to), this.size)
    else {
      const mine = this.bytes
      let at = this.size
      for (let p = from; p < to; p++) mine[at++] = bytes[p]!
    }
    this.size = end
  }

  putByte(byte: number): void {
    if (this.size === this.bytes.length) this.#grow(this.size + 1)
    this.bytes[this.size++] = byte
  }

  #grow(most: Bytes): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(most, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.size)
    this.bytes = larger
  }
}

const utf8 = (bytes: Uint8Array, from: number, to: number): string =>
  (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).toString(
    'utf8',
    from,
    to,
  )

/** The value that these bytes are; they have been checked. */
export function jsonValue(bytes: Uint8Array, from: number, to: number): unknown {
  switch (bytes[from]) {
    case QUOTE:
      return jsonString(bytes, from, to)
    case OPEN_BRACE:
    case OPEN_BRACKET:
      return parseJson(utf8(bytes, from, to))
    case 0x74:
      return true
    case 0x66:
      return false
    case 0x6e:
      return null
    default:
      return jsonNumber(bytes, from, to)
  }
}

/** `from` and `to` include the quotes. */
export function jsonString(bytes: Uint8Array, from: number, to: number): string {
  const first = from + 1
  const end = to - 1
  const length = end - first
  let bits = 0
  for (let p = first; p < end; p++) {
    const byte = bytes[p]!
    if (byte === BACKSLASH) return JSON.parse(utf8(bytes, from, to))
    bits |= byte
  }
  return length <= SHORT_STRING && bits < 0x80 ? shortString(bytes, first, length) : utf8(bytes, first, end)
}

const SHORT_STRING = 16
const { fromCharCode } = String

/** ASCII, made without a call out of JavaScript. */
function shortString(bytes: Uint8Array, at: number, length: number): string {
  if (length < 4) return upTo3(bytes, at, length)
  const four = fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!)
  return length === 4 ? four : four + shortString(bytes, at + 4, length - 4)
}

function upTo3(bytes: Uint8Array, at: number, length: number): string {
  if (length === 0) return ''
  if (length === 1) return fromCharCode(bytes[at]!)
  if (length === 2) return fromCharCode(bytes[at]!, bytes[at + 1]!)
  return fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!)
}

/** Powers of ten that a double holds exactly. */
const TENS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

/**
 * Up to 15 digits fit a double exactly, and so do powers of ten up to 22: their quotient is rounded once, as reading
 * the whole number is. Source: Clinger, How to Read Floating Point Numbers Accurately (1990).
 */
function jsonNumber(bytes: Uint8Array, from: number, to: number): number | bigint {
  if (to - from > 17) return exactNumber(utf8(bytes, from, to))
  const isNegative = bytes[from] === 0x2d
  let sum = 0
  let point = -1
  let digits = 0
  for (let p = isNegative ? from + 1 : from; p < to; p++) {
    const byte = bytes[p]!
    if (byte === 0x2e) {
      point = p
      continue
    }
    if (byte > 0x39 || ++digits > 15) return exactNumber(utf8(bytes, from, to))
    sum = sum * 10 + byte - 0x30
  }
  if (point >= 0) sum /= TENS[to - point - 1]!
  return isNegative ? -sum : sum
}
