import { shownAsJson } from '../../ground/show.ts'
import type { Condition } from '../ast.ts'
import type { Explanation, Scope } from '../scope.ts'
import { compileCondition, compileOperand } from './evaluate.ts'

type Values = Record<string, unknown>
type Comparison = Extract<Condition, { kind: 'comparison' }>

/**
 * What the expressions of a condition came to, and what they should have come to. Slow: for messages.
 * `expected` names what each comparison that failed on the way of `&&` asked for; alternatives are
 * named when they are about the same expression (`200 or 201`).
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
  return { [quote(subject, text)]: `${flipped ? mirror(operator) : operator} ${shown}` }
}

function mirror(operator: string): string {
  return operator.startsWith('<') ? operator.replace('<', '>') : operator.replace('>', '<')
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
function show(value: unknown): string {
  return typeof value === 'string' ? value : shownAsJson(value)
}

function quote({ start, end }: Condition, text: string): string {
  return text.slice(start, end)
}
