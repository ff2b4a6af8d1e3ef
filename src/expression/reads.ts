import type { CriterionTest, Expression, Pointer, Template } from './ast.ts'
import { ExpressionError } from './expression-error.ts'
import { narrowQuery, narrowSelector } from './narrow.ts'
import { intern } from './pointer.ts'
import { expressionsIn } from './references.ts'
import type { Reads } from './scope.ts'

/**
 * What these templates and criteria may read of the response at hand. It is exactly what their compiled forms
 * ask for: the pointers are the very objects that are handed to `ResponseView.at`.
 */
export function readsOf(templates: readonly Template[], criteria: readonly CriterionTest[]): Reads {
  const pointers = new Set<Pointer>()
  const headers = new Set<string>()
  let [whole, parsed] = [false, false]
  const expressions = [...templates.flatMap(expressionsOfTemplate), ...criteria.flatMap(expressionsOfCriterion)]
  for (const expression of expressions) {
    if (expression.kind !== 'response') continue
    if (expression.part === 'header') headers.add(expression.name)
    else if (expression.part === 'cookie') headers.add('set-cookie')
    else if (expression.part === 'query') headers.add('location')
    else if (expression.part === 'body' && expression.pointer === undefined) whole = parsed = true
    else if (expression.part === 'body') {
      pointers.add(intern(expression.pointer!))
      whole ||= expression.pointer!.tokens.length === 0
    }
  }
  return { pointers: [...pointers], whole, parsed, headers: [...headers] }
}

function expressionsOfTemplate(template: Template): Expression[] {
  switch (template.kind) {
    case 'array':
      return template.items.flatMap(expressionsOfTemplate)
    case 'object':
      return template.members.flatMap(([, value]) => expressionsOfTemplate(value))
    case 'extract':
      return expressionsOfTemplate(template.of)
    case 'selector':
      if (typeof template.selector !== 'string') break
      return [narrowSelector(template.context.expression, template.type, template.selector).read]
  }
  return expressionsIn(template).map(({ expression }) => expression)
}

function expressionsOfCriterion(test: CriterionTest): Expression[] {
  if (test.type === 'jsonpath' && typeof test.query === 'string') {
    return [narrowed(test.context.expression, test.version, test.query)]
  }
  return expressionsIn(test).map(({ expression }) => expression)
}

/** A query that is invalid reads nothing, and its context will do. */
function narrowed(context: Expression, version: string, query: string): Expression {
  try {
    return narrowQuery(context, version, query)?.read ?? context
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return context
  }
}
