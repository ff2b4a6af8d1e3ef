import type { MediaType, Operation } from '../document/model.ts'
import { essenceOf, isJsonType } from '../ground/media-type.ts'

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
