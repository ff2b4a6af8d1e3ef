import type { Operation, OperationParameter } from '../../document/model.ts'
import type { Raw } from '../../document/raw.ts'
import { isRaw, member, object } from '../../document/raw.ts'
import { escapeToken } from '../../ground/pointer.ts'
import { wordsOf } from '../../ground/words.ts'
import { type Follow, isSafe, parametersOf, plainValue, type StepParameter, successSchemaOf } from './operations.ts'

/** An operation that can be called without knowing the application. */
export interface Call {
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

/** A path without a slash at its end, as paths of Django have one. */
const bare = (path: string): string => path.replace(/\/$/, '')

/** Place of a list of objects in an operation's JSON response, and the name of their id. */
interface Listing {
  /** JSON Pointer of the list: `''`, `/data`. */
  pointer: string
  /** Property names of its items. */
  properties: Raw
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

/**
 * Safe operations that can be called: an item's id comes from the list before it (`/pets`, then `/pets/{petId}`), else
 * from the description's examples. Lists come before their items.
 */
export function callsOf(operations: readonly Operation[], follow: Follow): Call[] {
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
export function stepIdOf({ operationId, method, path }: Operation): string {
  if (operationId !== undefined && /^[A-Za-z0-9_-]+$/.test(operationId)) return operationId
  return wordsOf(`${method.toLowerCase()} ${path}`)
}
