import type { Bytes } from '../ground/units.ts'

/** Body, its text and its value take at most so many times the body: `[{},{},` takes 2 + 146 / 3. */
const MOST_TIMES = 51

/**
 * Memory that an item adds to that of `JSON.parse` at its highest, in V8 on 64 bits. Measured with long bodies of one
 * kind of item (test/attack/decoded.test.ts): the parser has a list and a handle for each item, and its value.
 */
const CONTAINER: Bytes = 120
const SLOT: Bytes = 26
const STRING: Bytes = 24
const KEY: Bytes = 384
const NUMBER: Bytes = 20

/** Numerals of more digits have an object of their own; those with more than 15 are read twice. */
const SMALL_DIGITS = 9
const EXACT_DIGITS = 15

const QUOTE = 0x22
const BACKSLASH = 0x5c
/** Keys count once, by a hash of 22 bits. Source: Fowler, Noll, Vo, FNV-1a. */
const HASHES = 2 ** 22
const FNV_START = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** So much is always allowed, since limits that keep long bodies out may be short. */
const LEAST_ROOM: Bytes = 2 ** 24

/**
 * Estimates the memory that a decoded body takes while it is read: its bytes, its text, and, of JSON, its value.
 * Returns it if it is more than twice `most`, and more than 16 MiB.
 *
 * @param charset in lower case.
 */
export function excessiveMemory(content: Uint8Array, charset: string, isJson: boolean, most: Bytes): Bytes | undefined {
  const { length } = content
  const room = Math.max(2 * most, LEAST_ROOM)
  if (length * MOST_TIMES <= room) return undefined
  const text = charset === 'utf-8' ? textIn(content, 0, length) : 3 * length
  const { value, isReadTwice } = isJson ? sizesOfValue(content) : { value: 0, isReadTwice: false }
  const memory = length + (text + value) * (isReadTwice ? 2 : 1)
  return memory > room ? memory : undefined
}

/** Memory of text in UTF-8: a byte for each character, or two if one is beyond Latin-1. */
function textIn(content: Uint8Array, from: number, to: number): Bytes {
  let characters = 0
  let isWide = false
  for (let i = from; i < to; i++) {
    const byte = content[i]!
    if ((byte & 0xc0) !== 0x80) characters++
    if (byte >= 0xc4) isWide = true
    // Characters of four bytes are two in UTF-16.
    if (byte >= 0xf0) characters++
  }
  return isWide ? 2 * characters : characters
}

/** Memory of the value of JSON, which is not checked. */
function sizesOfValue(content: Uint8Array) {
  const known = new Uint8Array(HASHES)
  let value = STRING
  let digits = 0
  let isReadTwice = false
  for (let i = 0; i < content.length; i++) {
    const byte = content[i]!
    if (byte >= 0x30 && byte <= 0x39) {
      digits++
      if (digits === SMALL_DIGITS + 1) value += NUMBER
      if (digits > EXACT_DIGITS) isReadTwice = true
      continue
    }
    if (byte === 0x2e) value += NUMBER
    digits = 0
    if (byte === 0x7b || byte === 0x5b) value += CONTAINER
    else if (byte === 0x2c) value += SLOT
    else if (byte === QUOTE) {
      const from = i + 1
      let hash = FNV_START
      for (i = from; i < content.length && content[i] !== QUOTE; i++) {
        hash = Math.imul(hash ^ content[i]!, FNV_PRIME)
        if (content[i] === BACKSLASH) i++
      }
      const place = hash >>> 10
      if (content[i + 1] !== 0x3a) value += STRING + textIn(content, from, i)
      else if (known[place] === 0) {
        known[place] = 1
        value += KEY + textIn(content, from, i)
      }
    }
  }
  return { value, isReadTwice }
}
