import type { Condition } from '../../../src/expression/ast.ts'
import { formatExpression } from '../../../src/expression/ast.ts'

/** A condition with every bracket written. */
export function show(condition: Condition): string {
  switch (condition.kind) {
    case 'literal':
      return JSON.stringify(condition.value)
    case 'text':
      return `\`${condition.template.text}\``
    case 'expression':
      return formatExpression(condition.expression)
    case 'member':
      return `${show(condition.object)}.${condition.name}`
    case 'index':
      return `${show(condition.object)}[${show(condition.index)}]`
    case 'not':
      return `!${show(condition.operand)}`
    case 'comparison':
      return `(${show(condition.left)} ${condition.operator} ${show(condition.right)})`
    case 'and':
      return `(${show(condition.left)} && ${show(condition.right)})`
    case 'or':
      return `(${show(condition.left)} || ${show(condition.right)})`
  }
}
