// Hot: most bytes of large documents pass here.

import { isOpening, OPEN_BRACE, OPEN_BRACKET } from '../bytes.ts'
import { fastSkip } from '../fast-skip.ts'
import type { Stack } from '../stack.ts'
import { base, bring, end, forgetCopies, LEAST_SCANNED } from './bring.ts'
import { memory, type Scan, theScan } from './memory.ts'

/** Fewer items are passed over by one call only where they are containers. */
const FEW = 4
/** The scan keeps the kinds of so many containers. */
const DEEPEST = 62

/** What `items` says besides a place. */
const told = memory === undefined ? undefined : new Uint32Array(memory.buffer, 0, 2)

/**
 * The place behind the value at `from` and all containers around it, or GAVE_UP: as `fastSkip`, which ends what the
 * scan leaves.
 */
export function pass(stack: Stack, place: { at: number }, bytes: Uint8Array, from: number, to: number): number {
  let p = from
  while (to - p >= LEAST_SCANNED && stack.depth < DEEPEST) {
    if (stack.depth === 0 && !isOpening(bytes[p]!)) break
    const scan = theScan()
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
  const scan = isWorthIt ? theScan() : undefined
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
