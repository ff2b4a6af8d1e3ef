import type { Template } from '../../expression/ast.ts'
import { compileTemplate, type Evaluate, type Scope } from '../../expression/index.ts'
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
    const text = typeof value === 'string' ? literalJson(value) : JSON.stringify(value)
    return { write: () => text, evaluate: () => (typeof value === 'string' ? parsed(text ?? '') : value) }
  }
  const evaluate = compileTemplate(payload)
  return { evaluate, write: scope => JSON.stringify(evaluate(scope)) }
}

function literalJson(text: string): string {
  return parsed(text) === text ? JSON.stringify(text) : text
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
