import { ended } from '../../src/ground/fault.ts'
import { grouped } from '../../src/ground/group.ts'
import { plain } from '../../src/ground/plain.ts'
import { formatCount } from '../../src/ground/units.ts'
import { NOT_COMPARED } from '../runtime/notes.ts'
import type { RunTest } from './run-tests.ts'

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
  return `   Warnings  ${formatCount(count)} in ${named(places)}`
}

/** A line for each reason for which load tests were not compared, with their names. */
export function uncomparedLines(tests: readonly RunTest[]): string[] {
  const found = tests.flatMap(({ name, comparison, unaffected, notCompared: [first] }) => {
    const why = unaffected ?? first?.slice(first.indexOf(NOT_COMPARED))
    return why === undefined || comparison ? [] : [{ name: plain(name), why }]
  })
  return [...grouped(found, ({ why }) => why)].map(
    ([why, of]) => `   ${named(of.map(({ name }) => name))}: ${plain(ended(why))}`,
  )
}

function named(names: readonly string[]): string {
  const more = names.length - SHOWN
  const others = more > 0 ? ` and ${more} more ${more === 1 ? 'test' : 'tests'}` : ''
  return `${names.slice(0, SHOWN).join(', ')}${others}`
}
