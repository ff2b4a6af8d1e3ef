import type { Action, Step, Workflow } from '../document/model.ts'
import type { Template } from '../expression/ast.ts'
import { type Expression, expressionsIn } from '../expression/index.ts'

/**
 * Steps in the order in which they run. Without any `dependsOn` that is the document's order; with one, and where steps
 * run at the same time, steps are sorted so that everything a step waits for (declared, or read from its outputs) comes
 * before it, and otherwise stay where they are; a step that receives a message is not blocking: it comes right before
 * the first step that declares to depend on it. Source: Arazzo 1.1.0, "Step Dependencies and Execution Order".
 */
export function executionOrder(workflow: Workflow): readonly Step[] {
  const { steps, parallel } = workflow
  if (!parallel && steps.every(step => step.dependsOn.length === 0)) return steps
  const byId = new Map(steps.map(step => [step.stepId, step]))
  const ordered = new Set<Step>()
  const visiting = new Set<Step>()
  const visit = (step: Step): void => {
    if (ordered.has(step) || visiting.has(step)) return
    visiting.add(step)
    for (const stepId of prerequisites(step)) {
      const before = byId.get(stepId)
      if (before) visit(before)
    }
    visiting.delete(step)
    ordered.add(step)
  }
  // What others wait for is in flight meanwhile: it is received when the first of them needs it.
  const isAwaited = ({ stepId, target }: Step) =>
    target.kind === 'channel' &&
    target.action === 'receive' &&
    steps.some(({ dependsOn }) => dependsOn.includes(stepId))
  for (const step of steps) if (!isAwaited(step)) visit(step)
  steps.forEach(visit)
  return [...ordered]
}

/** The steps that a step declares to wait for, and whose outputs it reads, be it only in an action. */
export function prerequisites(step: Step): string[] {
  const read = expressionsOf(step).flatMap(expression => (expression.kind === 'steps' ? [expression.stepId] : []))
  return [...step.dependsOn, ...read]
}

/** All expressions of a step, but for those of actions of its workflow. */
export function expressionsOf(step: Step): Expression[] {
  const actions = [...step.onSuccess, ...step.onFailure]
  const templates: Template[] = [
    ...step.parameters.map(parameter => parameter.value),
    ...(step.requestBody?.payload ? [step.requestBody.payload] : []),
    ...(step.requestBody?.replacements.map(replacement => replacement.value) ?? []),
    ...step.outputs.map(output => output.value),
    ...(step.target.kind === 'channel' && step.target.correlationId ? [step.target.correlationId] : []),
  ]
  const criteria = [...(step.events?.until ?? []), ...step.successCriteria].map(criterion => criterion.test)
  const own = [...templates, ...criteria].flatMap(source => expressionsIn(source))
  return [...own.map(({ expression }) => expression), ...expressionsOfActions(actions)]
}

export function expressionsOfActions(actions: readonly Action[]): Expression[] {
  const templates = actions.flatMap(action => action.parameters.map(parameter => parameter.value))
  const criteria = actions.flatMap(action => action.criteria.map(criterion => criterion.test))
  return [...templates, ...criteria].flatMap(source => expressionsIn(source)).map(({ expression }) => expression)
}
