import type { SchemaError, Validator } from '../schema/validator.ts'

/** A value and what its schema has against it. */
export interface Unfit {
  readonly errors: readonly SchemaError[]
  readonly value: unknown
}

/**
 * Validates what came as text: a header, a text body. The text may stand for whatever its schema wants (`12` is a
 * string and a number), so it is in order when one of its readings is. Returns the errors of the reading that
 * comes nearest.
 */
export function validateText(validate: Validator, text: string, isHeader: boolean): Unfit | undefined {
  let best: Unfit | undefined
  for (const value of readings(text, isHeader)) {
    if (validate(value)) return undefined
    const errors = [...validate.errors!]
    if (!best || distance(errors) < distance(best.errors)) best = { errors, value }
  }
  return best
}

/** How far a reading is from what was asked for: a wrong type is farther than any number of other faults. */
function distance(errors: readonly SchemaError[]): number {
  const isOfWrongType = errors.some(({ keyword, instancePath }) => keyword === 'type' && instancePath === '')
  return isOfWrongType ? Number.POSITIVE_INFINITY : errors.length
}

function* readings(text: string, isHeader: boolean): Generator<unknown> {
  yield text
  const value = scalar(text)
  if (value !== text) yield value
  if (!isHeader) return
  const parts = text.split(',').map(part => part.trim())
  yield parts
  yield parts.map(scalar)
  yield pairs(parts)
  yield* asJson(text)
}

function scalar(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'null') return null
  return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : text
}

/** An object in style `simple`: `R=100,G=200` exploded, else `R,100,G,200`. */
function pairs(parts: readonly string[]): Record<string, unknown> {
  const flat = parts.every(part => part.includes('='))
    ? parts.flatMap(part => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)])
    : parts
  const entries: [string, unknown][] = []
  for (let i = 0; i + 1 < flat.length; i += 2) entries.push([flat[i]!, scalar(flat[i + 1]!)])
  return Object.fromEntries(entries)
}

/** A header with `content`. */
function* asJson(text: string): Generator<unknown> {
  if (!/^\s*[[{]/.test(text)) return
  try {
    yield JSON.parse(text)
  } catch {
    // No JSON then: one of the other readings it is.
  }
}
