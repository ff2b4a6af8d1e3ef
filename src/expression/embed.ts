import { writeJson } from '../ground/json.ts'
import { escapeToken } from '../ground/pointer.ts'
import type { TextTemplate } from './ast.ts'

type Language = 'regex' | 'jsonpath' | 'xpath' | 'jsonpointer'
type Embed = (value: unknown, part: number) => string

/**
 * Embeds values in a query. The specification inserts their text. Here, a value inside quotes also stays inside them:
 * `$[?@.name == "{$inputs.name}"]` finds the name with any quotes in it, and a response cannot rewrite the query. In a
 * JSON Pointer, a value after a slash is one token. A pattern may come from a value, as in the specification's own
 * `^({$inputs.statusPattern})$`.
 */
export function embedIn(language: Language, template: TextTemplate): Embed {
  switch (language) {
    case 'regex':
      return stringify
    case 'jsonpointer':
      return (value, part) => (part === 0 ? stringify(value) : escapeToken(stringify(value)))
    case 'jsonpath':
    case 'xpath': {
      const quotes = quotesAround(template, language === 'jsonpath')
      const escaped = language === 'jsonpath' ? escapeForJsonPath : escapeForXPath
      return (value, part) => {
        const quote = quotes[part]
        return quote === undefined ? stringify(value) : escaped(stringify(value), quote)
      }
    }
  }
}

/** Quotes that are open where each part of the template begins. */
function quotesAround(template: TextTemplate, backslashes: boolean): (string | undefined)[] {
  let open: string | undefined
  return template.parts.map(part => {
    const before = open
    for (let i = 0; typeof part === 'string' && i < part.length; i++) {
      if (backslashes && part[i] === '\\') i++
      else if (part[i] === open) open = undefined
      else if (open === undefined && (part[i] === '"' || part[i] === "'")) open = part[i]
    }
    return before
  })
}

/** Both dialects read `\u` escapes in both kinds of quotes. */
function escapeForJsonPath(text: string): string {
  return text.replace(/[^\w .:-]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const escapeForXPath = (text: string, quote: string): string => text.replaceAll(quote, quote + quote)

/**
 * A value as it stands inside text. Source: Arazzo 1.1.0, "Runtime Expressions": scalars as their string
 * (`null` is "null"), strings as they are, objects and arrays as JSON. What is absent leaves nothing behind.
 */
export function stringify(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'undefined':
      return ''
    case 'object':
      return value === null ? 'null' : writeJson(value)!
    default:
      return String(value)
  }
}
