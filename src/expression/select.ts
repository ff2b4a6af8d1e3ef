import type { SelectorType } from './ast.ts'
import { ExpressionError } from './expression-error.ts'
import { compileGoessner } from './goessner.ts'
import { compileJsonPath, existsInBody, type Query } from './jsonpath.ts'
import { getAt, parsePointer } from './pointer.ts'
import { compileXPathOf } from './xpath-versions.ts'

/**
 * Compiles a selector into a function of its context. Nothing selected is `undefined`, one node is its value,
 * several are an array. Throws ExpressionError for a bad selector; the function throws it for a context that
 * cannot be searched.
 */
export function compileSelector(type: SelectorType, text: string, varies = false): (context: unknown) => unknown {
  switch (type.type) {
    case 'jsonpointer': {
      const pointer = parsePointer(withoutHash(text))
      if (pointer.tokens.length === 0) return context => context
      return context => getAt(structured(context, text), pointer)
    }
    case 'jsonpath': {
      const query = compileQuery(type.version, text)
      return context => (context === undefined ? undefined : oneOrAll(query.select(structured(context, text))))
    }
    case 'xpath': {
      const path = compileXPathOf(type.version, text, varies)
      return context => (context === undefined || context === null ? undefined : oneOrAll(path.select(context)))
    }
  }
}

/** A JSONPath query in the dialect of a `version`. */
export function compileQuery(version: string, text: string): Query {
  return version === 'rfc9535' ? compileJsonPath(text) : compileGoessner(text)
}

/** Whether a criterion's query finds anything in a body. */
export function compileExists(version: string, text: string): (body: unknown) => boolean {
  if (version !== 'rfc9535') return compileGoessner(text).exists
  const query = compileJsonPath(text)
  return body => existsInBody(query, body)
}

/** Accepts a JSON Pointer written as a URI fragment, as the specification's expressions have it. */
export function withoutHash(text: string): string {
  return text.startsWith('#') ? text.slice(1) : text
}

export function oneOrAll(found: readonly unknown[]): unknown {
  return found.length > 1 ? found : found[0]
}

function structured(context: unknown, text: string): unknown {
  if (typeof context === 'string') throw noStructure(text)
  return context
}

/** Text has no members to select. */
export function noStructure(text: string): ExpressionError {
  return new ExpressionError(`expected JSON to apply ${JSON.stringify(text)} to, found text`)
}
