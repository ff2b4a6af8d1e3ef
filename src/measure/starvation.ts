import type { Milliseconds, Share } from '../ground/units.ts'

/** Time between two looks at what an application waits for. */
export const LOOK: Milliseconds = 200
/** An application that waits for no more than this is hardly held up. */
export const CALM: Share = 0.05
/** Cores that others may use without being noticed. */
export const OTHERS = 0.15
