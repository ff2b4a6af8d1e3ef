import type { Milliseconds } from '../../src/ground/units.ts'
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
  const app = knownApplication()
  if (app === undefined || response === undefined || response.status < 500) return []
  return URL.canParse(request.url) && isAt(request.url, app.origin) ? applicationLog(startedAt + sent) : []
}

/** Whether a URL is of the application, which may go by several names of this machine. */
function isAt(url: string, origin: string): boolean {
  const [one, other] = [new URL(url), new URL(origin)]
  return one.port === other.port && (one.hostname === other.hostname || (isHere(one) && isHere(other)))
}

const isHere = ({ hostname }: URL) => hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
