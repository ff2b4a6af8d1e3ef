import { parsePointer } from '../../src/expression/pointer.ts'
import type { Location } from '../../src/ground/errors.ts'
import type { DocumentLoadTest } from '../../src/load/plan/document-tests.ts'
import type { Frame } from '../failure/positioned-error.ts'
import { optionPlace } from './option-place.ts'

/** Where a load test is written down. */
export interface Site {
  /** Where an option stands, by its JSON Pointer (`/budgets/p99`); `''` is the load test itself. */
  framesOf(path: string): Frame[]
  /** The place of an option in the test file, where it has a line of its own. */
  placeOf(path: string): Location | undefined
}

/**
 * A call in a test file. An option that is written down in it leads to its own line, all else to the call, which is
 * where tests are found by their line.
 */
export function callSite(frames: readonly string[]): Site {
  const [call = '', ...callers] = frames
  const framesOf = (path: string): Frame[] => {
    const at = path === '' ? undefined : optionPlace(call, path)
    return at === undefined ? [...frames] : [{ what: '', at }, ...callers]
  }
  return { framesOf, placeOf: () => undefined }
}

/** An `x-load-test` in a document. */
export function documentSite({ name, placeOf }: Pick<DocumentLoadTest, 'name' | 'placeOf'>): Site {
  return {
    framesOf: path => [
      { what: [name, parsePointer(path).tokens.join('.')].filter(Boolean).join(' > '), at: placeOf(path) },
    ],
    placeOf,
  }
}
