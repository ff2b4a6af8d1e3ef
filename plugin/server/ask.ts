import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Milliseconds } from '../../src/ground/units.ts'

/** What one GET found. */
export type AskOutcome =
  | { kind: 'status'; status: number; server?: string }
  /** Nobody listens. */
  | { kind: 'refused' }
  /** Somebody listens, but there was no HTTP response: reset, another protocol, silence until the time was over. */
  | { kind: 'no response'; reason: string }

/** Asks once. Never rejects. Certificates are not checked: nothing is sent, and only the status is read. */
export function askOnce(url: string, timeout: Milliseconds): Promise<AskOutcome> {
  return new Promise(resolve => {
    const request = url.startsWith('https:') ? httpsRequest : httpRequest
    const call = request(url, {
      agent: false,
      rejectUnauthorized: false,
      signal: AbortSignal.timeout(Math.ceil(timeout)),
    })
    call.on('response', response => {
      response.on('error', () => {})
      response.destroy()
      resolve({ kind: 'status', status: response.statusCode ?? 0, server: response.headers.server?.toString() })
    })
    call.on('error', (error: NodeJS.ErrnoException) => {
      if (isRefusal(error)) return resolve({ kind: 'refused' })
      const silent = error.name === 'AbortError' || error.name === 'TimeoutError'
      resolve({ kind: 'no response', reason: silent ? 'only silence' : error.message })
    })
    call.end()
  })
}

/** Below 500 is ready: a health page that wants a login, or a path that does not exist, is still an application. */
export function isReady(outcome: AskOutcome): boolean {
  return outcome.kind === 'status' && outcome.status < 500
}

export function describeOutcome(outcome: AskOutcome): string {
  if (outcome.kind === 'refused') return 'the connection was refused'
  if (outcome.kind === 'no response') return `there was no HTTP response (${outcome.reason})`
  return `the response was HTTP ${outcome.status}`
}

// `localhost` is tried at ::1 and 127.0.0.1; refused by both is an AggregateError whose code is the first one's.
function isRefusal(error: NodeJS.ErrnoException): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL'].includes(error.code ?? '')
}
