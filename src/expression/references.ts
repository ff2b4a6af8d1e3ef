import type { Condition, CriterionTest, Quoted, Template, TextTemplate } from './ast.ts'
import type { Field, Path } from './expression-error.ts'
import { lengthOf } from './text.ts'

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
