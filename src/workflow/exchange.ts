import { isUtf8 } from 'node:buffer'
import { asText } from '../ground/json.ts'
import type { Milliseconds } from '../ground/units.ts'
import { toRecord } from '../http/headers.ts'
import { spellOut } from '../http/spell-out.ts'
import type { PassedBody } from '../http/transport.ts'
import { MASK } from './masking/mask.ts'
import type { Exchange, HttpRequest, HttpResponse } from './outcome.ts'
import { TRACEPARENT, traceIn } from './request/trace.ts'
import { isSecretHeader } from './secrets.ts'
import type { CurrentStep } from './step.ts'

/** Copies the current exchange out of the reused state of a step. Secrets are noted but not yet masked. */
export function exchangeOf(step: CurrentStep, start: Milliseconds): Exchange {
  noteSecrets(step)
  const [request, response] = [requestOf(step), responseOf(step)]
  const { sent, ended, isResent } = step.times
  return {
    request: { ...request, headers: hidden(request.headers) },
    ...(response && { response: { ...response, headers: hidden(response.headers) } }),
    ...(isResent && { isResent }),
    sent: Math.max(0, sent - start),
    ended: Math.max(0, ended - start),
  }
}

/** Notes the secrets among the headers of the current exchange, before one of its values is shown. */
export function noteSecrets({ scope: { built, received }, user: { secrets } }: CurrentStep): void {
  spellOut(built.out)
  for (const headers of [built.out.headers, received.headers])
    for (const [name, value] of Object.entries(toRecord(headers))) secrets.addHeader(name, value)
}

const hidden = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, isSecretHeader(name) ? MASK : value]))

/** `GET http://127.0.0.1:3000/items/7`, and the trace that it names. Secrets are noted, not yet masked. */
export function lineOf(step: CurrentStep): { request: string; trace: string | undefined } {
  const { method, url, headers } = requestOf(step)
  for (const [name, value] of Object.entries(headers)) step.user.secrets.addHeader(name, value)
  return { request: `${method} ${url}`, trace: traceOf(headers) }
}

/** Id of the trace that headers name. */
export const traceOf = (headers: Record<string, string>): string | undefined => traceIn(headers[TRACEPARENT])

function requestOf({ scope: { built } }: CurrentStep): HttpRequest {
  const { out } = built
  spellOut(out)
  const body = typeof out.body === 'string' ? out.body : out.body && textOf(out.body)
  return { method: out.method, url: built.url, headers: toRecord(out.headers), ...(body === undefined ? {} : { body }) }
}

function beginningOf({ start, size }: PassedBody): string {
  // Its last character may be cut off.
  const length = [0, 1, 2, 3].map(cut => start.length - cut).find(length => isUtf8(start.subarray(0, length)))
  return length ? Buffer.from(start.subarray(0, length)).toString() : `<${size} bytes>`
}

/** Bytes that are not text are only counted. */
const textOf = (bytes: Uint8Array) => (isUtf8(bytes) ? Buffer.from(bytes).toString() : `<${bytes.byteLength} bytes>`)

function responseOf({ scope: { received } }: CurrentStep): HttpResponse | undefined {
  const { status, headers, passed } = received
  if (status === undefined) return undefined
  const body = passed ? beginningOf(passed) : asText(received.body)
  return { status, headers: toRecord(headers), ...(body === undefined ? {} : { body }) }
}
