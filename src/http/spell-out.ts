import type { OutgoingRequest } from './transport.ts'

/** Parts of a request that are not its own, but the connection's. */
const added = new Set(['host', 'content-length'])

/**
 * Fills in what a request that was laid out as text leaves open: path, headers and body. It says the same as before,
 * and may be changed from then on.
 */
export function spellOut(request: OutgoingRequest): void {
  const { text } = request
  if (text === undefined) return
  request.text = undefined
  const end = text.indexOf('\r\n\r\n')
  const lines = text.slice(0, end).split('\r\n')
  request.path = lines[0]!.split(' ')[1]!
  request.headers.length = 0
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    if (!added.has(name)) request.headers.push(name, line.slice(colon + 2))
  }
  const body = text.slice(end + 4)
  request.body = lines.some(line => line.startsWith('content-length:') && line !== 'content-length: 0')
    ? Buffer.from(body, 'latin1').toString()
    : undefined
}
