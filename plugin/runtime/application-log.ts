import { performance } from 'node:perf_hooks'
import type { Milliseconds } from '../../src/ground/units.ts'
import { systemTime } from '../../src/measure/clock.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import type { Exchange } from '../../src/workflow/outcome.ts'
import { applicationLog } from '../coordinator/client.ts'
import { knownApplication } from './application.ts'

/**
 * What the application that the plugin has started wrote while it saw to a request, where it responded with a status of
 * 500 or above: the last lines of it. None where something else responded.
 *
 * @param startedAt of the run that the exchange counts its times from, as a time of `systemTime`.
 */
export async function logBehind({ request, response, sent }: Exchange, startedAt: Milliseconds): Promise<string[]> {
  return isFaultOfIts(request.url, response?.status) ? applicationLog(startedAt + sent) : []
}

/**
 * The same under load: the last lines since the first of the failures that were kept to which it responded so. A load
 * whose failures are of another kind has none.
 */
export async function logBehindLoad({ errors, startedAt }: LoadReport): Promise<string[]> {
  const failures = errors.flatMap(({ exemplars }) => exemplars)
  const times = failures.flatMap(({ url, response, at }) => (isFaultOfIts(url, response?.status) ? [at] : []))
  // As the run tells when it began: where the wall clock is set meanwhile, both stay what they were.
  const ago = performance.timeOrigin + performance.now() - Date.parse(startedAt)
  return times.length === 0 ? [] : applicationLog(systemTime() - ago + Math.min(...times))
}

function isFaultOfIts(url: string, status = 0): boolean {
  const app = knownApplication()
  return app !== undefined && status >= 500 && URL.canParse(url) && isAt(url, app.origin)
}

/** Whether a URL is of the application, which may go by several names of this machine. */
function isAt(url: string, origin: string): boolean {
  const [one, other] = [new URL(url), new URL(origin)]
  return one.port === other.port && (one.hostname === other.hostname || (isHere(one) && isHere(other)))
}

const isHere = ({ hostname }: URL) => hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
