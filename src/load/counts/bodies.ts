import type { BodyStatistics } from '../../measure/report.ts'

export const noBodies = (): BodyStatistics => ({ responses: 0, bytes: 0, least: Number.POSITIVE_INFINITY, most: 0 })

/** Counts a response whose body has so many bytes. */
export function countBody(counts: BodyStatistics, size: number): void {
  counts.responses++
  counts.bytes += size
  if (size < counts.least) counts.least = size
  if (size > counts.most) counts.most = size
}
