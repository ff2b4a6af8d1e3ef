import type { Delivery, Exchange } from './outcome.ts'
import { isSecretHeader } from './secrets.ts'

const maxBody = 1_000
const secretKey =
  /^(?:.*[-_])?(?:password|passwd|secret|token|api[-_]?key|authorization|client[-_]?secret|(?:access|refresh|id)[-_]?token)$/i

/**
 * An exchange as a reader wants it: request line, headers and body, then the response's, bodies shortened. Credentials
 * in headers, and members of bodies that are named like credentials, are hidden even where their values are not known
 * to be secrets.
 */
export function describeExchange(exchange: Exchange, failure?: string): string {
  const { request, response } = exchange
  const lines = [`${request.method} ${request.url}`, ...headerLines(request.headers)]
  if (request.body !== undefined) lines.push(`  ${shorten(hideInText(request.body))}`)
  if (!response) return [...lines, `no response${failure ? `: ${failure}` : ''}`].join('\n')
  lines.push(`HTTP ${response.status}`, ...headerLines(response.headers))
  if (response.body !== undefined) lines.push(`  ${shorten(bodyText(response.body))}`)
  return lines.join('\n')
}

/** A message as a reader wants it: where it went or came from, headers and payload, shortened. */
export function describeDelivery(delivery: Delivery, failure?: string): string {
  const { action, address, correlationId, message } = delivery
  const id = correlationId === undefined ? '' : ` (correlationId ${JSON.stringify(correlationId)})`
  const lines = [`${action} ${address}${id}`]
  if (!message) return [...lines, `no message${failure ? `: ${failure}` : ''}`].join('\n')
  lines.push(
    ...Object.entries(message.headers).map(
      ([name, value]) => `  ${name}: ${isSecretHeader(name) ? '***' : String(value)}`,
    ),
  )
  if (message.payload !== undefined) lines.push(`  ${shorten(bodyText(message.payload))}`)
  if (failure) lines.push(`failed: ${failure}`)
  return lines.join('\n')
}

const uninteresting = new Set([
  'date',
  'connection',
  'keep-alive',
  'user-agent',
  'accept',
  'content-length',
  'transfer-encoding',
])

function headerLines(headers: Record<string, string>): string[] {
  return Object.entries(headers)
    .filter(([name]) => !uninteresting.has(name.toLowerCase()))
    .map(([name, value]) => `  ${name}: ${isSecretHeader(name) ? '***' : value}`)
}

const shorten = (text: string) =>
  text.length > maxBody ? `${text.slice(0, maxBody)}... (${text.length} characters)` : text

function bodyText(body: unknown): string {
  if (typeof body === 'string') return hideInText(body)
  if (ArrayBuffer.isView(body)) return `<${body.byteLength} bytes>`
  return JSON.stringify(body, hideMember) ?? ''
}

function hideMember(key: string, value: unknown): unknown {
  return secretKey.test(key) && (typeof value === 'string' || typeof value === 'number') ? '***' : value
}

/** JSON text loses its secret members; form text its secret fields. */
function hideInText(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), hideMember)
  } catch {
    return text.replaceAll(/(^|&)([^=&\s]+)=([^&\s]*)/g, (pair, before: string, name: string) =>
      secretKey.test(decode(name)) ? `${before}${name}=***` : pair,
    )
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
