import type { Expression, Template } from '../../expression/ast.ts'
import { expressionsIn } from '../../expression/index.ts'
import type { Location } from '../../ground/errors.ts'
import { asUserError, type Fault, sentenceOf } from '../../ground/fault.ts'

/** A request that could not be built from what the run holds. Does not cover requests that were sent. */
export class RequestError extends Error {
  override name = 'RequestError'
  readonly at: Location

  constructor(fault: Fault, at: Location) {
    super(sentenceOf(fault))
    this.at = at
    asUserError(this, fault)
  }
}

/** Advice for an empty value: its expressions, and the step or input that each of them reads. */
export function originOfNothing(value: Template): string {
  const expressions = new Map(expressionsIn(value).map(({ text, expression }) => [text, expression]))
  if (expressions.size === 0) return 'It is empty text: give it a value.'
  return [...expressions]
    .map(([text, expression]) => `${text} came out empty: check ${originOf(expression)}.`)
    .join(' ')
}

function originOf(expression: Expression): string {
  switch (expression.kind) {
    case 'steps':
      return `output "${expression.output}" of step "${expression.stepId}"`
    case 'inputs':
      return `what is given as input "${expression.name}"`
    case 'outputs':
      return `output "${expression.name}"`
    case 'workflows':
      return (
        `${expression.field === 'inputs' ? 'input' : 'output'} "${expression.name}" of workflow ` +
        `"${expression.workflowId}"`
      )
    default:
      return 'that it is there in this run'
  }
}
