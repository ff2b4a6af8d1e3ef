// Hot file. Allocated per request: its text, put together from constant and new parts; one that is the same as the
// step's last is given again, and so is the end of one with the same body.

import type { Scope } from '../../expression/index.ts'
import { headerLine, requestTemplate, tailOf } from '../../http/wire/template.ts'
import type { BodyPlan } from './body.ts'
import { headerText, LONGEST_HEADER, type Numbered } from './header-text.ts'
import type { ParameterPlan } from './parameter.ts'

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

const isPlain = /^[\t\x20-\x7e]*$/

/**
 * Lays a request out once, so that only its holes are filled in for each: constant lines, a header line for each header
 * parameter, the length of the body. What it writes is what the general way and `encodeRequest` would. Undefined for
 * requests that need the general way: cookies, multipart, headers that are the connection's business.
 */
export function layOut(layout: Layout): WriteText | undefined {
  const { method, origin, pathTemplate, fixed, headers, cookies, body } = layout
  if (cookies.length > 0 || body?.writesContentType) return undefined
  const names = headers.map(({ plan }) => plan.name)
  const template = requestTemplate(method, origin, pathTemplate, fixed, names)
  if (template === undefined) return undefined
  const { start, head, end } = template
  const none: string[] = []
  // What was written last. `lastPath` is undefined where `lastText` is not of the rest.
  let lastPath: string | undefined
  const lastWritten: (string | undefined)[] = headers.map(() => undefined)
  const lastLines = headers.map(() => '')
  let lastContent: string | undefined
  let lastTail = end
  let lastText = ''

  return (path, values, scope) => {
    for (let i = 0; i < headers.length; i++) {
      const { plan, index } = headers[i]!
      const value = values[index]
      const written = value === undefined || value === null ? undefined : plan.write(value)
      if (written === lastWritten[i]) continue
      lastPath = undefined
      lastWritten[i] = undefined
      const line = written === undefined ? '' : lineOf(plan, value, written)
      lastLines[i] = line ?? ''
      if (line === undefined) return undefined
      lastWritten[i] = written
    }
    const content = body?.write(scope, none)
    if (content !== undefined && typeof content !== 'string') return undefined
    if (content !== lastContent) {
      lastPath = undefined
      lastContent = content
      lastTail = content === undefined || content === '' ? end : tailOf(content)
    }
    if (path === lastPath) return lastText
    let text = start + path + head
    for (let i = 0; i < lastLines.length; i++) text += lastLines[i]!
    lastText = text + lastTail
    lastPath = path
    return lastText
  }
}

/** Undefined where the value cannot stand in a header. */
function lineOf(plan: ParameterPlan, value: unknown, written: string): string | undefined {
  const text = written.length <= LONGEST_HEADER && isPlain.test(written) ? written : headerText(plan, value)
  return headerLine(plan.name, text)
}
