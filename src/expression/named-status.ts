import type { Condition, CriterionTest } from './ast.ts'
import { numberOf } from './condition/compare.ts'
import { compileOperand } from './condition/evaluate.ts'
import type { Evaluate, Scope } from './scope.ts'

/**
 * Values that a criterion names as the status in so many words: `$statusCode == 404`, `404 == $statusCode`,
 * `$statusCode == $inputs.expected`, `^(200|404)$` with the context `$statusCode`. Ranges (`< 500`), opposites (`!=
 * 500`), classes (`^4`) and what the response says of itself name none; within a negation it is `!=` that names one.
 */
export function statusesNamedBy(test: CriterionTest): Evaluate[] {
  if (test.type === 'simple') return inCondition(test.condition, true)
  if (test.type !== 'regex' || test.context.expression.kind !== 'statusCode') return []
  return typeof test.pattern === 'string' ? inPattern(test.pattern) : []
}

/** Whether one of these values is the status. */
export function isStatusAmong(named: readonly Evaluate[], status: number, scope: Scope): boolean {
  return named.some(value => numberOf(value(scope)) === status)
}

/** @param isWanted whether the condition is to hold; within a negation it is not to. */
function inCondition(condition: Condition, isWanted: boolean): Evaluate[] {
  switch (condition.kind) {
    case 'not':
      return inCondition(condition.operand, !isWanted)
    case 'and':
    case 'or':
      return [...inCondition(condition.left, isWanted), ...inCondition(condition.right, isWanted)]
    case 'comparison': {
      const { left, right, operator } = condition
      if (operator !== (isWanted ? '==' : '!=')) return []
      if (isStatus(left) && isGiven(right)) return [compileOperand(right)]
      return isStatus(right) && isGiven(left) ? [compileOperand(left)] : []
    }
    default:
      return []
  }
}

function isStatus(condition: Condition): boolean {
  return condition.kind === 'expression' && condition.expression.kind === 'statusCode'
}

/** Whether the value is there before the response is: the document's own, or an input. */
function isGiven(condition: Condition): boolean {
  return condition.kind === 'literal' || (condition.kind === 'expression' && condition.expression.kind === 'inputs')
}

/** Statuses have three digits, so that anchors change nothing. */
function inPattern(pattern: string): Evaluate[] {
  const inner = pattern.replace(/^\^/, '').replace(/\$$/, '')
  const alternatives = inner.replace(/^\((?:\?:)?([^()]*)\)$/, '$1').split('|')
  return alternatives.every(one => /^\d{3}$/.test(one)) ? alternatives.map(one => () => Number(one)) : []
}
