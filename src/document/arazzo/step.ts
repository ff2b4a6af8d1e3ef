import type { Template } from '../../expression/ast.ts'
import { given } from '../../ground/given.ts'
import { checkMessage } from '../check/channel.ts'
import {
  checkInputs,
  checkOperationParameters,
  checkPathParameters,
  checkRequired,
  checkRequiredInputs,
  type NamedStep,
  type StepParameters,
} from '../check/parameters.ts'
import { EXTRACT_FIELD } from '../extension-fields.ts'
import { placeOfKey } from '../file/source-file.ts'
import type { Context } from '../loaded/context.ts'
import type { LoadedDocument, LoadedStep, LoadedWorkflow, Reading } from '../loaded/loaded.ts'
import type { Operation, Output, Parameter, Step } from '../model.ts'
import { has, isRaw, member, object, objects, type Raw, text, unquotedExpression } from '../raw.ts'
import { readActions } from './action.ts'
import { readEvents } from './events.ts'
import { readCriteria, readTemplate } from './language.ts'
import { readParameters } from './parameter.ts'
import { namedAsInPath } from './path-names.ts'
import { readRequestBody } from './request-body.ts'
import { localDependencies } from './step-depends-on.ts'
import { findTarget, type LoadedTarget } from './target.ts'

/**
 * Reads a Step Object. `undefined` when what it runs was not found; that, and whatever else is wrong, has been
 * reported.
 */
export function readStep(
  loaded: LoadedStep,
  workflow: LoadedWorkflow,
  shared: readonly Parameter[],
  reading: Reading,
): Step | undefined {
  const { raw, stepId } = loaded
  const thing = `step "${stepId}"`
  const { document } = workflow
  const target = findTarget(raw, thing, document, reading)
  const called = target?.kind === 'workflow' ? target.workflow : undefined
  const onChannel = target?.kind === 'channel'
  const inHand = { document, workflow, step: loaded, called, onChannel: onChannel || undefined }
  const before: Context = given({ ...inHand, moment: 'before' })
  const after: Context = { ...before, moment: 'after' }
  const operation = target?.kind === 'operation' ? target.api.operation(target.entry) : undefined
  const runsWorkflow = has(raw, 'workflowId')
  const written = readParameters(raw, thing, runsWorkflow ? 'inputs' : 'operation', before, reading)
  const parameters = operation ? namedAsInPath(written, operation, thing, reading) : written
  const at = placeOfKey(raw, 'stepId')
  const named = { thing, at }
  if (onChannel) checkMessage(raw, target, { own: parameters, shared }, named, reading)
  else if (target) checkParameters(target, operation, { own: parameters, shared }, named, reading)
  if (target?.kind === 'operation' && operation) {
    // One that refers to nothing has been reported, and may be the one that is missed.
    const items = objects(raw, 'parameters')
    if (items.length === written.length || items.every(item => has(item, 'name')))
      checkPathParameters([...parameters, ...shared], operation, named, reading)
    const sent = { parameters: [...parameters, ...shared], hasBody: has(raw, 'requestBody') }
    checkRequired(sent, operation, target.api.description, named, reading)
  }
  if (runsWorkflow) checkBody(raw, thing, reading)
  const types = onChannel ? target.channel.messages.map(({ contentType }) => contentType) : undefined
  const requestBody = readRequestBody(raw, thing, types ?? mediaTypesOf(operation), before, reading)
  const correlationId =
    onChannel && target.action === 'receive' && has(raw, 'correlationId')
      ? readTemplate(raw, 'correlationId', thing, before, reading)
      : undefined
  const timeout = member(raw, 'timeout')
  const rest = given<Omit<Step, 'target'>>({
    stepId,
    at,
    description: text(raw, 'description'),
    parameters,
    requestBody: runsWorkflow ? undefined : requestBody,
    successCriteria: readCriteria(raw, 'successCriteria', thing, after, reading),
    onSuccess: readActions(raw, 'onSuccess', 'successActions', thing, after, reading),
    onFailure: readActions(raw, 'onFailure', 'failureActions', thing, after, reading),
    outputs: readOutputs(raw, thing, after, reading),
    timeout: typeof timeout === 'number' && document.version !== '1.0' ? timeout : undefined,
    dependsOn: localDependencies(loaded, workflow, reading),
    events: readEvents(raw, thing, target?.kind, after, reading),
  })
  return target && { ...rest, target: modelOf(target, operation, correlationId) }
}

const mediaTypesOf = (operation: Operation | undefined) => operation?.requestBody?.content.map(({ type }) => type) ?? []

function modelOf(
  target: LoadedTarget,
  operation: Operation | undefined,
  correlationId: Template | undefined,
): Step['target'] {
  if (target.kind === 'channel') return given({ ...target, correlationId })
  if (target.kind === 'workflow') return { kind: 'workflow', workflow: target.reference }
  return { kind: 'operation', source: target.source, operation: operation! }
}

function checkParameters(
  target: Exclude<LoadedTarget, { kind: 'channel' }>,
  operation: Operation | undefined,
  parameters: StepParameters,
  step: NamedStep,
  reading: Reading,
): void {
  if (target.kind === 'operation')
    return checkOperationParameters(parameters, operation!, target.api.description, step, reading)
  checkInputs(parameters.own, target.workflow, step.thing, reading)
  checkRequiredInputs([...parameters.own, ...parameters.shared], target.workflow, step.thing, step.at, reading)
}

function checkBody(raw: Raw, thing: string, reading: Reading): void {
  if (!has(raw, 'requestBody')) return
  const found = 'a workflow takes inputs, not a request body'
  const hint = 'Pass them in `parameters`.'
  const at = placeOfKey(raw, 'requestBody')
  reading.problems.warn({ code: 'irrelevant-field', at, failed: `read ${thing}`, found, hint })
}

/** The `outputs` of a step or workflow. */
export function readOutputs(raw: Raw, thing: string, context: Context, reading: Reading): Output[] {
  const outputs = object(raw, 'outputs') ?? {}
  return Object.keys(outputs)
    .filter(name => isReadable(outputs[name], context.document))
    .map(name => ({
      name,
      value: readTemplate(outputs, name, `output "${name}" of ${thing}`, { ...context, output: name }, reading, true),
      at: placeOfKey(outputs, name),
    }))
}

/** An output is text or, in 1.1 or with `x-extract`, a Selector Object; its shape has been checked. */
function isReadable(value: unknown, { version, misshapen }: LoadedDocument): boolean {
  if (typeof value === 'string') return true
  return (
    isRaw(value) &&
    (version !== '1.0' || has(value, EXTRACT_FIELD)) &&
    !misshapen.has(value) &&
    !unquotedExpression(value)
  )
}
