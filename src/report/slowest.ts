import { plain } from '../ground/plain.ts'
import { formatMs } from '../ground/units.ts'
import type { LoadReport, SlowRequest } from '../measure/report.ts'
import type { Entry } from './section.ts'
import { threadName } from './thread-name.ts'

const MOST = 5

/** `212 ms  pay: POST http://127.0.0.1:3000/pay -> 200, sent at 12.3 s by thread 2`; of one thread, without it. */
export function describeSlow(
  { latency, step, request, status, failure, at, thread, host, trace }: SlowRequest,
  { threads }: { threads: number },
): string {
  const response = status === undefined ? '' : ` -> ${status}`
  const end = failure === undefined ? '' : ` (${failure})`
  const by = threads > 1 ? ` by thread ${threadName({ thread, host })}` : ''
  const of = trace === undefined ? '' : `, trace ${trace}`
  return plain(`${formatMs(latency)}  ${step}: ${request}${response}${end}, sent at ${formatMs(at)}${by}${of}`)
}

/** Slowest requests of the run, if they may matter: without a budget, or with one that was not kept. */
export function slowestEntries(report: LoadReport): Entry[] {
  const { slowest, verdicts } = report
  if (verdicts.length > 0 && verdicts.every(({ verdict }) => verdict === 'pass')) return []
  return slowest.slice(0, MOST).map(slow => ({ text: describeSlow(slow, report) }))
}
