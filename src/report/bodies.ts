import { formatAttempts } from '../budget/cause.ts'
import { uncheckedIn } from '../budget/metrics/share.ts'
import { plain } from '../ground/plain.ts'
import { formatBytes, formatCount } from '../ground/units.ts'
import type { LoadReport } from '../measure/report.ts'

/** `954 attempts at wait`: what the document itself tried again, and no error. */
export function retriedIn({ steps }: LoadReport): string[] {
  const polling = Object.entries(steps).flatMap(([key, { retried }]) =>
    retried ? [`${formatAttempts(retried)} at ${plain(key)}`] : [],
  )
  return polling.length === 0 ? [] : [`${polling.join(', ')}, with a status that the description lists`]
}

/** How large the bodies of each step's responses were, a line a step. */
export function bodySizes({ steps }: LoadReport): string[] {
  return Object.entries(steps).flatMap(([key, { bodies }]) => {
    if (bodies === undefined) return []
    const { responses, bytes, least, most } = bodies
    const size = least === most ? formatBytes(most) : `${formatBytes(least)} to ${formatBytes(most)}`
    const mean = least === most ? '' : `, ${formatBytes(bytes / responses)} in the mean`
    return [`${plain(key)} ${size}${mean}`]
  })
}

/** Bodies, or parts of them, that were not checked. */
export function bodiesInPart(report: LoadReport): string[] {
  const { bodiesReadInPart = 0 } = report
  const bodies = bodiesReadInPart === 1 ? '1 JSON body was' : `${formatCount(bodiesReadInPart)} JSON bodies were`
  const inPart = `${bodies} not checked in full: a fault in what is not read was not seen there`
  const unchecked = uncheckedIn(report.allRequests)
  const found = [...unchecked, ...(bodiesReadInPart > 0 ? [inPart] : [])]
  return found.length === 0 ? [] : [found.join('; ')]
}
