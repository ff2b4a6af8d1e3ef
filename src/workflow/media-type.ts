import type { MediaType, Operation } from '../document/model.ts'
import type { Fault } from '../ground/fault.ts'
import { essenceOf, isJsonType } from '../ground/media-type.ts'
import { contentTypeOf } from '../http/content-type.ts'

interface Parsed {
  readonly essence: string
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * The documented media type that a Content-Type falls under, the most specific one: the same with its parameters,
 * the same, `image/*`, then any. A `charset` makes no other media type. Source: OpenAPI 3.1.1, "Response Object".
 */
export function matchMediaType(contentType: string, documented: readonly MediaType[]): MediaType | undefined {
  const actual = parse(contentType)
  let best: MediaType | undefined
  let bestScore = 0
  for (const media of documented) {
    const score = scoreOf(parse(media.type), actual)
    if (score > bestScore) [best, bestScore] = [media, score]
  }
  return best
}

/** 0 is not a match. */
function scoreOf(wanted: Parsed, actual: Parsed): number {
  if (wanted.essence === '*/*' || wanted.essence === '*') return 1
  if (wanted.essence.endsWith('/*')) return actual.essence.startsWith(wanted.essence.slice(0, -1)) ? 2 : 0
  if (wanted.essence !== actual.essence) return 0
  for (const [name, value] of wanted.parameters) {
    if (name !== 'charset' && actual.parameters.get(name) !== value) return 0
  }
  return 3 + wanted.parameters.size
}

function parse(text: string): Parsed {
  const [, ...rest] = text.split(';')
  const parameters = rest.flatMap(part => {
    const [name = '', value = ''] = part.split('=', 2)
    return name.trim() ? [[name.trim().toLowerCase(), unquoted(value.trim()).toLowerCase()] as const] : []
  })
  return { essence: essenceOf(text), parameters: new Map(parameters) }
}

const unquoted = (text: string) => (/^".*"$/.test(text) ? text.slice(1, -1) : text)

/** Bodies that can be validated: JSON as values, other text as text. */
export function kindOfBody(contentType: string): 'json' | 'text' | undefined {
  const essence = essenceOf(contentType)
  if (isJsonType(essence)) return 'json'
  if (essence.startsWith('text/') && !/xml|yaml|csv|event-stream/.test(essence)) return 'text'
  return undefined
}

/** Statuses of responses that have no body, also if one is documented. Source: RFC 9110, 15.3.5, 15.3.6 and 15.4.5. */
export const WITHOUT_BODY = new Set([204, 205, 304])

/** How a status is documented: by itself, its range, or `default`. Source: OpenAPI 3.1.1, "Responses Object". */
export function nameOfResponse({ responses }: Operation, status: number): string | undefined {
  const names = Object.keys(responses)
  return [String(status), `${Math.floor(status / 100)}XX`, 'DEFAULT']
    .map(wanted => names.find(name => name.toUpperCase() === wanted))
    .find(name => name !== undefined)
}

/**
 * Why nothing can be found in a body that is not JSON. Undefined for JSON, and for what the description lists for the
 * status: a value that is not there is expected then.
 */
export function notJson(
  operation: Operation,
  status: number,
  contentType: string | undefined,
  isEmpty: boolean,
): Fault | undefined {
  const name = nameOfResponse(operation, status)
  const content = name === undefined ? [] : operation.responses[name]!.content
  const fault = (found: string, advice: string): Fault => ({ verb: 'read', thing: 'the body as JSON', found, advice })
  if (isEmpty) {
    const mayBe = content.length === 0 || WITHOUT_BODY.has(status) || operation.method === 'HEAD'
    return mayBe ? undefined : fault('it is empty', `List ${status} without content in the description if it may be.`)
  }
  if (contentType === undefined)
    return fault('it has no Content-Type, and is not JSON', 'Look at what the server sends.')
  if (contentTypeOf(contentType).kind === 'json' || matchMediaType(contentType, content) !== undefined) return undefined
  const advice = 'Look at what the server sends (a login or error page?), or list this type in the description.'
  return fault(`its Content-Type is ${contentType}`, advice)
}
