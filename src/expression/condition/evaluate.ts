import { shownAsJson } from '../../ground/show.ts'
import type { ComparisonOperator, Condition } from '../ast.ts'
import { compileExpression, compileSearched, compileText } from '../compile.ts'
import { memberOf } from '../pointer.ts'
import type { Evaluate, Explanation, Scope } from '../scope.ts'
import { COMPARISONS, equals, truthy } from './compare.ts'

type Test = (scope: Scope) => boolean

/** Compiles a condition to a predicate. Comparisons with a literal get their own closure. */
export function compileCondition(condition: Condition): Test {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const left = compileCondition(condition.left)
      const right = compileCondition(condition.right)
      return condition.kind === 'and' ? scope => left(scope) && right(scope) : scope => left(scope) || right(scope)
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

type Values = Record<string, unknown>
type Comparison = Extract<Condition, { kind: 'comparison' }>

/**
 * Actual and expected values of the expressions in a condition. Slow: for messages. `expected` contains the value of
 * each comparison that failed on the path of `&&`; alternatives are listed if they are about the same expression (`200
 * or 201`).
 */
export function explainCondition(condition: Condition, text: string, scope: Scope): Explanation {
  const actual: Values = {}
  for (const part of valuesIn(condition)) actual[quote(part, text)] = compileOperand(part)(scope)
  const expected = expectedBy(condition, text, scope)
  return expected === undefined ? { actual } : { actual, expected }
}

/** The largest parts that are values rather than logic, literals left out. */
function valuesIn(condition: Condition): Condition[] {
  switch (condition.kind) {
    case 'literal':
      return []
    case 'not':
      return valuesIn(condition.operand)
    case 'and':
    case 'or':
    case 'comparison':
      return [...valuesIn(condition.left), ...valuesIn(condition.right)]
    default:
      return [condition]
  }
}

function expectedBy(condition: Condition, text: string, scope: Scope): Values | undefined {
  if (compileCondition(condition)(scope)) return undefined
  switch (condition.kind) {
    case 'and':
      return merge(expectedBy(condition.left, text, scope), expectedBy(condition.right, text, scope))
    case 'or':
      return alternatives(expectedBy(condition.left, text, scope), expectedBy(condition.right, text, scope))
    case 'comparison':
      return expectedByComparison(condition, text, scope)
    case 'not':
      return isValue(condition.operand) ? { [quote(condition.operand, text)]: false } : undefined
    default:
      return isValue(condition) ? { [quote(condition, text)]: true } : undefined
  }
}

function expectedByComparison({ operator, left, right }: Comparison, text: string, scope: Scope): Values | undefined {
  const flipped = !isValue(left)
  const [subject, other] = flipped ? [right, left] : [left, right]
  if (!isValue(subject)) return undefined
  const value = compileOperand(other)(scope)
  if (operator === '==') return { [quote(subject, text)]: value ?? null }
  const shown = shownAsJson(value ?? null)
  if (operator === '!=') return { [quote(subject, text)]: `not ${shown}` }
  return { [quote(subject, text)]: `${flipped ? FLIPPED[operator] : operator} ${shown}` }
}

function isValue({ kind }: Condition): boolean {
  return kind === 'expression' || kind === 'member' || kind === 'index' || kind === 'text'
}

function merge(a: Values | undefined, b: Values | undefined): Values | undefined {
  return a === undefined || b === undefined ? (a ?? b) : { ...a, ...b }
}

function alternatives(a: Values | undefined, b: Values | undefined): Values | undefined {
  const [name, ...others] = Object.keys(a ?? {})
  if (a === undefined || b === undefined || name === undefined || others.length > 0) return undefined
  if (Object.keys(b).join() !== name) return undefined
  return { [name]: `${show(a[name])} or ${show(b[name])}` }
}

/** Texts made here (`< 10`, `200 or 201`) stay as they are. */
const show = (value: unknown): string => (typeof value === 'string' ? value : shownAsJson(value))

const quote = ({ start, end }: Condition, text: string): string => text.slice(start, end)
