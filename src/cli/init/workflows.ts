import type { Operation } from '../../document/model.ts'
import type { ReadOpenApi } from '../../document/openapi/read.ts'
import type { Raw } from '../../document/raw.ts'
import { given } from '../../ground/given.ts'
import { isJsonType } from '../../ground/media-type.ts'
import { pointerThrough } from '../../ground/pointer.ts'
import { type Call, callsOf, stepIdOf, wordsOf } from './chain.ts'
import { isSafe, parametersOf, plainValue, successOf } from './operations.ts'
import { sampleOf } from './sample.ts'

/** The workflows of a first document. */
export interface Draft {
  workflows: Raw[]
  /** What they call. */
  operations: Operation[]
  /** Whether they only look at things, as far as the methods tell. */
  isSafe: boolean
  /** Whether values were made up that may mean nothing to the application. */
  isGuess: boolean
}

/** A workflow for each kind of thing that can be looked at; where there is none, one that tries an operation. */
export function draftOf(api: ReadOpenApi, source: string): Draft | undefined {
  const { operations } = api.description
  const calls = callsOf(operations, api.follow)
  const names = new Set<string>()
  const write = (group: readonly Call[]) => workflowOf(group, operations, source, names)
  if (calls.length > 0) {
    const workflows = groupsOf(calls).map(write)
    return { workflows, operations: calls.map(({ operation }) => operation), isSafe: true, isGuess: false }
  }
  const first = firstCall(api)
  if (first === undefined) return undefined
  const { operation } = first
  return { workflows: [write([first])], operations: [operation], isSafe: isSafe(operation), isGuess: true }
}

/** Lists with what is taken from them; the others by the resource that their path begins with. */
function groupsOf(calls: readonly Call[]): Call[][] {
  const groups = new Map<string, Call[]>()
  const rootOf = (call: Call): Call => {
    const [list] = call.from.values()
    return list === undefined ? call : rootOf(list)
  }
  const keyOf = (call: Call) => {
    const root = rootOf(call)
    return root.gives.size > 0 ? root.operation.path : resourceOf(root.operation)
  }
  for (const call of calls) groups.set(keyOf(call), [...(groups.get(keyOf(call)) ?? []), call])
  return [...groups.values()]
}

/** `pets` of `/v1/pets/{petId}`. */
function resourceOf({ path }: Operation): string {
  const words = path.split('/').filter(word => word !== '' && !word.startsWith('{'))
  return words.find(word => !/^(api|rest|v\d+(\.\d+)*)$/i.test(word)) ?? words.at(-1) ?? 'root'
}

function workflowOf(calls: readonly Call[], operations: readonly Operation[], source: string, names: Set<string>): Raw {
  const resource = wordsOf(resourceOf(calls[0]!.operation))
  const free = [resource, ...calls.map(({ stepId }) => stepId)].find(name => !names.has(name))
  const workflowId = free ?? `${resource}-${names.size + 1}`
  names.add(workflowId)
  const steps = calls.map((call, i) => stepOf(call, calls[i + 1], operations, source))
  const verb = calls.every(({ operation }) => isSafe(operation)) ? 'Looks at' : 'Calls'
  return { workflowId, summary: `${verb} ${resource.replaceAll('-', ' ')}.`, steps }
}

function stepOf(call: Call, next: Call | undefined, operations: readonly Operation[], source: string): Raw {
  const { operation, parameters, body, gives, stepId } = call
  const outputs = [...gives].map(([name, pointer]) => [name, `$response.body#${pointer}`])
  return given({
    stepId,
    ...operationOf(operation, operations, source),
    parameters: parameters.length > 0 ? parameters : undefined,
    requestBody: body,
    successCriteria: [{ condition: successOf(operation) }],
    onSuccess: outputs.length > 0 && next ? onlyIfAny(call, next) : undefined,
    outputs: outputs.length > 0 ? Object.fromEntries(outputs) : undefined,
  })
}

/** An empty list is not a failure, and there is nothing more to look at. */
function onlyIfAny({ listing }: Call, next: Call): Raw[] {
  const path = listing!.pointer.split('/').slice(1)
  const first = `$${path.map(name => `[${JSON.stringify(name)}]`).join('')}[0]`
  const criteria = [{ context: '$response.body', type: 'jsonpath', condition: first }]
  return [
    { name: 'lookAtTheFirst', type: 'goto', stepId: next.stepId, criteria },
    { name: 'thereIsNone', type: 'end' },
  ]
}

/** Names an operation by its id where that is the only one, else by its path. */
function operationOf(operation: Operation, operations: readonly Operation[], source: string): Raw {
  const { operationId, method, path } = operation
  const isOnly = operations.filter(other => other.operationId === operationId).length === 1
  if (operationId !== undefined && isOnly) return { operationId }
  const pointer = pointerThrough(['paths', path, method.toLowerCase()])
  return { operationPath: `{$sourceDescriptions.${source}.url}#${pointer}` }
}

/** One operation with values made up from its schemas, and one that changes nothing before others. */
function firstCall({ description, follow }: ReadOpenApi): Call | undefined {
  const operations = [...description.operations].sort((a, b) => Number(isSafe(b)) - Number(isSafe(a)))
  for (const operation of operations) {
    const made = parametersOf(
      operation,
      parameter => plainValue(parameter, follow) ?? sampleOf(parameter.schema?.schema ?? { type: 'string' }, follow),
    )
    const body = bodyOf(operation, follow)
    if (made === undefined || body === null) continue
    const [from, gives] = [new Map(), new Map()]
    return given({ operation, parameters: made, body, from, gives, stepId: stepIdOf(operation) })
  }
  return undefined
}

/** A body by its schema; undefined where there is none to send, null where none can be made up. */
function bodyOf({ requestBody }: Operation, follow: ReadOpenApi['follow']): Raw | undefined | null {
  if (!requestBody) return undefined
  for (const { type, schema } of requestBody.content) {
    if (!isJsonType(type) && !/x-www-form-urlencoded|multipart\/form-data/.test(type)) continue
    const payload = schema && sampleOf(schema.schema, follow)
    if (payload !== undefined) return { contentType: type, payload }
  }
  return requestBody.required ? null : undefined
}
