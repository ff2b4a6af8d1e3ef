import type { Expression, Pointer } from './ast.ts'

/** An expression in the specification's own form: `$steps.login.outputs.user#/0/id`. */
export function formatExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'request':
    case 'response':
    case 'message':
      return expression.part === 'body' || expression.part === 'payload'
        ? `$${expression.kind}.${expression.part}${fragment(expression.pointer)}`
        : `$${expression.kind}.${expression.part}.${expression.name}`
    case 'inputs':
    case 'outputs':
      return `$${expression.kind}.${expression.name}${fragment(expression.pointer)}`
    case 'steps':
      return `$steps.${expression.stepId}.outputs.${expression.output}${fragment(expression.pointer)}`
    case 'workflows': {
      const { workflowId, field, name, pointer } = expression
      return `$workflows.${workflowId}.${field}.${name}${fragment(pointer)}`
    }
    case 'sourceDescriptions':
      return `$sourceDescriptions.${expression.source}.${expression.reference}`
    case 'components':
      return `$components.${expression.type}.${expression.name}`
    default:
      return `$${expression.kind}`
  }
}

function fragment(pointer: Pointer | undefined): string {
  return pointer === undefined ? '' : `#${pointer.text}`
}
