// Hot file, where traces are asked for. Allocated per request: the text of its header.

import { randomBytes } from 'node:crypto'
import { once } from '../../ground/once.ts'

/** Header that tells an application which trace a request belongs to. Source: W3C Trace Context, level 1. */
export const TRACEPARENT = 'traceparent'

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Prefixes of this thread's ids: drawn once, because a draw per request would cost as much as the request. */
const prefixes = once(() => {
  const bytes = randomBytes(24)
  const [trace, span] = [bytes.subarray(0, 8), bytes.subarray(8, 12)]
  // An id of nothing but zeros is not valid.
  trace[0]! |= 1
  span[0]! |= 1
  const seeds = [12, 16, 20].map(at => bytes.readUInt32LE(at)) as [number, number, number]
  return { trace: trace.toString('hex'), span: span.toString('hex'), seeds }
})

let [traces, spans] = [0, 0]

/** A new id of a trace: 32 hexadecimal digits, 16 of them as good as random, by which samplers choose. */
export function newTrace(): string {
  const { trace, seeds } = prefixes()
  const count = traces++
  return trace + wordOf(count, seeds[0]) + wordOf(count, seeds[1])
}

/** Value of the header for a new span of the trace, with the flag that asks for it to be kept. */
export function newTraceparent(trace: string): string {
  const { span, seeds } = prefixes()
  return `00-${trace}-${span}${wordOf(spans++, seeds[2])}-01`
}

/** Another word for each of 2^32 counts that follow one another (the finalizer of MurmurHash3). */
function wordOf(count: number, seed: number): string {
  let word = (count + seed) | 0
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
  word ^= word >>> 16
  return hex[word >>> 24]! + hex[(word >>> 16) & 255]! + hex[(word >>> 8) & 255]! + hex[word & 255]!
}

/** The id of the trace in a header's value; undefined where it is not one. */
export function traceIn(value: string | undefined): string | undefined {
  return value === undefined ? undefined : /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/.exec(value)?.[1]
}
