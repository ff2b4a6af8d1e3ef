import type { Lines } from './lines.ts'
import type { Offsets } from './offsets.ts'
import type { YamlFault } from './yaml-fault.ts'

/** What a text holds. */
export interface ParsedText {
  /** Plain values. The same anchor gives the same object; `undefined` when the text is not YAML. */
  readonly value: unknown
  readonly faults: readonly YamlFault[]
  readonly lines: Lines
  readonly offsets: Offsets
}

/**
 * Called for each mapping and sequence once, when it has been filled.
 *
 * @param collection its number among the offsets.
 */
export type OnCollection = (value: object, parent: object | undefined, key: string | number, collection: number) => void

/** The warning for a whole number of more digits than a number can hold; undefined for any other. */
export function impreciseNumber(value: number, source: string, offset: number): YamlFault | undefined {
  if (Number.isSafeInteger(value) || !/^[-+]?\d+$/.test(source)) return undefined
  return {
    code: 'imprecise-number',
    severity: 'warning',
    offset,
    found: `${source} has more digits than a number can hold and is read as ${value}`,
    hint: `Write it as text: "${source}".`,
  }
}
