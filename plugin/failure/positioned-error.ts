import type { Location } from '../../src/ground/errors.ts'
import { plain, plainAll, plainLines } from '../../src/ground/plain.ts'

/** A line of a stack: what is there, and where; or as it was taken from another stack. */
export type Frame = { what: string; at: Location } | string

/**
 * An error whose stack leads into documents. Vitest prints the stack of an error as text and looks its places up: the
 * first one in a document that it has loaded gets its lines and a caret, the others a line each.
 */
export function positionedError(
  name: string,
  found: string,
  frames: readonly Frame[],
  diff?: { actual: unknown; expected: unknown },
): Error {
  const message = plainLines(found)
  const error = new Error(message)
  error.name = name
  error.stack = [`${name}: ${message}`, ...new Set(frames.map(line))].join('\n')
  // `showDiff` is what Vitest looks at; `actual` and `expected` are what every assertion library sets.
  if (diff) Object.assign(error, { actual: plainAll(diff.actual), expected: plainAll(diff.expected), showDiff: true })
  return error
}

/** Vitest takes what follows the last bracket for the place, so names go without brackets. */
function line(frame: Frame): string {
  if (typeof frame === 'string') return frame
  const { what, at } = frame
  return `    at ${plain(what).replaceAll(/[()]/g, '')} (${at.file}:${at.line}:${at.column})`
}
