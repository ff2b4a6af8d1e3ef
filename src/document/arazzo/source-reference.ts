import type { Location } from '../../errors.ts'
import type { Reading } from './loaded.ts'

/** `$sourceDescriptions.<source>.<reference>`, also in braces. Operation ids may hold any character. */
export function qualifiedName(written: string): { source: string; reference: string } | undefined {
  const found = /^\{?\$sourceDescriptions\.([^.{}#]+)\.(.+?)\}?$/s.exec(written.trim())
  return found ? { source: found[1]!, reference: found[2]! } : undefined
}

export function notConnected(at: Location, failed: string, found: string, reading: Reading): void {
  reading.problems.add({
    code: 'channels-not-connected',
    at,
    failed,
    found: `${found}, and channels are not connected`,
    hint: 'Only HTTP operations and workflows can be run.',
    firm: true,
  })
}
