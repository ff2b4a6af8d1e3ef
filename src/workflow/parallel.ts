import type { Action, ArazzoDocument, Step, Workflow } from '../document/model.ts'
import type { Template } from '../expression/ast.ts'
import { type Expression, expressionsIn } from '../expression/index.ts'
import type { ParallelPlan, StepPlan, WorkflowPlan } from './plan.ts'

/** Workflows that a step may run, itself or through others, and those whose last run is looked at meanwhile. */
interface Uses {
  readonly runs: ReadonlySet<Workflow>
  readonly asks: ReadonlySet<Workflow>
}

/**
 * Dependencies between the steps of a workflow, so that every run has the same result as a sequential one: `dependsOn`,
 * outputs that are read (Arazzo 1.1.0, "Tool Behavior"), and earlier steps that run a workflow whose last run matters.
 *
 * @param plans all workflows that a run can reach.
 */
export function planParallel(plan: WorkflowPlan, plans: readonly WorkflowPlan[]): ParallelPlan {
  const { steps, byId } = plan
  const uses = steps.map(step => usesOf(step, plan))
  const asked = new Set(plans.flatMap(asksOf))
  const waits = steps.map(() => 0)
  const followers = steps.map((): number[] => [])
  for (const { step, position } of steps) {
    const before = new Set(prerequisites(step).map(stepId => byId.get(stepId)?.position))
    for (let i = 0; i < position; i++) {
      if (!before.has(i) && !areAtOdds(uses[i]!, uses[position]!, asked)) continue
      followers[i]!.push(position)
      waits[position]!++
    }
  }
  return { waits, followers }
}

const none: ReadonlySet<Workflow> = new Set()

function usesOf({ step, workflow, onSuccess, onFailure }: StepPlan, { document }: WorkflowPlan): Uses {
  const called = new Set<WorkflowPlan>()
  for (const one of [workflow, ...[...onSuccess, ...onFailure].map(action => action.workflow)]) if (one) called.add(one)
  // A set visits entries that are added during the iteration.
  for (const plan of called) for (const one of calledBy(plan)) called.add(one)
  const asks = [...workflowsIn(expressionsOf(step), document), ...[...called].flatMap(asksOf)]
  return {
    runs: called.size === 0 ? none : new Set([...called].map(plan => plan.workflow)),
    asks: asks.length === 0 ? none : new Set(asks),
  }
}

function calledBy({ steps, dependencies }: WorkflowPlan): WorkflowPlan[] {
  const called = steps.flatMap(step => [step, ...step.onSuccess, ...step.onFailure].map(({ workflow }) => workflow))
  return [...dependencies, ...called.filter(plan => plan !== undefined)]
}

/** Workflows whose last run a workflow looks at: prerequisites, of which one run is enough, and `$workflows`. */
function asksOf({ workflow, document, dependencies }: WorkflowPlan): Workflow[] {
  const templates = [...workflow.outputs, ...workflow.parameters].map(({ value }) => value)
  const expressions = [
    ...templates.flatMap(template => expressionsIn(template)).map(({ expression }) => expression),
    ...workflow.steps.flatMap(expressionsOf),
    ...expressionsOfActions([...workflow.successActions, ...workflow.failureActions]),
  ]
  return [...dependencies.map(plan => plan.workflow), ...workflowsIn(expressions, document)]
}

function workflowsIn(expressions: readonly Expression[], { workflows }: ArazzoDocument): Workflow[] {
  const names = expressions.flatMap(expression => (expression.kind === 'workflows' ? [expression.workflowId] : []))
  return workflows.filter(({ workflowId }) => names.includes(workflowId))
}

/** Whether it matters which of two steps comes first. */
function areAtOdds(one: Uses, other: Uses, asked: ReadonlySet<Workflow>): boolean {
  for (const workflow of one.runs)
    if (other.asks.has(workflow) || (other.runs.has(workflow) && asked.has(workflow))) return true
  for (const workflow of one.asks) if (other.runs.has(workflow)) return true
  return false
}

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
  // Messages that other steps wait for are in flight meanwhile: they are received when the first step needs them.
  const isAwaited = ({ stepId, target }: Step) =>
    target.kind === 'channel' &&
    target.action === 'receive' &&
    steps.some(({ dependsOn }) => dependsOn.includes(stepId))
  for (const step of steps) if (!isAwaited(step)) visit(step)
  steps.forEach(visit)
  return [...ordered]
}

/** Steps that a step waits for by declaration, and whose outputs it reads, also in actions. */
export function prerequisites(step: Step): string[] {
  const read = expressionsOf(step).flatMap(expression => (expression.kind === 'steps' ? [expression.stepId] : []))
  return [...step.dependsOn, ...read]
}

/** All expressions of a step, but for those of actions of its workflow. */
function expressionsOf(step: Step): Expression[] {
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
