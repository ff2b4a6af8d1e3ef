import type { Fault } from '../../ground/fault.ts'
import { type Bytes, formatBytes } from '../../ground/units.ts'

/** Instead of the byte at fault: the document ended, more would have to be held than is allowed, or it is not UTF-8. */
export const ENDED = -1
export const TOO_LARGE = -2
export const NOT_UTF8 = -3

/**
 * `byte` is what was found at `offset`, or one of the above.
 * @param isRough whether not all before it was checked.
 */
export function describeFault(offset: number, byte: number, limit: Bytes, isRough: boolean): Fault {
  const fault = (found: string, advice?: string): Fault => ({ verb: 'read', thing: 'the body as JSON', found, advice })
  const before = isRough ? ', or there is a fault before that' : ''
  if (byte === ENDED) {
    const found = `it ends after ${offset} bytes, before its value is complete${before}`
    return fault(offset === 0 ? 'it is empty' : found)
  }
  if (byte === NOT_UTF8)
    return fault(`its text is not UTF-8 at byte ${offset}`, 'Send JSON as UTF-8, or name its charset in Content-Type.')
  if (byte !== TOO_LARGE) return fault(`unexpected ${nameOf(byte)} at byte ${offset}${before}`)
  const found = `a value that is read from it is still not complete after ${formatBytes(limit)}`
  return fault(found, 'Read a smaller part of it, or raise the limit.')
}

function nameOf(byte: number): string {
  if (byte > 0x20 && byte < 0x7f) return JSON.stringify(String.fromCharCode(byte))
  return `byte 0x${byte.toString(16).padStart(2, '0')}`
}
