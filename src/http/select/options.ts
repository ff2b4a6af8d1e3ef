import type { Bytes } from '../../ground/units.ts'
import type { Rests } from './rests.ts'

export interface JsonReaderOptions {
  /** Most bytes held of one document: unfinished values and names. Default 16 MiB. */
  limit?: Bytes
  /**
   * Decides of which documents the rest is read, behind the last wanted value. Default: what the thread can spend on
   * that.
   */
  rests?: Rests
  /** Whether WebAssembly passes over large values, where the machine has SIMD. Default true. */
  scans?: boolean
}
