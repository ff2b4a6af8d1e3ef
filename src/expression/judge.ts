import type { Condition, CriterionTest, Expression, TextTemplate } from './ast.ts'
import { formatExpression } from './ast.ts'
import { compileExpression, compileSearched, compileText } from './compile.ts'
import { numberOf } from './condition/compare.ts'
import { compileCondition, compileOperand, explainCondition } from './condition/evaluate.ts'
import { embedIn, stringify } from './embed.ts'
import { memoize } from './memo.ts'
import { narrowQuery } from './narrow.ts'
import { compileRegex } from './regex.ts'
import type { Criterion, Evaluate, Explanation, Scope } from './scope.ts'
import { compileExists } from './select.ts'
import { compileXPathOf } from './xpath.ts'

type Values = Record<string, unknown>

/**
 * A criterion as closures. What cannot be evaluated is not met (Arazzo 1.1.0, "Evaluation Errors"); `explain`
 * says why.
 */
export function compileCriterion(test: CriterionTest): Criterion {
  return test.type === 'simple' ? compileSimple(test) : compileQueried(test)
}

function compileSimple({ condition, text }: Extract<CriterionTest, { type: 'simple' }>): Criterion {
  const holds = compileCondition(condition)
  return {
    test: scope => {
      try {
        return holds(scope)
      } catch {
        return false
      }
    },
    explain: scope => explaining({}, () => explainCondition(condition, text, scope)),
  }
}

type Queried = Exclude<CriterionTest, { type: 'simple' }>

/** Value that a regex, JSONPath or XPath reads, and its test. `undefined` never passes. */
interface Demand {
  readonly context: Expression
  /** Reads at least the part of the context's value that the query uses. */
  readonly read: Evaluate
  /** The whole of it, as far as it was held. */
  readonly all: Evaluate
  readonly passes: (value: unknown) => boolean
}

function compileQueried(test: Queried): Criterion {
  const source = test.type === 'regex' ? test.pattern : test.query
  const { textOf, demandOf } = typeof source === 'string' ? fixed(test, source) : varying(test, source)
  return {
    test: scope => {
      try {
        return passes(demandOf(scope), scope)
      } catch {
        return false
      }
    },
    explain: scope => {
      const actual: Values = {}
      return explaining(actual, () => {
        if (typeof source !== 'string') addValues(actual, source, scope)
        return explainDemand(test, textOf(scope), demandOf(scope), scope, actual)
      })
    },
  }
}

interface Demands {
  readonly textOf: (scope: Scope) => string
  readonly demandOf: (scope: Scope) => Demand
}

function fixed(test: Queried, text: string): Demands {
  const context = test.context.expression
  try {
    const narrow = test.type === 'jsonpath' ? narrowQuery(context, test.version, text) : undefined
    const demand = narrow ? demanding(test, narrow.exists, narrow) : demanding(test, predicate(test, text), { context })
    return { textOf: () => text, demandOf: () => demand }
  } catch (error) {
    // Invalid since it was read, with a warning: it fails whenever it is evaluated.
    const fail = (): never => {
      throw error
    }
    return { textOf: () => text, demandOf: fail }
  }
}

function varying(test: Queried, template: TextTemplate): Demands {
  const textOf = compileText(template, embedIn(test.type, template))
  const demandFor = memoize(text => demanding(test, predicate(test, text, true), { context: test.context.expression }))
  return { textOf, demandOf: scope => demandFor(textOf(scope)) }
}

function demanding(
  { type }: Queried,
  passes: Demand['passes'],
  { context, read = context }: { context: Expression; read?: Expression },
): Demand {
  const compile = type === 'jsonpath' ? compileSearched : compileExpression
  return { context, read: compile(read), all: compile(context), passes }
}

function predicate(test: Queried, text: string, varies = false): (value: unknown) => boolean {
  switch (test.type) {
    case 'regex': {
      const matches = compileRegex(text)
      return value => value !== null && matches(stringify(value))
    }
    case 'jsonpath': {
      const exists = compileExists(test.version, text)
      return value => value !== null && exists(value)
    }
    case 'xpath': {
      const path = compileXPathOf(test.version, text, varies)
      return value => value !== null && path.holds(value)
    }
  }
}

function passes(demand: Demand, scope: Scope): boolean {
  const value = demand.read(scope)
  return value !== undefined && demand.passes(value)
}

const DEMANDS = {
  regex: (text: string) => `a match of ${text}`,
  jsonpath: (text: string) => `a node at ${text}`,
  xpath: (text: string) => `a result of ${text}`,
}

function explainDemand(test: Queried, text: string, demand: Demand, scope: Scope, actual: Values): Explanation {
  const narrowed = demand.context !== test.context.expression
  const name = narrowed ? formatExpression(demand.context) : test.context.text
  const value = demand.all(scope) ?? demand.read(scope)
  actual[name] = value
  if (value !== undefined && demand.passes(value)) return { actual }
  const expected = { [name]: DEMANDS[test.type](text) }
  const isText = narrowed ? scope.response?.isText : typeof value === 'string'
  if (test.type === 'jsonpath' && isText) {
    return { actual, expected, error: 'expected JSON to apply a JSONPath to, found text' }
  }
  return { actual, expected }
}

function addValues(values: Values, template: TextTemplate, scope: Scope): void {
  for (const part of template.parts) {
    if (typeof part !== 'string') values[part.text] = compileExpression(part.expression)(scope)
  }
}

/** Values found before an error are shown with it. */
function explaining(actual: Values, explain: () => Explanation): Explanation {
  try {
    return explain()
  } catch (error) {
    return { actual, error: error instanceof Error ? error.message : String(error) }
  }
}

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
