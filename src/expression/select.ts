import type { SelectorType } from './ast.ts'
import { bounded } from './bounded.ts'
import { stringify } from './embed.ts'
import { engines } from './engines.ts'
import { ExpressionError, HINTS } from './expression-error.ts'
import { compileFilter, type Sandbox } from './goessner-filter.ts'
import { compileJsonPath, existsInBody, type Query } from './jsonpath.ts'
import { getAt, parsePointer, pointerTo, setAt } from './pointer.ts'
import { compileXPathOf } from './xpath.ts'

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

const MOST_CHARACTERS = 2_000
const MOST_CACHED = 1_000

/**
 * Compiles a query of draft-goessner-dispatch-jsonpath-00. The draft leaves filters and scripts to "the
 * underlying scripting engine"; here that is a small language (see goessner/filter.ts), never JavaScript
 * itself.
 */
function compileGoessner(text: string): Query {
  const refusal = (message: string) => new ExpressionError(message, 0, HINTS.jsonpath)
  if (!text.startsWith('$')) throw refusal(`expected "$" at the start of a JSONPath, found ${JSON.stringify(text)}`)
  if (text.length > MOST_CHARACTERS)
    throw refusal(`expected a JSONPath of at most ${MOST_CHARACTERS} characters, found ${text.length}`)
  forgetSometimes()
  for (const part of engines.goessner().JSONPath.toPathArray(text)) {
    const script = /^\??\(([\s\S]*)\)$/.exec(part)?.[1]
    if (script !== undefined) compileFilter(script)
    else if (/[[\]]/.test(part))
      throw refusal(`expected a JSONPath, found ${JSON.stringify(text)} (brackets do not match)`)
  }
  return {
    exists: root => evaluate(text, root, 'value').length > 0,
    select: root => evaluate(text, root, 'value'),
    locate: root => evaluate(text, root, 'pointer').map(pointer => parsePointer(pointer as string)),
  }
}

/**
 * Stands where jsonpath-plus would put `vm.Script`. It keys its cache by this class's text, hence `toString`.
 */
class Filter {
  readonly #run: (sandbox: Sandbox) => unknown

  constructor(code: string) {
    this.#run = compileFilter(code)
  }

  runInNewContext(sandbox: object): unknown {
    return this.#run(sandbox as Sandbox)
  }

  static toString(): string {
    return 'filter'
  }
}

function evaluate(path: string, json: unknown, resultType: 'value' | 'pointer'): unknown[] {
  const { JSONPath } = engines.goessner()
  try {
    return bounded(() => JSONPath({ path, json: json as object, resultType, eval: Filter })) ?? []
  } catch (error) {
    if (error instanceof ExpressionError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new ExpressionError(`expected a JSONPath that can be evaluated, found ${JSON.stringify(path)} (${reason})`)
  }
}

let compiled = 0

/**
 * jsonpath-plus remembers every query and filter for ever; queries that hold values are new ones each time.
 */
function forgetSometimes(): void {
  if (compiled++ % MOST_CACHED === 0) engines.goessner().JSONPath.cache = Object.create(null)
}

type Replace = (payload: unknown, value: unknown) => unknown

/**
 * Compiles the target of a Payload Replacement Object into a function from payload and value to a new
 * payload. A JSON Pointer, and a JSONPath of member names only, make what is missing; any other target must
 * select something, and every place that it selects is set. An XPath takes and gives XML as text. Throws
 * ExpressionError for a bad target, as does the function where the target cannot be set. Source: Arazzo
 * 1.1.0, "Payload Replacement Object".
 */
export function compileReplacement(type: SelectorType, target: string): Replace {
  switch (type.type) {
    case 'jsonpointer': {
      const pointer = parsePointer(withoutHash(target))
      return (payload, value) => setAt(payload, pointer, value)
    }
    case 'jsonpath':
      return replaceByQuery(type.version, target)
    case 'xpath':
      return replaceByXPath(type.version, target)
  }
}

function replaceByQuery(version: string, target: string): Replace {
  const query = compileQuery(version, target)
  const beginning = version === 'rfc9535' ? compileJsonPath(target).beginning : undefined
  const missing = beginning !== undefined && beginning.rest === undefined ? [pointerTo(beginning.names)] : []
  return (payload, value) => {
    const found = query.locate(payload)
    const places = found.length > 0 ? found : missing
    if (places.length === 0) throw new ExpressionError(`expected a place at ${target}, found none`)
    // From the last to the first, so that a descent (`$..a`) sets what is inside a place before the place itself.
    return places.reduceRight((changed: unknown, place) => setAt(changed, place, value), payload)
  }
}

function replaceByXPath(version: string, target: string): Replace {
  const path = compileXPathOf(version, target)
  return (payload, value) => {
    if (typeof payload !== 'string') throw new ExpressionError('expected XML as text, found structured data')
    return path.replace(payload, stringify(value))
  }
}
