// Hot file. Allocated per request: the text of the request, put together from constant and new parts; a body that is the one before is
// not measured and put together again.

import type { Scope } from '../../expression/index.ts'
import { latin1Of } from '../../http/latin1.ts'
import type { BodyPlan } from './body.ts'
import { headerText, type Numbered } from './request.ts'

/** What a request is made of. */
export interface Layout {
  readonly method: string
  readonly origin: string
  readonly pathTemplate: string
  /** Headers that are always the same: names and values in turn. */
  readonly fixed: readonly string[]
  readonly headers: readonly Numbered[]
  readonly cookies: readonly Numbered[]
  readonly body: BodyPlan | undefined
}

/** The whole request as text; undefined where its values ask for the general way. */
export type WriteText = (path: string, values: readonly unknown[], scope: Scope) => string | undefined

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const plainPath = /^\/[\x21-\x7e]*$/
const badValue = /[^\t\x20-\x7e\x80-\xff]/
const isPlain = /^[\t\x20-\x7e]*$/
/** Headers that a transport has its own ideas about. */
const special = new Set([
  ...[
    'host',
    'content-length',
    'transfer-encoding',
    'connection',
    'keep-alive',
    'upgrade',
    'expect',
    'cookie',
  ],
])
const expectsBody = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH'])

/**
 * Lays a request out once, so that only its holes are filled in for each: constant lines, a header line for each header
 * parameter, the length of the body. What it writes is what the general way and `encodeRequest` would. Undefined for
 * requests that need the general way: cookies, multipart, headers that are the connection's business.
 */
export function layOut(layout: Layout): WriteText | undefined {
  const { method, origin, pathTemplate, fixed, headers, cookies, body } = layout
  const names = [...fixed.filter((_, index) => index % 2 === 0), ...headers.map(({ plan }) => plan.name)]
  if (cookies.length > 0 || body?.writesContentType) return undefined
  if (!token.test(method) || method === 'CONNECT' || !plainPath.test(pathTemplate)) return undefined
  if (names.some(name => !token.test(name) || special.has(name.toLowerCase()))) return undefined
  if (fixed.some(text => badValue.test(text))) return undefined
  const start = `${method} `
  let head = ` HTTP/1.1\r\nhost: ${new URL(origin).host}\r\n`
  for (let i = 0; i < fixed.length; i += 2) head += `${fixed[i]}: ${fixed[i + 1]}\r\n`
  const hasLength = expectsBody.has(method)
  const none: string[] = []
  let lastContent: string | undefined
  let lastTail = ''

  return (path, values, scope) => {
    let text = start + path + head
    for (let i = 0; i < headers.length; i++) {
      const { plan, index } = headers[i]!
      const value = values[index]
      if (value === undefined || value === null) continue
      let written = plan.write(value)
      if (!isPlain.test(written)) {
        written = headerText(plan, value)
        if (badValue.test(written)) return undefined
      }
      text += `${plan.name}: ${written}\r\n`
    }
    const content = body === undefined ? undefined : body.write(scope, none)
    if (content === undefined || content === '')
      return text + (hasLength ? 'content-length: 0\r\n\r\n' : '\r\n')
    if (typeof content !== 'string') return undefined
    if (content !== lastContent) {
      const bytes = latin1Of(content)
      lastContent = content
      lastTail = `content-length: ${bytes.length}\r\n\r\n${bytes}`
    }
    return text + lastTail
  }
}
