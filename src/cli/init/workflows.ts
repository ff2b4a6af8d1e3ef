import { EVENTS_FIELD } from '../../document/extension-fields.ts'
import type { Operation } from '../../document/model.ts'
import type { ReadOpenApi } from '../../document/openapi/description.ts'
import type { Raw } from '../../document/raw.ts'
import { given } from '../../ground/given.ts'
import { grouped } from '../../ground/group.ts'
import { essenceOf, isJsonType } from '../../ground/media-type.ts'
import { wordsOf } from '../../ground/words.ts'
import { operationName } from '../documents.ts'
import { type Call, callsOf, stepIdOf } from './chain.ts'
import { type Login, loginOf, needsLogin } from './login.ts'
import { type Follow, givenValue, isSafe, parametersOf, plainValue, type StepParameter } from './operations.ts'

/** The workflows of a first document. */
export interface Draft {
  workflows: Raw[]
  /** Operations that they call. */
  operations: Operation[]
  /** The login that comes first in those that need one. */
  login?: Login
  /** Id of the workflow to load: the longest that begins with a list, else the longest. */
  loaded: string
  /** Whether they only look at things, as far as the methods tell. */
  isSafe: boolean
  /** Operations that no workflow calls. */
  skipped: Operation[]
}

/**
 * A workflow for each kind of thing that can be looked at; without one, one that tries an operation.
 *
 * @param tags those of the operations to call.
 */
export function draftOf(
  { description, follow }: ReadOpenApi,
  source: string,
  tags?: ReadonlySet<string>,
): Draft | undefined {
  const { operations } = description
  const login = loginOf(description, follow)
  const isWanted = (operation: Operation) => tags === undefined || operation.tags.some(tag => tags.has(tag))
  const others = operations.filter(operation => operation !== login?.operation && isWanted(operation))
  const looks = callsOf(others, follow)
  const groups = looks.length > 0 ? groupsOf(looks) : firstCall(others, follow).map(call => [call])
  const called = groups.flat().map(({ operation }) => operation)
  if (called.length === 0) return undefined
  const needed = called.some(operation => needsLogin(operation, login)) ? login : undefined
  const writer = new Writer(operations, source, needed)
  const workflows = groups.map(group => writer.workflowOf(group))
  const ranks = groups.map(group => (group[0]?.listing ? 1_000 : 0) + group.length)
  const loaded = workflows[ranks.indexOf(Math.max(...ranks))]!
  return {
    workflows: [...writer.firstWorkflows(), ...workflows],
    operations: called,
    login: needed,
    loaded: String(loaded.workflowId),
    isSafe: called.every(isSafe),
    skipped: others.filter(operation => !called.includes(operation)),
  }
}

/** Groups lists with their items, and the others by the first segment of their paths. */
function groupsOf(calls: readonly Call[]): Call[][] {
  const rootOf = (call: Call): Call => (call.list === undefined ? call : rootOf(call.list))
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
  readonly #login: Login | undefined
  readonly #operations: readonly Operation[]
  readonly #source: string
  readonly #names = new Set<string>()

  constructor(operations: readonly Operation[], source: string, login: Login | undefined) {
    this.#operations = operations
    this.#source = source
    this.#login = login
    if (login) this.#names.add(SIGN_IN)
  }

  /** The workflow that others begin with. */
  firstWorkflows(): Raw[] {
    const login = this.#login
    return login
      ? [
          loginWorkflow(
            login,
            stepIdOf(login.operation),
            operationName(login.operation, this.#operations, this.#source),
          ),
        ]
      : []
  }

  workflowOf(calls: readonly Call[]): Raw {
    const [{ operation }] = calls as readonly [Call]
    const resource = wordsOf(resourceOf(operation))
    const wanted = [resource, ...calls.map(({ stepId }) => stepId)]
    const workflowId = wanted.find(name => !this.#names.has(name)) ?? `${resource}-${this.#names.size + 1}`
    this.#names.add(workflowId)
    const login = calls.some(({ operation }) => needsLogin(operation, this.#login)) ? this.#login : undefined
    const steps = calls.map((call, i) => this.#stepOf(call, calls[i + 1]))
    return given<Raw>({
      workflowId,
      summary: `${isSafe(operation) ? 'Looks at' : 'Calls'} ${resource.replaceAll('-', ' ')}.`,
      inputs: login && inputsOf(login),
      steps: login ? [loginStep(login), ...steps] : steps,
    })
  }

  #stepOf({ operation, body, gives, listing, stepId, parameters: own }: Call, next: Call | undefined): Raw {
    const carried = this.#login?.token !== undefined && needsLogin(operation, this.#login) ? [authorization()] : []
    const parameters = [...carried, ...own]
    const outputs = [...gives].map(([name, pointer]) => [name, `$response.body#${pointer}`])
    return given<Raw>({
      stepId,
      ...operationName(operation, this.#operations, this.#source),
      parameters: parameters.length > 0 ? parameters : undefined,
      requestBody: body,
      // The first event shows that it works; a stream need not end.
      [EVENTS_FIELD]: isStream(operation) ? { most: 1, within: '10s' } : undefined,
      successCriteria: [{ condition: successOf(operation) }],
      onSuccess: listing && outputs.length > 0 && next ? onlyIfAny(listing.pointer, next) : undefined,
      outputs: outputs.length > 0 ? Object.fromEntries(outputs) : undefined,
    })
  }
}

/** The lowest documented status of success, as a condition; any below 400 where none is documented. */
function successOf({ responses }: Operation): string {
  const documented = Object.keys(responses).sort()
  const exact = documented.find(status => /^2\d\d$/.test(status)) ?? documented.find(s => /^3\d\d$/.test(s))
  if (exact !== undefined) return `$statusCode == ${exact}`
  return documented.some(status => /^2XX$/i.test(status))
    ? '$statusCode >= 200 && $statusCode < 300'
    : '$statusCode < 400'
}

/** The workflow that logs in, and its step in others. */
const SIGN_IN = 'sign-in'

/** The inputs of a workflow that logs in. */
function inputsOf({ inputs }: Login): Raw {
  const names = inputs.map(({ name }) => name)
  const password = names.at(-1)
  const schemaOf = (name: string) => (name === password ? { type: 'string', format: 'password' } : { type: 'string' })
  return { type: 'object', required: names, properties: Object.fromEntries(names.map(name => [name, schemaOf(name)])) }
}

/** The workflow itself, apart from what names its operation. */
function loginWorkflow(login: Login, stepId: string, operation: Raw): Raw {
  const { body, token } = login
  const outputs = token === undefined ? {} : { outputs: { token: `$response.body#${token}` } }
  const step = {
    stepId,
    ...operation,
    requestBody: body,
    successCriteria: [{ condition: successOf(login.operation) }],
    ...outputs,
  }
  const whole = token === undefined ? {} : { outputs: { token: `$steps.${stepId}.outputs.token` } }
  return { workflowId: SIGN_IN, summary: 'Logs in.', inputs: inputsOf(login), steps: [step], ...whole }
}

/** The step of other workflows that logs in first. */
function loginStep({ inputs, token }: Login): Raw {
  const parameters = inputs.map(({ name }) => ({ name, value: `$inputs.${name}` }))
  const outputs = token === undefined ? {} : { outputs: { token: '$outputs.token' } }
  return { stepId: SIGN_IN, workflowId: SIGN_IN, parameters, ...outputs }
}

/** Headers of the following requests. A new object each time, because YAML would otherwise use references. */
const authorization = (): StepParameter => ({
  name: 'Authorization',
  in: 'header',
  value: `Bearer {$steps.${SIGN_IN}.outputs.token}`,
})

/** Whether a response is a stream of server-sent events, and nothing else. */
function isStream({ responses }: Operation): boolean {
  const types = Object.entries(responses).flatMap(([status, { content }]) => (/^2/.test(status) ? content : []))
  return types.length > 0 && types.every(({ type }) => essenceOf(type) === 'text/event-stream')
}

/** An empty list is not a failure, and there is nothing more to look at. */
function onlyIfAny(pointer: string, next: Call): Raw[] {
  const path = pointer.split('/').slice(1)
  const first = `$${path.map(name => `[${JSON.stringify(name)}]`).join('')}[0]`
  const criteria = [{ context: '$response.body', type: 'jsonpath', condition: first }]
  return [
    { name: 'lookAtTheFirst', type: 'goto', stepId: next.stepId, criteria },
    { name: 'thereIsNone', type: 'end' },
  ]
}

/** One operation whose required parameters and body the description gives. */
function firstCall(operations: readonly Operation[], follow: Follow): Call[] {
  for (const operation of operations) {
    const parameters = parametersOf(operation, parameter => plainValue(parameter, follow))
    const body = bodyOf(operation, follow)
    if (parameters === undefined || (body === undefined && operation.requestBody?.required)) continue
    return [{ operation, parameters, body, gives: new Map(), stepId: stepIdOf(operation) }]
  }
  return []
}

function bodyOf({ requestBody }: Operation, follow: Follow): Raw | undefined {
  for (const { type, schema } of requestBody?.content ?? []) {
    if (!isJsonType(type) && !/x-www-form-urlencoded|multipart\/form-data/.test(type)) continue
    const payload = schema && givenValue(schema.schema, follow)
    if (payload !== undefined) return { contentType: type, payload }
  }
  return undefined
}
