import { performance } from 'node:perf_hooks'
import { inject } from 'vitest'
import type { Milliseconds } from '../../src/ground/units.ts'
import { isLoopback } from '../../src/http/loopback.ts'
import { readLog } from '../../src/load/applications.ts'
import { systemTime } from '../../src/measure/clock.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import type { Exchange } from '../../src/workflow/outcome.ts'
import { lastLines } from '../server/output-tail.ts'
import type { ProvidedApp } from '../server/servers.ts'
import { knownApplications } from './settings.ts'

const MOST_LINES = 10
const LONGEST_LINE = 300

/**
 * Last output lines of an application that the plugin has started, while it handled a request with a status of 500 or
 * above. Empty if something else responded.
 *
 * @param startedAt start of the run that the times of the exchange refer to, as a time of `systemTime`.
 */
export async function logBehind({ request, response, sent }: Exchange, startedAt: Milliseconds): Promise<string[]> {
  return lastLinesOf(applicationFaulty(request.url, response?.status), startedAt + sent)
}

/** Log under load: the last lines since the first kept failure with a 5xx response. Empty for other failures. */
export async function logBehindLoad({ errors, startedAt }: LoadReport): Promise<string[]> {
  const failures = errors
    .flatMap(({ exemplars }) => exemplars)
    .flatMap(({ url, response, at }) => {
      const app = applicationFaulty(url, response?.status)
      return app === undefined ? [] : [{ app, at }]
    })
    .sort((a, b) => a.at - b.at)
  const [first] = failures
  // Matches the start time of the run, also if the wall clock is changed meanwhile.
  const ago = performance.timeOrigin + performance.now() - Date.parse(startedAt)
  return first === undefined ? [] : lastLinesOf(first.app, systemTime() - ago + first.at)
}

/** The application that responded to a request with a status of 500 or above, if it is one of those. */
function applicationFaulty(url: string, status = 0): ProvidedApp | undefined {
  if (status < 500 || !URL.canParse(url)) return undefined
  return knownApplications().find(({ origin }) => isAt(url, origin))
}

async function lastLinesOf(app: ProvidedApp | undefined, since: Milliseconds): Promise<string[]> {
  const coordinator = inject('vitest-arazzo:coordinator')
  if (app === undefined || coordinator === undefined) return []
  // If Vitest has ended, the log is not needed.
  const log = await readLog(coordinator, app.name, since).catch(() => '')
  return lastLines(log, MOST_LINES).map(line =>
    line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}...` : line,
  )
}

/** Whether a URL is of the application, which may go by several names of this machine. */
function isAt(url: string, origin: string): boolean {
  const [one, other] = [new URL(url), new URL(origin)]
  return one.port === other.port && (one.hostname === other.hostname || (isLoopback(url) && isLoopback(origin)))
}
