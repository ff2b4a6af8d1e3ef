import type { MediaType } from '../document/model.ts'
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

/** Bodies that a schema can be held against: JSON as values, other text as text. */
export function kindOfBody(contentType: string): 'json' | 'text' | undefined {
  const essence = essenceOf(contentType)
  if (isJsonType(essence)) return 'json'
  if (essence.startsWith('text/') && !/xml|yaml|csv|event-stream/.test(essence)) return 'text'
  return undefined
}
