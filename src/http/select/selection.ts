import type { Pointer } from '../../expression/index.ts'

/**
 * What is done with the bytes behind the last wanted value. `check` reads every document to its end. `trust`
 * stops. `sample`, the default, stops too, but reads short documents, the first, and then every 64th to the end, and
 * all of them from the first on in which the rest made a difference.
 */
export type Rest = 'check' | 'trust' | 'sample'

/** What is to be read of the responses of one step: compiled once, shared by all readers of a thread. */
export interface Selection {
  /** Values are handed back in this order. */
  readonly pointers: readonly Pointer[]
  readonly rest: Rest
}

export function selectPointers(pointers: readonly Pointer[], rest: Rest = 'sample'): Selection {
  return { pointers: [...pointers], rest }
}
