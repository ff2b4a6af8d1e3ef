/*
 * Hot: most bytes of most documents pass only here. No allocation per response; the stack of open containers grows by
 * one byte a level and stays for the next document.
 *
 * Written out in the order in which valid JSON comes (key, colon, value, comma) instead of as a machine with states:
 * that is twice as fast (0.8 ns a byte against 1.6). On a fault or at the end of the chunk, it stops at the start of
 * the last value, and `Skipper` continues from there, which can stop anywhere and gives the reason. `to` is checked
 * where a loop could run away, and before a value counts as passed. In between, bytes after `to` may be read but are
 * not used.
 *
 * Whole numbers are written out once more (as in scalar-end.ts): calling all of that instead makes 10 KB 12 % slower.
 *
 * Tried and dropped: looking for a quote by Buffer.indexOf (a call into C++ costs as much as 60 bytes of the loop, and
 * control characters would pass unseen); comparing bytes of strings one by one instead of by table (10 % slower).
 */

import { Buffer } from 'node:buffer'
import { brotliDecompressSync } from 'node:zlib'
import type { Bytes } from '../../ground/units.ts'
import {
  BACKSLASH,
  CLOSE_BRACE,
  COLON,
  COMMA,
  ESCAPE,
  HEX,
  isOpening,
  isSpace,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLAIN,
  QUOTE,
} from './bytes.ts'
import type { Stack } from './containers.ts'
import { MODULE } from './scan-module.ts'

const PAGE: Bytes = 65_536
/** The module's tables stand in the first page. The second is for bytes from elsewhere, the third is lent. */
const COPIES = PAGE
const LENT = 2 * PAGE
/** Behind the third so much more is read, of which nothing is concluded. */
const PAGES = 4

/** The memory that the scan reads; undefined where WebAssembly is missing, or this much address space. */
const memory: WebAssembly.Memory | undefined = make()

function make(): WebAssembly.Memory | undefined {
  try {
    return new WebAssembly.Memory({ initial: PAGES, maximum: PAGES })
  } catch {
    return undefined
  }
}

/** A buffer of 64 KiB within the scan's memory, for one owner: what lies there is scanned without a copy. */
export function lendBuffer(): Buffer {
  return memory === undefined ? Buffer.allocUnsafeSlow(PAGE) : Buffer.from(memory.buffer, LENT, PAGE)
}

interface Scan {
  /**
   * Returns the end of the value and its containers, or 0 if it stopped early; the place to continue is stored
   * separately.
   */
  skip(from: number, to: number, depth: number, low: number, high: number): number
  /**
   * The place behind the commas of so many items of an array from `from` on, or of as many as are whole; that of the
   * bracket where the array ends before. Which of them, the words at memory's start say: how many, and 1 for the end.
   */
  items(from: number, to: number, count: number): number
  /** The place behind `depth` containers of a kind by their brackets alone; 0 where they do not end here. */
  leap(from: number, to: number, depth: number, kind: number, mode: number): number
  /** How many are open at the end, and 1 in a string, 2 behind its backslash. */
  readonly openAt: { value: number }
  readonly modeAt: { value: number }
  /** The place of the first byte that may not stand in a string as it is, or `to`. */
  plainEnd(from: number, to: number): number
  readonly at: { value: number }
  readonly depthAt: { value: number }
  readonly low: { value: number }
  readonly high: { value: number }
}

let scan: Scan | undefined | null = null

/** Scan of the thread. Undefined if there is no memory or no SIMD. */
function threadScan(): Scan | undefined {
  if (scan === null) scan = compile()
  return scan
}

function compile(): Scan | undefined {
  const bytes = brotliDecompressSync(Buffer.from(MODULE, 'base64'))
  if (memory === undefined || !WebAssembly.validate(bytes)) return undefined
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as unknown as Scan
}

/*
 * Hot. What lies in the scan's own memory is read where it is; other bytes are copied there, at most a page at a time
 * and once a chunk (0.05 ns a byte).
 */

/** Shorter values are skipped by JavaScript before a scan could begin. */
const LEAST_SCANNED: Bytes = 96
const LONGEST_COPY: Bytes = 65_536

const all = memory === undefined ? undefined : new Uint8Array(memory.buffer)

/** Bytes that are copied at present, and their range. */
let copied: Uint8Array | undefined
let copiedFrom = 0
let copiedTo = 0

/** Position of the copied bytes in the scan's memory: the first of all by `base`, until before `end`. */
let base = 0
let end = 0

/** Other bytes may stand at the same places now. To be called before each chunk, and after it, to hold it no more. */
export function forgetCopies(): void {
  copied = undefined
}

/** Sees to it that these bytes are in the scan's memory, from `from` on: there they are, or are copied to. */
function bring(bytes: Uint8Array, from: number, to: number): void {
  base = bytes.byteOffset
  end = to
  if (bytes.buffer === all!.buffer) return
  if (bytes !== copied || from < copiedFrom || copiedTo - from < Math.min(LEAST_SCANNED, to - from))
    copy(bytes, from, to)
  base = COPIES - copiedFrom
  end = Math.min(to, copiedTo)
}

function copy(bytes: Uint8Array, from: number, to: number): void {
  copied = bytes
  copiedFrom = from
  copiedTo = Math.min(to, from + LONGEST_COPY)
  all!.set(from === 0 && copiedTo === bytes.length ? bytes : bytes.subarray(from, copiedTo), COPIES)
}

/** A call costs as much as so many bytes of a loop. */
const NEAR: Bytes = 32
const own = memory?.buffer

/**
 * The place of the first byte that may not stand in a string as it is, or `to`. Long strings are looked through by the
 * scan where they lie in its memory.
 */
export function plainEnd(bytes: Uint8Array, from: number, to: number): number {
  const near = Math.min(to, from + NEAR)
  let p = from
  while (p < near && PLAIN[bytes[p]!] !== 0) p++
  if (p < near || p === to) return p
  const scan = bytes.buffer === own ? threadScan() : undefined
  if (scan !== undefined) return scan.plainEnd(bytes.byteOffset + p, bytes.byteOffset + to) - bytes.byteOffset
  while (p < to && PLAIN[bytes[p]!] !== 0) p++
  return p
}

const ARRAYS = 2
const OBJECTS = 4
const IN_STRING = 1
const ESCAPED = 2

/** Whether the machine has SIMD. */
export const canLeap = (): boolean => threadScan() !== undefined

/**
 * Passes over containers by their brackets alone, across as many chunks as it takes: in sound JSON, to where `pass`
 * comes, in a fraction of the time. A fault goes unseen, or makes it come anywhere.
 */
export class Leap {
  isUnderWay = false
  /** How many of that kind are open. */
  #depth = 0
  #kind = ARRAYS
  #mode = 0

  /** The next byte is inside these containers. Without any, it opens the outermost. */
  begin({ containers, depth }: Stack, opening: number, isInString: boolean, isEscaped: boolean): void {
    const outermost = depth === 0 ? opening : containers[1]!
    this.isUnderWay = true
    this.#kind = outermost === OPEN_BRACE ? OBJECTS : ARRAYS
    this.#depth = 0
    for (let n = 1; n <= depth; n++) if (containers[n] === outermost) this.#depth++
    this.#mode = (isInString ? IN_STRING : 0) | (isEscaped ? ESCAPED : 0)
  }

  stop(): void {
    this.isUnderWay = false
  }

  /** The place behind the outermost; -1 if the chunk ends before. */
  over(bytes: Uint8Array, from: number, to: number): number {
    const scan = threadScan()!
    let p = from
    while (p < to) {
      bring(bytes, p, to)
      const behind = scan.leap(base + p, base + end, this.#depth, this.#kind, this.#mode)
      if (behind !== 0) {
        this.isUnderWay = false
        return behind - base
      }
      this.#depth = scan.openAt.value
      this.#mode = scan.modeAt.value
      p = end
    }
    return -1
  }
}

/** Not passed: `place.at` is where to go on, at the start of a value, within the stack as it is. */
export const GAVE_UP = -1

/** The place behind the value at `from` and all containers around it, or GAVE_UP. */
export function fastSkip(stack: Stack, place: { at: number }, bytes: Uint8Array, from: number, to: number): number {
  let containers: Uint8Array = stack.containers
  let depth = stack.depth
  let p = from
  for (;;) {
    const start = p
    const startDepth = depth
    let byte = bytes[p]!
    while (isSpace(byte)) byte = bytes[++p]!
    // A value: only an opened object goes past this, to its first key.
    let opened = false
    if (byte === QUOTE) {
      p++
      while (p < to && PLAIN[bytes[p]!] !== 0) p++
      if (p < to && bytes[p] === QUOTE) p++
      else p = stringEnd(bytes, p, to)
      if (p < 0) return giveUp(stack, startDepth, place, start)
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth === containers.length) containers = stack.grow()
      containers[depth] = byte
      const close = byte + 2
      byte = bytes[++p]!
      while (isSpace(byte)) byte = bytes[++p]!
      if (byte === close) {
        depth--
        p++
      } else if (close === CLOSE_BRACE) {
        opened = true
      } else {
        if (p >= to) return giveUp(stack, startDepth, place, start)
        continue
      }
    } else if (byte > 0x39) {
      p = literalEnd(bytes, p)
      if (p < 0) return giveUp(stack, startDepth, place, start)
    } else {
      if (byte === 0x2d) byte = bytes[++p]!
      if (byte === 0x30) byte = bytes[++p]!
      else if (byte >= 0x31 && byte <= 0x39) {
        do byte = bytes[++p]!
        while (byte >= 0x30 && byte <= 0x39)
      } else return giveUp(stack, startDepth, place, start)
      if (byte === 0x2e || byte === 0x65 || byte === 0x45) p = fractionEnd(bytes, p)
      if (p < 0 || p >= to) return giveUp(stack, startDepth, place, start)
    }
    // A value is followed by closing brackets, then a comma.
    while (!opened) {
      if (p > to) return giveUp(stack, startDepth, place, start)
      if (depth === 0) {
        stack.depth = 0
        return p
      }
      byte = bytes[p]!
      while (isSpace(byte)) byte = bytes[++p]!
      if (byte === COMMA) {
        byte = bytes[++p]!
        break
      }
      if (byte !== containers[depth]! + 2) return giveUp(stack, startDepth, place, start)
      depth--
      p++
    }
    if (containers[depth] === OPEN_BRACE) {
      while (isSpace(byte)) byte = bytes[++p]!
      if (byte !== QUOTE) return giveUp(stack, startDepth, place, start)
      p++
      while (p < to && PLAIN[bytes[p]!] !== 0) p++
      if (p < to && bytes[p] === QUOTE) p++
      else p = stringEnd(bytes, p, to)
      if (p < 0) return giveUp(stack, startDepth, place, start)
      byte = bytes[p]!
      while (isSpace(byte)) byte = bytes[++p]!
      if (byte !== COLON) return giveUp(stack, startDepth, place, start)
      p++
    }
    if (p >= to) return giveUp(stack, startDepth, place, start)
  }
}

function giveUp(stack: Stack, depth: number, place: { at: number }, start: number): number {
  stack.depth = depth
  place.at = start
  return GAVE_UP
}

// Hot: most bytes of large documents pass here.

/** Fewer items are passed over by one call only where they are containers. */
const FEW = 4
/** The scan keeps the kinds of so many containers. */
const DEEPEST = 62

/** Further results of `items`. */
const told = memory === undefined ? undefined : new Uint32Array(memory.buffer, 0, 2)

/**
 * The place behind the value at `from` and all containers around it, or GAVE_UP: as `fastSkip`, which ends what the
 * scan leaves.
 */
export function pass(stack: Stack, place: { at: number }, bytes: Uint8Array, from: number, to: number): number {
  let p = from
  while (to - p >= LEAST_SCANNED && stack.depth < DEEPEST) {
    if (stack.depth === 0 && !isOpening(bytes[p]!)) break
    const scan = threadScan()
    if (scan === undefined) break
    bring(bytes, p, to)
    const behind = scan.skip(base + p, base + end, stack.depth, lowBits(stack), highBits(stack))
    if (behind !== 0) {
      stack.depth = 0
      return behind - base
    }
    const at = scan.at.value - base
    if (at === p) break
    around(stack, scan)
    p = at
    // The end of the chunk or a fault is near; where only the copy ended, there is more.
    if (end === to) break
    forgetCopies()
  }
  return fastSkip(stack, place, bytes, p, to)
}

/** The array ends before its next item that is wanted. */
export const CLOSED = -1

/**
 * How many of the next `count` items of an array are passed over: as many as the scan finds whole, each with its comma,
 * and `place.at` is behind the last; or CLOSED, and it is that of the bracket.
 */
export function passItems(place: { at: number }, bytes: Uint8Array, from: number, to: number, count: number): number {
  const isWorthIt = to - from >= LEAST_SCANNED && (count >= FEW || isOpening(bytes[from]!))
  const scan = isWorthIt ? threadScan() : undefined
  if (scan === undefined) return 0
  bring(bytes, from, to)
  place.at = scan.items(base + from, base + end, count) - base
  return told![1] === 1 ? CLOSED : told![0]!
}

/** The kinds of the open containers, a bit each, the innermost lowest: 1 for objects. */
function lowBits({ containers, depth }: Stack): number {
  let bits = 0
  for (let n = Math.max(1, depth - 31); n <= depth; n++) bits = (bits << 1) | (containers[n] === OPEN_BRACE ? 1 : 0)
  return bits
}

function highBits({ containers, depth }: Stack): number {
  let bits = 0
  for (let n = 1; n <= depth - 32; n++) bits = (bits << 1) | (containers[n] === OPEN_BRACE ? 1 : 0)
  return bits
}

/** The containers that are open where the scan gave up. */
function around(stack: Stack, { depthAt, low, high }: Scan): void {
  const depth = depthAt.value
  while (stack.containers.length <= depth) stack.grow()
  stack.depth = depth
  for (let n = 0; n < depth; n++) {
    const bit = n < 32 ? (low.value >>> n) & 1 : (high.value >>> (n - 32)) & 1
    stack.containers[depth - n] = bit === 1 ? OPEN_BRACE : OPEN_BRACKET
  }
}

/**
 * The place behind the closing quote of the string whose first byte, behind the opening quote, is at `from`; -1 when
 * it does not end before `to` or is not a string. Allocates nothing.
 */
export function stringEnd(bytes: Uint8Array, from: number, to: number): number {
  const p = plainEnd(bytes, from, to)
  if (p >= to) return -1
  return bytes[p] === QUOTE ? p + 1 : escapedEnd(bytes, p, to)
}

function escapedEnd(bytes: Uint8Array, from: number, to: number): number {
  let p = from
  while (p < to) {
    const byte = bytes[p]!
    if (byte === QUOTE) return p + 1
    if (byte !== BACKSLASH || p + 1 >= to) return -1
    const kind = ESCAPE[bytes[p + 1]!]!
    if (kind === 0) return -1
    p += 2
    if (kind === 2) {
      if (p + 4 > to) return -1
      if ((HEX[bytes[p]!]! & HEX[bytes[p + 1]!]! & HEX[bytes[p + 2]!]! & HEX[bytes[p + 3]!]!) === 0) return -1
      p += 4
    }
    p = plainEnd(bytes, p, to)
  }
  return -1
}

/**
 * Returns the end of the number, `true`, `false` or `null` at `from`, or -1 if there is no such value or if the byte
 * after a number is not before `to`. Bytes after `to` may be read but are not used. Allocates nothing.
 */
export function scalarEnd(bytes: Uint8Array, from: number, to: number): number {
  let p = from
  let byte = bytes[p]!
  if (byte > 0x39) {
    p = literalEnd(bytes, p)
    return p > to ? -1 : p
  }
  if (byte === 0x2d) byte = bytes[++p]!
  if (byte === 0x30) byte = bytes[++p]!
  else if (byte >= 0x31 && byte <= 0x39) {
    do byte = bytes[++p]!
    while (byte >= 0x30 && byte <= 0x39)
  } else return -1
  if (byte === 0x2e || byte === 0x65 || byte === 0x45) p = fractionEnd(bytes, p)
  return p >= to ? -1 : p
}

/** The place behind `true`, `false` or `null` at `from`; -1 for other bytes. */
function literalEnd(bytes: Uint8Array, from: number): number {
  const byte = bytes[from]
  if (byte === 0x74)
    return bytes[from + 1] === 0x72 && bytes[from + 2] === 0x75 && bytes[from + 3] === 0x65 ? from + 4 : -1
  if (byte === 0x6e)
    return bytes[from + 1] === 0x75 && bytes[from + 2] === 0x6c && bytes[from + 3] === 0x6c ? from + 4 : -1
  if (byte !== 0x66 || bytes[from + 1] !== 0x61 || bytes[from + 2] !== 0x6c) return -1
  return bytes[from + 3] === 0x73 && bytes[from + 4] === 0x65 ? from + 5 : -1
}

/** The place behind a number's fraction or exponent, or both, at `from`; -1 for other bytes. */
function fractionEnd(bytes: Uint8Array, from: number): number {
  let p = from
  let byte = bytes[p]!
  if (byte === 0x2e) {
    byte = bytes[++p]!
    if (!(byte >= 0x30 && byte <= 0x39)) return -1
    do byte = bytes[++p]!
    while (byte >= 0x30 && byte <= 0x39)
  }
  if (byte === 0x65 || byte === 0x45) {
    byte = bytes[++p]!
    if (byte === 0x2b || byte === 0x2d) byte = bytes[++p]!
    if (!(byte >= 0x30 && byte <= 0x39)) return -1
    do byte = bytes[++p]!
    while (byte >= 0x30 && byte <= 0x39)
  }
  return p
}
