import { failed } from '../../ground/fault.ts'
import { type Bytes, formatBytes } from '../../ground/units.ts'

/** Instead of the byte at fault: the document ended, or more would have to be held than is allowed. */
export const ENDED = -1
export const TOO_LARGE = -2

/** `byte` is what was found at `offset`, or one of the above. */
export function describeFault(offset: number, byte: number, limit: Bytes): string {
  if (byte === ENDED) {
    const found = offset === 0 ? 'it is empty' : `it ends after ${offset} bytes, before its value is complete`
    return failed('read', 'the body as JSON', found)
  }
  if (byte === TOO_LARGE) {
    const found = `a value that is read from it is still not complete after ${formatBytes(limit)}`
    return failed('read', 'the body as JSON', found, 'Read a smaller part of it, or raise the limit.')
  }
  return failed('read', 'the body as JSON', `unexpected ${nameOf(byte)} at byte ${offset}`)
}

function nameOf(byte: number): string {
  if (byte > 0x20 && byte < 0x7f) return JSON.stringify(String.fromCharCode(byte))
  return `byte 0x${byte.toString(16).padStart(2, '0')}`
}
