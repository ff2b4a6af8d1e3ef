import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import type { Bytes } from '../../ground/units.ts'
import { collapsedIn } from './collapsed.ts'
import { isPprof, pprofIn } from './pprof.ts'
import type { OutsideStack } from './stacks.ts'

/** Longest profile that is read. */
export const LONGEST: Bytes = 64_000_000

/** Stacks of a profile: collapsed text, or that of pprof. Throws the reason if it is neither. */
export function stacksIn(bytes: Uint8Array): OutsideStack[] {
  const stacks = isPprof(bytes) ? pprofIn(bytes) : collapsedIn(new TextDecoder().decode(bytes))
  if (stacks === undefined) throw new Error('it has neither collapsed stacks nor the format of pprof')
  if (stacks.length === 0) throw new Error('it has no samples')
  return stacks
}

/** The bytes of a regular file. Throws the reason if it cannot be read. */
export function bytesOf(path: string): Uint8Array {
  // A pipe would be waited for without end.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) throw new Error('it is no regular file')
    if (stat.size > LONGEST) throw new Error('it is too long')
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}
