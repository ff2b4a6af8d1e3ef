import type { ShownExchange } from '../../src/measure/report.ts'
import { applicationLog } from '../coordinator/client.ts'
import { knownApplication } from './application.ts'

type Exchanged = { url: string; status: number | undefined }

/**
 * The last lines of the log of the application that the plugin has started, where it has responded with a status of 500
 * or above; else none.
 */
export async function logBehind(exchanges: readonly Exchanged[]): Promise<string[]> {
  const app = knownApplication()
  if (app === undefined) return []
  const isOurs = ({ url, status = 0 }: Exchanged) => status >= 500 && URL.canParse(url) && isAt(url, app.origin)
  return exchanges.some(isOurs) ? applicationLog() : []
}

/** Of an exchange as reports have it. */
export const exchanged = ({ url, response }: ShownExchange): Exchanged => ({ url, status: response?.status })

/** Whether a URL is of the application, which may go by several names of this machine. */
function isAt(url: string, origin: string): boolean {
  const [one, other] = [new URL(url), new URL(origin)]
  return one.port === other.port && (one.hostname === other.hostname || (isHere(one) && isHere(other)))
}

const isHere = ({ hostname }: URL) => hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
