import { formatCount } from '../../src/ground/units.ts'

/** A test with warnings: how many, and of which file. */
export interface Warned {
  count: number
  module: string
  test: string
}

/** Tests that are named; of more only how many there are. */
const SHOWN = 3

/** How many warnings there were, and where, as a line of Vitest's summary: they made no test fail. */
export function warningLine(warned: readonly Warned[]): string {
  const count = warned.reduce((sum, { count }) => sum + count, 0)
  const places = warned.map(({ module, test }) => `${module} > ${test}`).sort()
  const named = places.slice(0, SHOWN)
  const more = places.length - named.length
  const others = more > 0 ? ` and ${more} more ${more === 1 ? 'test' : 'tests'}` : ''
  return `   Warnings  ${formatCount(count)} in ${named.join(', ')}${others}`
}
