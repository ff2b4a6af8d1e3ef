import type { Bytes } from '../../ground/units.ts'

/**
 * Up to this length a document is held, compared with the one before it, and checked in any case: that costs less than
 * to receive it. And so is a rest of a document.
 */
export const SHORT_DOCUMENT: Bytes = 65_536
