import type { OutgoingRequest } from './transport.ts'

const STATUSES = new Set([301, 302, 303, 307, 308])

export const isRedirect = (status: number): boolean => STATUSES.has(status)

/** Whether a header is for the one who was asked first. Source: RFC 9110, 15.4. */
type IsPersonal = (name: string, value: string) => boolean

/**
 * Turns a request into the one that its redirect asks for; tells whether that goes to another origin. Text says why it
 * cannot be followed. 303 asks for GET, and 301 and 302 do where it was a POST; the others repeat the request as it
 * was. Source: RFC 9110, 15.4.
 */
export function follow(
  request: OutgoingRequest,
  status: number,
  location: string,
  isPersonal: IsPersonal,
): { crossesOrigin: boolean } | string {
  const base = request.origin + request.path
  if (!URL.canParse(location, base)) return `"${location}" is not a URL`
  const url = new URL(location, base)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `${url.href} is not at http or https`
  const { method } = request
  const becomesGet = status === 303 ? method !== 'HEAD' : status <= 302 && method === 'POST'
  if (becomesGet && method !== 'GET') {
    request.method = 'GET'
    request.body = undefined
    dropHeaders(request, name => name.startsWith('content-'))
  }
  const crossesOrigin = url.origin !== request.origin
  if (crossesOrigin) dropHeaders(request, (name, value) => name === 'host' || isPersonal(name, value))
  request.origin = url.origin
  request.path = url.pathname + url.search
  return { crossesOrigin }
}

/** Takes headers out, in place; their names are given in lower case. */
export function dropHeaders({ headers }: OutgoingRequest, isDropped: IsPersonal): void {
  let kept = 0
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (isDropped(headers[i]!.toLowerCase(), headers[i + 1]!)) continue
    headers[kept++] = headers[i]!
    headers[kept++] = headers[i + 1]!
  }
  headers.length = kept
}
