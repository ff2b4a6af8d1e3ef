import type { Fault } from '../ground/fault.ts'
import type { Bytes } from '../ground/units.ts'
import type { Selection } from './select/index.ts'

/** What will be asked of the bodies of one step's responses: made once, the same object for every request. */
export interface ResponseReads {
  /** Values wanted of JSON; perhaps none. */
  readonly selection: Selection
  /** The body is wanted as a whole, however long it is. */
  readonly whole: boolean
  /** The body is checked: it is held if it is short or encoded, and a longer one has to be valid JSON if it says so. */
  readonly hold: boolean
}

/**
 * A body that was not held: of a long one only the wanted values were read, of an unwanted one the bytes were counted.
 */
export interface PassedBody {
  readonly size: Bytes
  /** Its first bytes; only valid during the call. */
  readonly start: Uint8Array
  /** Values as in `selection.pointers`; only valid during the call. */
  readonly values: readonly unknown[]
  /** Why it is not the JSON that its headers say. */
  readonly fault: Fault | undefined
  /** Whether it has a Content-Encoding, which was not decoded. */
  readonly isEncoded: boolean
}
