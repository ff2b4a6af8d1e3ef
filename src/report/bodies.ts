import { formatCount } from '../ground/units.ts'
import type { LoadReport } from '../measure/report.ts'

/** What of bodies was not looked at. */
export function bodiesInPart({ bodiesReadInPart = 0 }: LoadReport): string | undefined {
  if (bodiesReadInPart === 0) return undefined
  const bodies = bodiesReadInPart === 1 ? '1 JSON body was' : `${formatCount(bodiesReadInPart)} JSON bodies were`
  return `${bodies} not checked in full: a fault in what is not read was not seen there`
}
