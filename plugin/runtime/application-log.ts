import { inject } from 'vitest'
import type { Milliseconds } from '../../src/ground/units.ts'
import { readLog } from '../../src/load/application-log.ts'
import type { Exchange } from '../../src/workflow/outcome.ts'
import { lastLines } from '../server/output-tail.ts'
import { knownApplications } from './application.ts'

const MOST_LINES = 10
const LONGEST_LINE = 300

/**
 * What an application that the plugin has started wrote while it saw to a request, where it responded with a status of
 * 500 or above: the last lines of it. None where something else responded.
 *
 * @param startedAt of the run that the exchange counts its times from, as a time of `systemTime`.
 */
export async function logBehind({ request, response, sent }: Exchange, startedAt: Milliseconds): Promise<string[]> {
  if (response === undefined || response.status < 500 || !URL.canParse(request.url)) return []
  const app = knownApplications().find(({ origin }) => isAt(request.url, origin))
  const coordinator = inject('vitest-arazzo:coordinator')
  if (app === undefined || coordinator === undefined) return []
  // Where Vitest is gone by now, there is nobody to tell.
  const log = await readLog(coordinator, app.name, startedAt + sent).catch(() => '')
  return lastLines(log, MOST_LINES).map(line =>
    line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}...` : line,
  )
}

/** Whether a URL is of the application, which may go by several names of this machine. */
function isAt(url: string, origin: string): boolean {
  const [one, other] = [new URL(url), new URL(origin)]
  return one.port === other.port && (one.hostname === other.hostname || (isHere(one) && isHere(other)))
}

const isHere = ({ hostname }: URL) => hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
