import { suggestion } from '../ground/errors.ts'

/**
 * Why a text is not what it should be: a fragment without a full stop ("expected a name after "$inputs."")
 * for the caller to put after "Failed to read …: ". Thrown while documents are read, and by compiled
 * selectors whose text or context turns out unusable. A value that is merely absent is not an error: it is
 * `undefined`.
 */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  /** Offset in the text, from 0. */
  readonly offset: number
  /** Correction, as a whole sentence. */
  readonly hint?: string
  /** Field of a criterion or selector that contains the text. */
  readonly field?: Field
  /** Place of the text in a nested value: `['items', 0]`. */
  readonly path?: Path

  constructor(message: string, offset = 0, hint?: string, place: Place = {}, options?: ErrorOptions) {
    super(message, options)
    this.offset = offset
    this.hint = hint
    this.field = place.field
    this.path = place.path
  }
}

/** There is more text behind the expression. */
export class SurplusError extends ExpressionError {}

export type Field = 'context' | 'condition' | 'type' | 'version' | 'selector' | 'x-extract'
export type Path = readonly (string | number)[]
interface Place {
  readonly field?: Field
  readonly path?: Path
}

/** Text that is read as its author must have meant it, though the specification has another form. */
export interface Warning extends Place {
  readonly message: string
  readonly offset: number
  readonly hint?: string
}

export type Warn = (warning: Warning) => void

export const ignore: Warn = () => {}

/** Reads a text inside a larger one, at the offset `by` or at a place. Errors are reported at that position. */
export function within<T>(by: number, place: Place, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof ExpressionError ? relocate(error, by, place) : error
  }
}

/** Gives the error with its text moved into a larger one. */
export function relocate(error: ExpressionError, by: number, place: Place = {}): ExpressionError {
  const at = { field: error.field ?? place.field, path: [...(place.path ?? []), ...(error.path ?? [])] }
  return new ExpressionError(error.message, error.offset + by, error.hint, at, { cause: error })
}

/** A hint for a word that is not one of those known: `Did you mean "inputs"?`, or what there is to choose from. */
export function suggest(word: string, words: readonly string[]): string {
  return suggestion(word, words) ?? `Use one of ${words.slice(0, -1).join(', ')} or ${words.at(-1)}.`
}

/** Corrections for syntax of other languages, if the reader has no better advice. */
export const HINTS = {
  regex: 'Write one such as `^2\\d{2}$`, with `\\` before characters that stand for themselves.',
  jsonpath: 'Write one such as `$.items[?@.price > 10]`; the older dialect is `draft-goessner-dispatch-jsonpath-00`.',
  xpath: 'Write one such as `//item[@price > 10]`.',
}
