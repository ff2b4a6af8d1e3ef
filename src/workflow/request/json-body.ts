// Hot file. Allocated per request: the payload's value; its text only where it is not that of the request before.

import type { Template } from '../../expression/ast.ts'
import { compileTemplate, type Evaluate, type Scope } from '../../expression/index.ts'
import { parseJson, writeJson } from '../../ground/json.ts'
import { isObject } from '../../ground/object.ts'
import { compileJsonText } from './text-body.ts'

export interface JsonBody {
  readonly write: (scope: Scope) => string | undefined
  /** The value before it is written; of text, what the text says. */
  readonly evaluate: Evaluate
}

/** A payload as JSON, compiled. Text that is JSON already is taken for that; other text is a JSON string. */
export function compileJson(payload: Template): JsonBody {
  if (payload.kind === 'text') {
    const write = compileJsonText(payload)
    return { write, evaluate: scope => parsed(write(scope)) }
  }
  if (payload.kind === 'literal') {
    const { value } = payload
    const text = typeof value === 'string' ? literalJson(value) : writeJson(value)
    return { write: () => text, evaluate: () => (typeof value === 'string' ? parsed(text ?? '') : value) }
  }
  const evaluate = compileTemplate(payload)
  return { evaluate, write: remembering(evaluate) }
}

/** After so many payloads in a row that were all new, no more are compared. */
const PATIENCE = 16

/** Many payloads are the same for every iteration: comparing their members costs a fifth of writing them. */
function remembering(evaluate: Evaluate): JsonBody['write'] {
  let last: unknown
  let text: string | undefined
  let misses = 0
  return scope => {
    const value = evaluate(scope)
    if (misses > PATIENCE) return writeJson(value)
    if (isSame(value, last)) {
      misses = 0
      return text
    }
    misses++
    text = writeJson(value)
    last = value
    return text
  }
}

/** Whether both are objects with the same members in the same order, none of which is an object itself. */
function isSame(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return false
  const [names, others] = [Object.keys(a), Object.keys(b)]
  if (names.length !== others.length) return false
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    const value = a[name]
    if (name !== others[i] || value !== b[name]) return false
    if (typeof value === 'object' || typeof value === 'function') return false
  }
  return true
}

function literalJson(text: string): string {
  return parsed(text) === text ? JSON.stringify(text) : text
}

function parsed(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return text
  }
}
