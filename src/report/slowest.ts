import { plain } from '../ground/plain.ts'
import { formatMs } from '../ground/units.ts'
import type { LoadReport, SlowRequest } from '../measure/report.ts'
import type { Entry } from './section.ts'

const MOST = 5

/** `212 ms  pay: POST http://127.0.0.1:3000/pay -> 200, sent at 12.3 s by thread 1`. */
export function describeSlow({ latency, step, request, status, failure, at, thread }: SlowRequest): string {
  const response = status === undefined ? '' : ` -> ${status}`
  const end = failure === undefined ? '' : ` (${failure})`
  return plain(
    `${formatMs(latency)}  ${step}: ${request}${response}${end}, sent at ${formatMs(at)} by thread ${thread}`,
  )
}

/** The slowest requests of the run, where somebody may want to know: no budget was set, or one was not kept. */
export function slowestEntries({ slowest = [], verdicts }: LoadReport): Entry[] {
  if (verdicts.length > 0 && verdicts.every(({ verdict }) => verdict === 'pass')) return []
  return slowest.slice(0, MOST).map(slow => ({ text: describeSlow(slow) }))
}
