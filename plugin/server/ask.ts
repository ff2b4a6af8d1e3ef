import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { sleep } from '../../src/ground/timers.ts'
import type { Milliseconds } from '../../src/ground/units.ts'

/** Result of one attempt: of a GET, a connection or a command. */
export type AskOutcome =
  | { kind: 'status'; status: number; server?: string }
  | { kind: 'ready' }
  /** A command that found the application not ready, in words. */
  | { kind: 'not ready'; found: string }
  /** No process listens. */
  | { kind: 'refused' }
  /** A process listens, but there was no response: reset, another protocol, silence until the time was over. */
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
    call.on('error', error => resolve(outcomeOf(error)))
    call.end()
  })
}

/** How long a connection has to stay open: a proxy, as that of Docker, accepts and closes if nothing is behind it. */
const holding: Milliseconds = 100

/** Connects once, to 127.0.0.1. Never rejects. */
export function connectOnce(port: number, timeout: Milliseconds): Promise<AskOutcome> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1', signal: AbortSignal.timeout(Math.ceil(timeout)) })
    const settle = (outcome: AskOutcome) => {
      resolve(outcome)
      socket.destroy()
    }
    socket.on('connect', () => void sleep(holding).then(() => settle({ kind: 'ready' })))
    socket.on('data', () => settle({ kind: 'ready' }))
    socket.on('end', () => settle({ kind: 'no response', reason: 'the connection was closed at once' }))
    socket.on('error', error => settle(outcomeOf(error)))
  })
}

function outcomeOf(error: Error): AskOutcome {
  if (isRefusal(error)) return { kind: 'refused' }
  const silent = error.name === 'AbortError' || error.name === 'TimeoutError'
  return { kind: 'no response', reason: silent ? 'only silence' : error.message }
}

/** Below 500 is ready: a health page that wants a login, or a path that does not exist, is still an application. */
export function isReady(outcome: AskOutcome): boolean {
  return outcome.kind === 'ready' || (outcome.kind === 'status' && outcome.status < 500)
}

export function describeOutcome(outcome: AskOutcome, isHttp = true): string {
  if (outcome.kind === 'refused') return 'the connection was refused'
  if (outcome.kind === 'ready') return 'it is ready'
  if (outcome.kind === 'not ready') return outcome.found
  if (outcome.kind === 'no response') return isHttp ? `there was no HTTP response (${outcome.reason})` : outcome.reason
  return `the response was HTTP ${outcome.status}`
}

// `localhost` is tried at ::1 and 127.0.0.1; refused by both is an AggregateError whose code is the first one's.
function isRefusal(error: NodeJS.ErrnoException): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL'].includes(error.code ?? '')
}
