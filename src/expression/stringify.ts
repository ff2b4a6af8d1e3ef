import { writeJson } from '../ground/json.ts'

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
