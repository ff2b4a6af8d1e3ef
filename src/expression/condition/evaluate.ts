import type { ComparisonOperator, Condition } from '../ast.ts'
import { compileExpression, compileSearched, compileText } from '../compile.ts'
import { memberOf } from '../pointer.ts'
import type { Evaluate, Scope } from '../scope.ts'
import { COMPARISONS, equals, truthy } from './compare.ts'

type Test = (scope: Scope) => boolean

/** A condition as a predicate. What is compared with a literal gets a closure of its own. */
export function compileCondition(condition: Condition): Test {
  switch (condition.kind) {
    case 'and': {
      const left = compileCondition(condition.left)
      const right = compileCondition(condition.right)
      return scope => left(scope) && right(scope)
    }
    case 'or': {
      const left = compileCondition(condition.left)
      const right = compileCondition(condition.right)
      return scope => left(scope) || right(scope)
    }
    case 'not': {
      const operand = compileCondition(condition.operand)
      return scope => !operand(scope)
    }
    case 'comparison':
      return compileComparison(condition.operator, condition.left, condition.right)
    default: {
      const value = compileOperand(condition)
      return scope => truthy(value(scope))
    }
  }
}

/** Any part of a condition as a function of the scope. */
export function compileOperand(condition: Condition): Evaluate {
  switch (condition.kind) {
    case 'literal': {
      const { value } = condition
      return () => value
    }
    case 'text':
      return compileText(condition.template)
    case 'expression':
      return compileExpression(condition.expression)
    case 'member': {
      const object = compileObject(condition.object)
      const { name } = condition
      return scope => memberOf(object(scope), name)
    }
    case 'index': {
      const object = compileObject(condition.object)
      const index = compileOperand(condition.index)
      return scope => itemAt(object(scope), index(scope))
    }
    default:
      return compileCondition(condition)
  }
}

const compileObject = (object: Condition): Evaluate =>
  object.kind === 'expression' ? compileSearched(object.expression) : compileOperand(object)

function itemAt(object: unknown, index: unknown): unknown {
  return typeof index === 'number' || typeof index === 'string' ? memberOf(object, String(index)) : undefined
}

const FLIPPED: { readonly [operator in ComparisonOperator]: ComparisonOperator } = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

function compileComparison(operator: ComparisonOperator, left: Condition, right: Condition): Test {
  if (left.kind === 'literal' && right.kind !== 'literal') return compileComparison(FLIPPED[operator], right, left)
  if (operator === '!=') {
    const same = compileComparison('==', left, right)
    return scope => !same(scope)
  }
  const a = compileOperand(left)
  if (operator === '==' && right.kind === 'literal') return compileEquality(a, right.value)
  const b = compileOperand(right)
  const compare = COMPARISONS[operator]
  return scope => compare(a(scope), b(scope))
}

type Literal = Extract<Condition, { kind: 'literal' }>['value']

function compileEquality(value: Evaluate, literal: Literal): Test {
  if (literal === null) return scope => (value(scope) ?? null) === null
  if (typeof literal === 'bigint') return scope => equals(value(scope), literal)
  if (typeof literal !== 'string') {
    return scope => {
      const found = value(scope)
      return found === literal || ((typeof found === 'string' || typeof found === 'bigint') && equals(found, literal))
    }
  }
  const lower = literal.toLowerCase()
  return scope => {
    const found = value(scope)
    if (typeof found === 'string')
      return found === literal || (found.length <= lower.length && found.toLowerCase() === lower)
    return equals(found, literal)
  }
}
