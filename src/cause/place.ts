import type { CauseFunction } from '../measure/report.ts'
import type { FunctionTime } from './functions.ts'

/** Longest name that is shown. */
const LONGEST = 200

/** A function as a cause names it, at the line that has most of its time. */
export function placeOf({ file, line, column, lines, ...place }: FunctionTime): CauseFunction {
  const name = place.name.slice(0, LONGEST)
  if (file === undefined) return { name }
  const hottest = [...lines].sort((a, b) => b[1] - a[1])[0]?.[0]
  return { name, file, line: hottest ?? line, column: hottest === undefined ? column : 1 }
}
