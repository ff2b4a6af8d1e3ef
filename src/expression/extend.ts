import type { Expression } from './ast.ts'
import { pointerTo } from './pointer.ts'

/** The expression for members inside the value of another; `undefined` for those whose value has none. */
export function extend(expression: Expression, names: readonly string[]): Expression | undefined {
  switch (expression.kind) {
    case 'request':
    case 'response':
      if (expression.part !== 'body') return undefined
      break
    case 'message':
      if (expression.part !== 'payload') return undefined
      break
    case 'inputs':
    case 'outputs':
    case 'steps':
    case 'workflows':
      break
    default:
      return undefined
  }
  return { ...expression, pointer: pointerTo([...(expression.pointer?.tokens ?? []), ...names]) }
}
