/*
 * Hot: most bytes of most documents pass here and nowhere else. Per response nothing is allocated; the stack of open
 * containers grows by one byte a level and stays for the next document.
 *
 * Written out in the order in which valid JSON comes (key, colon, value, comma) instead of as a machine with states:
 * that is twice as fast (0.8 ns a byte against 1.6). Whatever is not plain sailing, a fault or the end of the chunk,
 * gives up at the last value's start, and `Skipper` goes on from there, which can stop anywhere and knows why.
 * `to` is looked at where a loop could run away and before a value counts as passed: in between, bytes behind `to`
 * may be read, but nothing is concluded from them.
 *
 * Whole numbers are written out once more (as in scalar-end.ts): calling all of that instead makes 10 KB 12 % slower.
 *
 * Tried and dropped: looking for a quote by Buffer.indexOf (a call into C++ costs as much as 60 bytes of the loop, and
 * control characters would pass unseen); comparing bytes of strings one by one instead of by table (10 % slower).
 */
import { CLOSE_BRACE, COLON, COMMA, isSpace, OPEN_BRACE, OPEN_BRACKET, PLAIN, QUOTE } from './bytes.ts'
import { fractionEnd, literalEnd } from './scalar-end.ts'
import type { Stack } from './stack.ts'
import { stringEnd } from './string-end.ts'

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
    // What follows a value: closing brackets, then a comma.
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
