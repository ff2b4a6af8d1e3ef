import type { Condition, CriterionTest, Expression, Pointer, Quoted, Template, TextTemplate } from './ast.ts'
import { ExpressionError, type Field, type Path } from './expression-error.ts'
import { narrowQuery, narrowSelector } from './narrow.ts'
import { lengthOf } from './parse.ts'
import { intern } from './pointer.ts'
import type { Reads } from './scope.ts'

/**
 * An expression and where it stands: in which text of a nested value, in which field of a selector or
 * criterion, at which offset.
 */
export interface Reference extends Quoted {
  readonly offset: number
  readonly path: Path
  readonly field?: Field
}

/** Every expression in a template or criterion, in the order of writing. */
export function expressionsIn(source: Template | CriterionTest): Reference[] {
  return 'kind' in source ? inTemplate(source, []) : inCriterion(source)
}

function inTemplate(template: Template, path: Path): Reference[] {
  switch (template.kind) {
    case 'literal':
      return []
    case 'expression':
      return [{ text: template.text, expression: template.expression, offset: 0, path }]
    case 'text':
      return inText(template, path)
    case 'selector':
      return [
        { ...template.context, offset: 0, path, field: 'context' },
        ...inQuery(template.selector, path, 'selector'),
      ]
    case 'extract':
      return inTemplate(template.of, path).map(found => ({ field: 'context', ...found }))
    case 'array':
      return template.items.flatMap((item, index) => inTemplate(item, [...path, index]))
    case 'object':
      return template.members.flatMap(([name, value]) => inTemplate(value, [...path, name]))
  }
}

function inCriterion(test: CriterionTest): Reference[] {
  if (test.type === 'simple') return inCondition(test.condition, test.text)
  const query = test.type === 'regex' ? test.pattern : test.query
  return [{ ...test.context, offset: 0, path: [], field: 'context' }, ...inQuery(query, [], 'condition')]
}

function inQuery(query: string | TextTemplate, path: Path, field: Field): Reference[] {
  return typeof query === 'string' ? [] : inText(query, path, field)
}

function inText(template: TextTemplate, path: Path, field?: Field): Reference[] {
  const found: Reference[] = []
  let offset = 0
  for (const part of template.parts) {
    if (typeof part !== 'string') found.push({ ...part, offset: offset + 1, path, field })
    offset += lengthOf(part)
  }
  return found
}

function inCondition(condition: Condition, text: string): Reference[] {
  switch (condition.kind) {
    case 'literal':
      return []
    case 'text':
      return inText(condition.template, [], 'condition').map(found => ({
        ...found,
        offset: found.offset + condition.start + 1,
      }))
    case 'expression': {
      const { expression, start, end } = condition
      return [{ text: text.slice(start, end), expression, offset: start, path: [], field: 'condition' }]
    }
    case 'member':
      return inCondition(condition.object, text)
    case 'index':
      return [...inCondition(condition.object, text), ...inCondition(condition.index, text)]
    case 'not':
      return inCondition(condition.operand, text)
    default:
      return [...inCondition(condition.left, text), ...inCondition(condition.right, text)]
  }
}

/**
 * Parts of the response that templates and criteria may read. They match the compiled forms exactly: the pointers are
 * the same objects that `ResponseView.at` receives.
 */
export function readsOf(templates: readonly Template[], criteria: readonly CriterionTest[]): Reads {
  const pointers = new Set<Pointer>()
  let [whole, parsed] = [false, false]
  const expressions = [...templates.flatMap(expressionsOfTemplate), ...criteria.flatMap(expressionsOfCriterion)]
  for (const expression of expressions) {
    if (expression.kind !== 'response' || expression.part !== 'body') continue
    if (expression.pointer === undefined) whole = parsed = true
    else {
      pointers.add(intern(expression.pointer))
      whole ||= expression.pointer.tokens.length === 0
    }
  }
  return { pointers: [...pointers], whole, parsed }
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
