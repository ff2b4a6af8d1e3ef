import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Milliseconds } from '../../src/ground/units.ts'

/** What a server sends, as far as it tells whether it knows a path. */
export interface Seen {
  status: number
  /** Methods of `Allow`, in upper case; none without the header. */
  allow: readonly string[]
  /** The beginning of the body of a status of failure. */
  body: string
}

const PATIENCE: Milliseconds = 5_000
/** Bytes of a body that are read. */
const MOST = 16_384

/** Methods that change nothing. Source: RFC 9110, section 9.2.1. */
export type Harmless = 'GET' | 'HEAD' | 'OPTIONS'

/**
 * Asks once, without credentials and without a body. Never rejects: undefined where there is no response, 'refused'
 * where nobody listens. Certificates are not checked: nothing is told to the server.
 */
export function look(method: Harmless, url: string): Promise<Seen | 'refused' | undefined> {
  return new Promise(resolve => {
    const request = url.startsWith('https:') ? httpsRequest : httpRequest
    const signal = AbortSignal.timeout(PATIENCE)
    const headers = { accept: 'application/json, */*', 'user-agent': 'vitest-arazzo doctor' }
    const call = request(url, { method, headers, agent: false, rejectUnauthorized: false, signal })
    call.on('response', response => {
      const status = response.statusCode ?? 0
      const allow = (response.headers.allow ?? '').toUpperCase().match(/[A-Z]+/g) ?? []
      let body = ''
      const end = () => {
        resolve({ status, allow, body })
        response.destroy()
      }
      response.on('error', end)
      // A stream of success may never end.
      if (status < 400) return end()
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
        if (body.length > MOST) end()
      })
      response.on('end', end)
    })
    call.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' ? 'refused' : undefined))
    call.end()
  })
}
