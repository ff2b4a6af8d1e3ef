import { bounded } from './bounded.ts'
import { engines } from './engines.ts'
import { ExpressionError } from './expression-error.ts'
import { compileFilter, type Sandbox } from './goessner/filter.ts'
import { HINTS } from './hints.ts'
import type { Query } from './jsonpath.ts'
import { parsePointer } from './pointer.ts'

const MOST_CHARACTERS = 2_000
const MOST_CACHED = 1_000

/**
 * Compiles a query of draft-goessner-dispatch-jsonpath-00. The draft leaves filters and scripts to "the
 * underlying scripting engine"; here that is a small language (see goessner/filter.ts), never JavaScript
 * itself.
 */
export function compileGoessner(text: string): Query {
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
