import { EVENTS_FIELD } from '../../document/extension-fields.ts'
import type { Operation } from '../../document/model.ts'
import type { ReadOpenApi } from '../../document/openapi/description.ts'
import type { Raw } from '../../document/raw.ts'
import { given } from '../../ground/given.ts'
import { grouped } from '../../ground/group.ts'
import { isJsonType } from '../../ground/media-type.ts'
import { pointerThrough } from '../../ground/pointer.ts'
import { wordsOf } from '../../ground/words.ts'
import { type Call, callsOf, stepIdOf } from './chain.ts'
import { creationsOf } from './creation.ts'
import { authorization, inputsOf, type Login, loginOf, loginStep, loginWorkflow, needsLogin, SIGN_IN } from './login.ts'
import { isSafe, isStream, type Listing, parametersOf, plainValue, successOf } from './operations.ts'
import { type Follow, sampleOf } from './sample.ts'

/** The workflows of a first document. */
export interface Draft {
  workflows: Raw[]
  /** What they call. */
  operations: Operation[]
  /** The login that comes first in those that need one. */
  login?: Login
  /** Id of the workflow to load: the longest of those that only look, else the first. */
  loaded: string
  /** Whether what is loaded only looks at things, as far as the methods tell. */
  isSafe: boolean
  /** Whether any of them makes things. */
  makes: boolean
  /** Whether that is what was asked for. */
  writes: boolean
  /** What makes things and is left out, as nothing removes them again. */
  unremoved: readonly Operation[]
  /** What makes things that can be removed and is left out: its values, its id or a GET of it are not known. */
  unmade: readonly Operation[]
  /** Whether values were made up that may mean nothing to the application. */
  isGuess: boolean
}

/**
 * A workflow for each kind of thing that can be looked at, or made and looked at; where there is none, one that tries
 * an operation.
 *
 * @param writes whether each thing that can be removed again is made, looked at and removed.
 */
export function draftOf(api: ReadOpenApi, source: string, writes = false): Draft | undefined {
  const { description, follow } = api
  const { operations } = description
  const login = loginOf(description, follow)
  const others = operations.filter(operation => operation !== login?.operation)
  const looks = callsOf(others, follow)
  const { groups: makings, unremoved, unmade } = creationsOf(others, looks, follow, writes)
  const found = [...groupsOf(looks), ...makings]
  const first = found.length > 0 ? undefined : firstCall(others, follow)
  const groups = first ? [[first]] : found
  const called = groups.flat().map(({ operation }) => operation)
  if (called.length === 0) return undefined
  const writer = new Writer(
    operations,
    source,
    called.some(operation => needsLogin(operation, login)) ? login : undefined,
  )
  const workflows = groups.map(group => ({ group, workflow: writer.workflowOf(group) }))
  const length = ({ group }: { group: readonly Call[] }) => group.length
  const safe = workflows.filter(({ group }) => group.every(({ operation }) => isSafe(operation)))
  const loaded = [...safe].sort((a, b) => length(b) - length(a))[0] ?? workflows[0]!
  return given({
    workflows: [...writer.firstWorkflows(), ...workflows.map(({ workflow }) => workflow)],
    operations: called,
    login: writer.login,
    loaded: String(loaded.workflow.workflowId),
    isSafe: safe.includes(loaded),
    makes: safe.length < workflows.length,
    writes,
    unremoved,
    unmade,
    isGuess: first !== undefined,
  })
}

/** Lists with what is taken from them; the others by the resource that their path begins with. */
function groupsOf(calls: readonly Call[]): Call[][] {
  const rootOf = (call: Call): Call => {
    const [list] = call.from.values()
    return list === undefined ? call : rootOf(list)
  }
  const keyOf = (call: Call) => {
    const root = rootOf(call)
    return root.gives.size > 0 ? root.operation.path : resourceOf(root.operation)
  }
  return [...grouped(calls, keyOf).values()]
}

/** `pets` of `/v1/pets/{petId}`. */
function resourceOf({ path }: Operation): string {
  const words = path.split('/').filter(word => word !== '' && !word.startsWith('{'))
  return words.find(word => !/^(api|rest|v\d+(\.\d+)*)$/i.test(word)) ?? words.at(-1) ?? 'root'
}

/** Writes workflows, each under a name of its own. */
class Writer {
  readonly login: Login | undefined
  /** How many operations have each id. */
  readonly #counts = new Map<string | undefined, number>()
  readonly #source: string
  readonly #names = new Set<string>()

  constructor(operations: readonly Operation[], source: string, login: Login | undefined) {
    for (const { operationId } of operations) this.#counts.set(operationId, (this.#counts.get(operationId) ?? 0) + 1)
    this.#source = source
    this.login = login
    if (login) this.#names.add(SIGN_IN)
  }

  /** The workflow that others begin with. */
  firstWorkflows(): Raw[] {
    const { login } = this
    return login ? [loginWorkflow(login, stepIdOf(login.operation), this.#operationOf(login.operation))] : []
  }

  workflowOf(calls: readonly Call[]): Raw {
    const making = calls.find(({ operation }) => !isSafe(operation))
    const resource = wordsOf(resourceOf((making ?? calls[0]!).operation))
    const wanted = [resource, ...calls.map(({ stepId }) => stepId)]
    const workflowId = wanted.find(name => !this.#names.has(name)) ?? `${resource}-${this.#names.size + 1}`
    this.#names.add(workflowId)
    const login = calls.some(({ operation }) => needsLogin(operation, this.login)) ? this.login : undefined
    const steps = calls.map((call, i) => this.#stepOf(call, calls[i + 1]))
    const verb = making === undefined ? 'Looks at' : 'Calls'
    return given({
      workflowId,
      summary: `${verb} ${resource.replaceAll('-', ' ')}.`,
      inputs: login && inputsOf(login),
      steps: login ? [loginStep(login), ...steps] : steps,
    })
  }

  #stepOf(call: Call, next: Call | undefined): Raw {
    const { operation, body, gives, listing, stepId, removedBy, after = [] } = call
    const carried = this.login?.token !== undefined && needsLogin(operation, this.login) ? [authorization()] : []
    const parameters = [...carried, ...call.parameters]
    const outputs = [...gives].map(([name, pointer]) => [name, `$response.body#${pointer}`])
    if (removedBy !== undefined) outputs.push(['status', '$statusCode'])
    return given({
      stepId,
      description: after.length > 0 ? 'Removes it after a failure as well; the workflow has then failed.' : undefined,
      ...this.#operationOf(operation),
      parameters: parameters.length > 0 ? parameters : undefined,
      requestBody: body,
      // The first event shows that it works; a stream need not end.
      [EVENTS_FIELD]: isStream(operation) ? { most: 1, within: '10s' } : undefined,
      successCriteria: [{ condition: successOf(operation) }, ...after.map(wentWell)],
      onFailure: removedBy === undefined ? undefined : [{ name: 'removeIt', type: 'goto', stepId: removedBy }],
      onSuccess: listing && outputs.length > 0 && next ? onlyIfAny(listing, next) : undefined,
      outputs: outputs.length > 0 ? Object.fromEntries(outputs) : undefined,
    })
  }

  /** Names an operation by its id where that is the only one, else by its path. */
  #operationOf(operation: Operation): Raw {
    const { operationId, method, path } = operation
    if (operationId !== undefined && this.#counts.get(operationId) === 1) return { operationId }
    const pointer = pointerThrough(['paths', path, method.toLowerCase()])
    return { operationPath: `{$sourceDescriptions.${this.#source}.url}#${pointer}` }
  }
}

/** A step that failed has no outputs: whoever comes to the removal after one that did fails there. */
const wentWell = ({ operation, stepId }: Call) => ({
  condition: successOf(operation).replaceAll('$statusCode', `$steps.${stepId}.outputs.status`),
})

/** An empty list is not a failure, and there is nothing more to look at. */
function onlyIfAny({ pointer }: Listing, next: Call): Raw[] {
  const path = pointer.split('/').slice(1)
  const first = `$${path.map(name => `[${JSON.stringify(name)}]`).join('')}[0]`
  const criteria = [{ context: '$response.body', type: 'jsonpath', condition: first }]
  return [
    { name: 'lookAtTheFirst', type: 'goto', stepId: next.stepId, criteria },
    { name: 'thereIsNone', type: 'end' },
  ]
}

/** One operation with values made up from its schemas, and one that changes nothing before others. */
function firstCall(all: readonly Operation[], follow: Follow): Call | undefined {
  const operations = [...all].sort((a, b) => Number(isSafe(b)) - Number(isSafe(a)))
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
function bodyOf({ requestBody }: Operation, follow: Follow): Raw | undefined | null {
  if (!requestBody) return undefined
  for (const { type, schema } of requestBody.content) {
    if (!isJsonType(type) && !/x-www-form-urlencoded|multipart\/form-data/.test(type)) continue
    const payload = schema && sampleOf(schema.schema, follow)
    if (payload !== undefined) return { contentType: type, payload }
  }
  return requestBody.required ? null : undefined
}
