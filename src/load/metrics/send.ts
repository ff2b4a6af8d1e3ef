import { Buffer } from 'node:buffer'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Milliseconds } from '../../ground/units.ts'

/** A push must not keep a run from ending. */
const LONGEST: Milliseconds = 5_000
const MOST_TEXT = 200

/**
 * Sends a body, past whatever a test has made of the global `fetch`. Rejects with what was found: `it responded with
 * 503 (no room)`.
 */
export function send(url: URL, method: 'PUT' | 'POST', headers: Record<string, string>, body: string): Promise<void> {
  const bytes = Buffer.from(body)
  const { username, password } = url
  const decoded = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const options = {
    method,
    headers: { ...headers, 'content-length': bytes.length },
    // Without an agent: no connection is left behind.
    agent: false,
    ...(username !== '' && { auth: decoded }),
  }
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        if (text.length < MOST_TEXT) text += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0 } = response
        if (statusCode >= 200 && statusCode < 300) return resolve()
        const said = text.trim().replaceAll(/\s+/g, ' ').slice(0, MOST_TEXT)
        reject(new Error(`it responded with ${statusCode}${said === '' ? '' : ` (${said})`}`))
      })
    })
    sent.setTimeout(LONGEST, () => sent.destroy(new Error(`it did not respond in ${LONGEST / 1000} s`)))
    sent.on('error', reject)
    sent.end(bytes)
  })
}
