import { readFileSync } from 'node:fs'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'

/**
 * How long the calling thread was ready to run but had to wait for a core, since it began: the second field of Linux's
 * `/proc/thread-self/schedstat`, in nanoseconds (sched-stats in the kernel's documentation). Undefined elsewhere.
 */
export function waitedForCore(): Milliseconds | undefined {
  return tried(() => parseSchedstat(readFileSync('/proc/thread-self/schedstat', 'latin1')))
}

export function parseSchedstat(text: string): Milliseconds | undefined {
  const bytes = Buffer.from(text, 'latin1')
  return waitIn(bytes, bytes.length)
}

const SPACE = 0x20
const ZERO = 0x30

/** Does as `parseSchedstat`, of the bytes that were read: nothing is allocated. */
export function waitIn(bytes: Uint8Array, length: number): Milliseconds | undefined {
  let nanoseconds = 0
  const from = bytes.indexOf(SPACE) + 1
  for (let i = from; i < length && bytes[i] !== SPACE; i++) {
    const digit = bytes[i]! - ZERO
    if (digit < 0 || digit > 9) return undefined
    nanoseconds = nanoseconds * 10 + digit
  }
  return from > 0 && from < length ? nanoseconds / 1e6 : undefined
}
