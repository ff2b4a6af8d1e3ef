import type { Condition } from '../ast.ts'
import type { Warning } from '../expression-error.ts'

/** Constants that decide a condition, or a side of `&&` or `||`, by themselves: `1 == 1`, `$a == 200 || 201`. */
export function constantsIn(text: string, condition: Condition): Warning[] {
  return constants(condition).map(({ start, end }) => ({
    message: `\`${text.slice(start, end)}\` holds no expression, and is the same for each response`,
    offset: start,
    hint: 'Compare an expression with it, as in `$statusCode == 200`.',
  }))
}

function constants(condition: Condition): Condition[] {
  if (isConstant(condition)) return [condition]
  if (condition.kind === 'not') return constants(condition.operand)
  if (condition.kind !== 'and' && condition.kind !== 'or') return []
  return [...constants(condition.left), ...constants(condition.right)]
}

function isConstant(condition: Condition): boolean {
  switch (condition.kind) {
    case 'literal':
      return true
    case 'text':
    case 'expression':
      return false
    case 'member':
      return isConstant(condition.object)
    case 'index':
      return isConstant(condition.object) && isConstant(condition.index)
    case 'not':
      return isConstant(condition.operand)
    default:
      return isConstant(condition.left) && isConstant(condition.right)
  }
}
