import { readFileSync } from 'node:fs'
import type { Milliseconds } from '../units.ts'

/**
 * How long the calling thread was ready to run but had to wait for a core, since it began: the second field of Linux's
 * `/proc/thread-self/schedstat`, in nanoseconds (sched-stats in the kernel's documentation). Undefined elsewhere.
 */
export function waitedForCore(): Milliseconds | undefined {
  try {
    return parseSchedstat(readFileSync('/proc/thread-self/schedstat', 'latin1'))
  } catch {
    return undefined
  }
}

export function parseSchedstat(text: string): Milliseconds | undefined {
  const waited = Number(text.split(' ')[1])
  return Number.isFinite(waited) ? waited / 1e6 : undefined
}
