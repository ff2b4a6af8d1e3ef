import { EVENTS_FIELD } from '../../document/extension-fields.ts'
import type { OpenApiDescription, Operation, OperationParameter } from '../../document/model.ts'
import type { ReadOpenApi } from '../../document/openapi/description.ts'
import { isRaw, list, member, object, type Raw, text } from '../../document/raw.ts'
import { given } from '../../ground/given.ts'
import { grouped } from '../../ground/group.ts'
import { essenceOf, isJsonType } from '../../ground/media-type.ts'
import { escapeToken, pointerThrough } from '../../ground/pointer.ts'
import { wordsOf } from '../../ground/words.ts'
import { operationName } from '../documents.ts'

/** The workflows of a first document. */
export interface Draft {
  workflows: Raw[]
  /** Operations that they call. */
  operations: Operation[]
  /** The login that comes first in those that need one. */
  login?: Login
  /** Id of the workflow to load, the longest. */
  loaded: string
  /** Whether they only look at things, as far as the methods tell. */
  isSafe: boolean
}

/** A workflow for each kind of thing that can be looked at; without one, one that tries an operation. */
export function draftOf({ description, follow }: ReadOpenApi, source: string): Draft | undefined {
  const { operations } = description
  const login = loginOf(description, follow)
  const others = operations.filter(operation => operation !== login?.operation)
  const looks = callsOf(others, follow)
  const groups = looks.length > 0 ? groupsOf(looks) : firstCall(others, follow).map(call => [call])
  const called = groups.flat().map(({ operation }) => operation)
  if (called.length === 0) return undefined
  const needed = called.some(operation => needsLogin(operation, login)) ? login : undefined
  const writer = new Writer(operations, source, needed)
  const workflows = groups.map(group => writer.workflowOf(group))
  const length = ({ steps }: Raw) => (steps as Raw[]).length
  return {
    workflows: [...writer.firstWorkflows(), ...workflows],
    operations: called,
    login: needed,
    loaded: String([...workflows].sort((a, b) => length(b) - length(a))[0]!.workflowId),
    isSafe: called.every(isSafe),
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

/** An operation that can be called without knowing the application. */
interface Call {
  operation: Operation
  parameters: StepParameter[]
  /** The step's request body. */
  body?: Raw
  /** The list whose first item it looks at. */
  list?: Call
  /** The outputs that later calls take from its response: the name of a path parameter, and a JSON Pointer. */
  gives: Map<string, string>
  listing?: Listing
  stepId: string
}

/**
 * Safe operations that can be called: an item's id comes from the list before it (`/pets`, then `/pets/{petId}`), else
 * from the description's examples. Lists come before their items.
 */
function callsOf(operations: readonly Operation[], follow: Follow): Call[] {
  const calls: Call[] = []
  const byPath = new Map<string, Call>()
  const depth = ({ path }: Operation) => bare(path).split('/').length
  for (const operation of operations.filter(isSafe).sort((a, b) => depth(a) - depth(b))) {
    const call = callOf(operation, byPath, follow)
    if (call === undefined) continue
    calls.push(call)
    byPath.set(bare(operation.path), call)
  }
  return calls
}

function callOf(operation: Operation, byPath: ReadonlyMap<string, Call>, follow: Follow): Call | undefined {
  let from: Call | undefined
  const known = (parameter: OperationParameter) => {
    const list = parameter.in === 'path' ? listBefore(operation, parameter.name, byPath) : undefined
    if (list === undefined) return plainValue(parameter, follow)
    const id = idFor(parameter.name, list.listing!)!
    list.gives.set(parameter.name, `${list.listing!.pointer}/0/${escapeToken(id)}`)
    from ??= list
    return `$steps.${list.stepId}.outputs.${parameter.name}`
  }
  const parameters = parametersOf(operation, known)
  if (parameters === undefined) return undefined
  const listing = listingOf(operation, follow)
  return { operation, parameters, list: from, gives: new Map(), listing, stepId: stepIdOf(operation) }
}

/** The list that a path parameter names an item of: what stands before it in the path. */
function listBefore({ path }: Operation, name: string, byPath: ReadonlyMap<string, Call>): Call | undefined {
  const at = path.indexOf(`/{${name}}`)
  const list = byPath.get(path.slice(0, at))
  const isNamed = /^[A-Za-z0-9_-]+$/.test(name)
  return list?.listing && isNamed && idFor(name, list.listing) !== undefined ? list : undefined
}

/** The operation's id where it can be one of a step, else its method and path in words. */
function stepIdOf({ operationId, method, path }: Operation): string {
  if (operationId !== undefined && /^[A-Za-z0-9_-]+$/.test(operationId)) return operationId
  return wordsOf(`${method.toLowerCase()} ${path}`)
}

/** Leads from a `$ref` to what it stands for. */
type Follow = (value: unknown) => unknown

/** A parameter of a step as the document has it. */
interface StepParameter {
  name: string
  in: OperationParameter['in']
  value: unknown
}

/** A path without a slash at its end, as paths of Django have one. */
const bare = (path: string): string => path.replace(/\/$/, '')

/** Whether a response is a stream of server-sent events, and nothing else. */
function isStream({ responses }: Operation): boolean {
  const types = Object.entries(responses).flatMap(([status, { content }]) => (/^2/.test(status) ? content : []))
  return types.length > 0 && types.every(({ type }) => essenceOf(type) === 'text/event-stream')
}

/** Methods that change nothing, and respond with something to look at. Source: RFC 9110, section 9.2.1. */
const isSafe = ({ method }: Operation): boolean => method === 'GET'

/** The lowest documented status of success, as a condition; any below 400 where none is documented. */
function successOf({ responses }: Operation): string {
  const documented = Object.keys(responses).sort()
  const exact = documented.find(status => /^2\d\d$/.test(status)) ?? documented.find(s => /^3\d\d$/.test(s))
  if (exact !== undefined) return `$statusCode == ${exact}`
  return documented.some(status => /^2XX$/i.test(status))
    ? '$statusCode >= 200 && $statusCode < 300'
    : '$statusCode < 400'
}

/** Required parameters with values that work for any application; undefined if a value is missing. */
function parametersOf(
  { parameters }: Operation,
  known: (parameter: OperationParameter) => unknown,
): StepParameter[] | undefined {
  if (parameters.some(isSecret)) return undefined
  const required = parameters.filter(({ required }) => required)
  const valued = required.map(parameter => ({ name: parameter.name, in: parameter.in, value: known(parameter) }))
  return valued.every(({ value }) => value !== undefined) ? valued : undefined
}

/** A password, which an operation has no use for unless it is the right one. */
function isSecret({ name, schema }: OperationParameter): boolean {
  return (
    /^pass(word|wd|phrase)?$/i.test(name) || (isRaw(schema?.schema) && text(schema.schema, 'format') === 'password')
  )
}

/** A value that the author of a schema gave: an example, a default, or one of a few that are allowed. */
function givenValue(written: unknown, follow: Follow): unknown {
  const schema = follow(written)
  if (!isRaw(schema)) return undefined
  const given = [
    member(schema, 'example'),
    list(schema, 'examples')[0],
    member(schema, 'default'),
    member(schema, 'const'),
    list(schema, 'enum')[0],
  ]
  return given.find(value => value !== undefined && value !== null)
}

/**
 * Example value of the author, or a value of a kind where any will do: a number, a date. Names of existing things, and
 * meaningful texts, cannot be invented.
 */
function plainValue({ in: place, schema, example }: OperationParameter, follow: Follow): unknown {
  const given = example ?? (schema && givenValue(schema.schema, follow))
  return given !== undefined || place === 'path' || !schema ? given : arbitraryValue(follow(schema.schema), follow)
}

const DATES: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  time: '12:00:00Z',
}

function arbitraryValue(schema: unknown, follow: Follow): unknown {
  if (!isRaw(schema)) return undefined
  const [type] = [member(schema, 'type')].flat()
  if (type === 'boolean') return true
  if (type === 'string') return DATES[String(member(schema, 'format'))]
  if (type === 'array') {
    const items = follow(member(schema, 'items'))
    const item = givenValue(items, follow) ?? arbitraryValue(items, follow)
    return item === undefined ? undefined : [item]
  }
  if (type !== 'integer' && type !== 'number') return undefined
  const [least, most] = [member(schema, 'minimum'), member(schema, 'maximum')]
  return typeof least === 'number' ? least : typeof most === 'number' && most < 1 ? most : 1
}

/** Place of a list of objects in an operation's JSON response, and the name of their id. */
interface Listing {
  /** JSON Pointer of the list: `''`, `/data`. */
  pointer: string
  /** Property names of its items. */
  properties: Raw
}

/** Schema of the JSON that an operation responds with when all went well. */
function successSchemaOf({ responses }: Operation, follow: Follow): unknown {
  const status = Object.keys(responses)
    .sort()
    .find(key => key.startsWith('2'))
  const json = responses[status ?? '']?.content.find(({ type }) => isJsonType(type))
  return follow(json?.schema?.schema)
}

/** The list that an operation responds with: the response itself, or the only list in it. */
function listingOf(operation: Operation, follow: Follow): Listing | undefined {
  const schema = successSchemaOf(operation, follow)
  if (!isRaw(schema)) return undefined
  const own = itemsOf(schema, follow)
  if (own !== undefined) return { pointer: '', properties: own }
  const lists = Object.entries(object(schema, 'properties') ?? {}).flatMap(([name, property]) => {
    const properties = itemsOf(follow(property), follow)
    return properties === undefined ? [] : [{ pointer: `/${name}`, properties }]
  })
  return lists.length === 1 ? lists[0] : undefined
}

function itemsOf(schema: unknown, follow: Follow): Raw | undefined {
  if (!isRaw(schema) || !isRaw(member(schema, 'items'))) return undefined
  const item = follow(member(schema, 'items'))
  return isRaw(item) ? propertiesOf(item, follow) : undefined
}

/** Properties of an object's schema, with those of the schemas it is made of. */
function propertiesOf(schema: Raw, follow: Follow): Raw | undefined {
  const parts = Array.isArray(schema.allOf) ? schema.allOf.map(follow).filter(isRaw) : []
  const all = [...parts.map(part => propertiesOf(part, follow)), object(schema, 'properties')]
  const found = all.filter(properties => properties !== undefined)
  return found.length > 0 ? Object.assign({}, ...found) : undefined
}

/** The property of a list's items that a path parameter takes: of the same name, else their id. */
function idFor(parameter: string, { properties }: Listing): string | undefined {
  const names = Object.keys(properties)
  const plain = (name: string) => name.toLowerCase().replaceAll(/[-_]/g, '')
  const alike = names.find(name => plain(name) === plain(parameter))
  if (alike !== undefined) return alike
  const last = /(id|key|code|name|slug|number)$/i.exec(parameter)?.[1]
  return names.find(name => plain(name) === plain(last ?? 'id'))
}

/** The workflow that logs in, and its step in others. */
const SIGN_IN = 'sign-in'

/** An operation that gives a user what further requests have to carry. */
export interface Login {
  operation: Operation
  /** Security schemes whose requirements it meets. */
  schemes: readonly string[]
  /** Request body in which the credentials are inputs of the workflow. */
  body: Raw
  /** Inputs, with the value that the description gives as an example; the last one is a secret. */
  inputs: readonly { name: string; example?: string }[]
  /** JSON Pointer of the token in the response; undefined where a cookie carries it. */
  token?: string
}

const WORDS = /(^|[^a-z])((log|sign)[-_ ]?in|authenticat\w*|auth|sessions?|tokens?)$/i
const USER = /^(user(_?name)?|login|e?mail|account|name)$/i
const PASSWORD = /^(pass(word|wd|phrase)?|pwd)$/i
const TOKEN = /^((access|auth|bearer|id|session)[-_]?)?(token|jwt)$/i

/**
 * Login operation for the description's bearer tokens or session cookies: it needs no credentials, is named like a
 * login, and takes a user and a password. Undefined if it does not exist.
 */
function loginOf(description: OpenApiDescription, follow: Follow): Login | undefined {
  const { operations, securitySchemes } = description
  const asked = new Set(operations.flatMap(({ security }) => security.flatMap(Object.keys)))
  const schemesOf = (kind: 'token' | 'cookie') =>
    [...asked].filter(name => kindOf(follow(securitySchemes[name])) === kind)
  for (const operation of operations) {
    if (operation.method !== 'POST' || !isCalledLogin(operation) || operation.security.some(isNeeded)) continue
    const form = formOf(operation, follow)
    if (form === undefined) continue
    const token = tokenIn(successSchemaOf(operation, follow), follow)
    const schemes = schemesOf(token === undefined ? 'cookie' : 'token')
    if (schemes.length > 0) return { operation, schemes, ...form, ...(token !== undefined && { token }) }
  }
  return undefined
}

const isNeeded = (requirement: object) => Object.keys(requirement).length > 0

/** Whether an operation cannot be called without having logged in. */
function needsLogin({ security }: Operation, login: Login | undefined): boolean {
  if (login === undefined || security.length === 0 || !security.every(isNeeded)) return false
  return Object.keys(security[0]!).some(scheme => login.schemes.includes(scheme))
}

function kindOf(scheme: unknown): 'token' | 'cookie' | undefined {
  if (!isRaw(scheme)) return undefined
  if (text(scheme, 'type') === 'http' && text(scheme, 'scheme')?.toLowerCase() === 'bearer') return 'token'
  return text(scheme, 'type') === 'apiKey' && text(scheme, 'in') === 'cookie' ? 'cookie' : undefined
}

function isCalledLogin({ operationId, path }: Operation): boolean {
  const words = operationId?.replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
  return WORDS.test(path) || (words !== undefined && WORDS.test(words))
}

/** Body of a login, if it has a user and a password and all other required values are given. */
function formOf({ requestBody }: Operation, follow: Follow): Pick<Login, 'body' | 'inputs'> | undefined {
  for (const { type, schema: place } of requestBody?.content ?? []) {
    if (!isJsonType(type) && !/x-www-form-urlencoded/.test(type)) continue
    const schema = follow(place?.schema)
    const properties = isRaw(schema) ? (object(schema, 'properties') ?? {}) : {}
    const names = Object.keys(properties)
    const [user, password] = [names.find(name => USER.test(name)), names.find(name => PASSWORD.test(name))]
    if (user === undefined || password === undefined) continue
    const others = list(schema as Raw, 'required').filter(name => name !== user && name !== password)
    const given = others.map(name => [String(name), givenValue(properties[String(name)], follow)] as const)
    if (given.some(([, value]) => value === undefined)) continue
    const payload = { [user]: `$inputs.${user}`, [password]: `$inputs.${password}`, ...Object.fromEntries(given) }
    const whole = givenValue(schema, follow)
    const inputs = [user, password].map(name => {
      const example = (isRaw(whole) ? whole[name] : undefined) ?? givenValue(properties[name], follow)
      return typeof example === 'string' ? { name, example } : { name }
    })
    return { body: { contentType: type, payload }, inputs }
  }
  return undefined
}

/** Place of the token in a response: among its members, or one level below. */
function tokenIn(schema: unknown, follow: Follow): string | undefined {
  const properties = isRaw(schema) ? (object(schema, 'properties') ?? {}) : {}
  const own = Object.keys(properties).find(name => TOKEN.test(name) && isText(follow(properties[name])))
  if (own !== undefined) return pointerThrough([own])
  for (const [name, value] of Object.entries(properties)) {
    const inner = follow(value)
    const below = isRaw(inner) ? (object(inner, 'properties') ?? {}) : {}
    const found = Object.keys(below).find(key => TOKEN.test(key) && isText(follow(below[key])))
    if (found !== undefined) return pointerThrough([name, found])
  }
  return undefined
}

const isText = (schema: unknown) => isRaw(schema) && [member(schema, 'type')].flat().includes('string')

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
