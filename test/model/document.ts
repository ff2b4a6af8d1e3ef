import { arazzo, openapi } from '../builders/project.ts'
import type { Action, Flow, Named, Program, Step, Value } from './program.ts'

/** The program as an Arazzo document over `api.json`. */
export function arazzoOf({ flows }: Program): string {
  return arazzo(flows.map(flowText).join('\n'), '', flows.some(isNewer) ? '1.1.0' : '1.0.1')
}

/** Whether it has what came with 1.1. */
function isNewer({ steps, onSuccess, onFailure }: Flow): boolean {
  const actions = [{ onSuccess, onFailure }, ...steps].flatMap(owner => [...owner.onSuccess, ...owner.onFailure])
  return steps.some(step => step.needs.length > 0) || actions.some(action => action.sends.length > 0)
}

/** Its operations: each step has one of its own. */
export function openapiOf({ flows }: Program): string {
  const operations: Record<string, [string, string]> = {}
  for (const flow of flows) {
    for (const { id, runs } of flow.steps)
      if (runs === undefined) operations[`${flow.id}-${id}`] = ['get', `/${flow.id}/${id}`]
  }
  return openapi(operations)
}

function flowText(flow: Flow): string {
  const properties = Object.entries(flow.inputs).map(([name, value]) => [
    name,
    { type: 'integer', ...(value !== undefined && { default: value }) },
  ])
  return [
    `  - workflowId: ${flow.id}`,
    ...line('dependsOn', flow.needs),
    ...(properties.length > 0
      ? [`    inputs: ${flowStyle({ type: 'object', properties: Object.fromEntries(properties) })}`]
      : []),
    ...actions('successActions', flow.onSuccess),
    ...actions('failureActions', flow.onFailure),
    '    steps:',
    ...flow.steps.map(step => stepText(flow, step)),
    ...(flow.gives.length > 0 ? [`    outputs: ${flowStyle(namedOf(flow.gives))}`] : []),
  ].join('\n')
}

function stepText(flow: Flow, step: Step): string {
  const parameters = step.sends.map(({ name, value }) => ({
    name,
    ...(step.runs === undefined && { in: 'query' }),
    value: valueText(value),
  }))
  return [
    `- stepId: ${step.id}`,
    step.runs === undefined ? `  operationId: ${flow.id}-${step.id}` : `  workflowId: ${step.runs}`,
    ...line('dependsOn', step.needs).map(text => text.slice(2)),
    ...line('parameters', parameters).map(text => text.slice(2)),
    ...(step.accepts ? [`  successCriteria: ${flowStyle([criterion(step.accepts)])}`] : []),
    ...actions('onSuccess', step.onSuccess).map(text => text.slice(2)),
    ...actions('onFailure', step.onFailure).map(text => text.slice(2)),
    ...(step.gives.length > 0 ? [`  outputs: ${flowStyle(namedOf(step.gives))}`] : []),
  ]
    .map(text => `      ${text}`)
    .join('\n')
}

function line(field: string, list: readonly unknown[]): string[] {
  return list.length > 0 ? [`    ${field}: ${flowStyle(list)}`] : []
}

function actions(field: string, list: readonly Action[]): string[] {
  if (list.length === 0) return []
  return [`    ${field}:`, ...list.map(action => `      - ${flowStyle(actionOf(action))}`)]
}

function actionOf({ name, type, when, to, limit, after, sends }: Action): object {
  return {
    name,
    type,
    ...(type === 'retry' && { retryAfter: after ?? 0 }),
    ...(limit !== undefined && { retryLimit: limit }),
    ...(to && ('step' in to ? { stepId: to.step } : { workflowId: to.flow })),
    ...(sends.length > 0 && { parameters: sends.map(({ name, value }) => ({ name, value: valueText(value) })) }),
    ...(when.length > 0 && { criteria: when.map(criterion) }),
  }
}

const criterion = (statuses: readonly number[]) => ({
  condition: statuses.map(status => `$statusCode == ${status}`).join(' || '),
})

const namedOf = (named: readonly Named[]) =>
  Object.fromEntries(named.map(({ name, value }) => [name, valueText(value)]))

function valueText(value: Value): string | number {
  if (typeof value === 'number') return value
  if (value === 'body') return '$response.body#/n'
  if ('input' in value) return `$inputs.${value.input}`
  if ('child' in value) return `$outputs.${value.child}`
  if ('step' in value) return `$steps.${value.step}.outputs.${value.output}`
  return 'output' in value
    ? `$workflows.${value.flow}.outputs.${value.output}`
    : `$workflows.${value.flow}.inputs.${value.inputOf}`
}

/** YAML in one line. */
function flowStyle(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowStyle).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const members = Object.entries(value).map(([key, member]) => `${key}: ${flowStyle(member)}`)
  return members.length > 0 ? `{ ${members.join(', ')} }` : '{}'
}
