import type { Operation } from '../../document/model.ts'
import { isRaw, list, object } from '../../document/raw.ts'
import { isJsonType } from '../../ground/media-type.ts'
import { escapeToken } from '../../ground/pointer.ts'
import { type Call, stepIdOf } from './chain.ts'
import { bare, idFor, isSafe, parametersOf, plainValue, propertiesOf, successSchemaOf } from './operations.ts'
import { type Follow, givenValue, sampleOf } from './sample.ts'

/** Things that workflows make. */
export interface Creations {
  /** The calls of each workflow. */
  readonly groups: readonly (readonly Call[])[]
  /** What makes things that are not made, as nothing removes them again. */
  readonly unremoved: readonly Operation[]
  /** What makes things that can be removed, and is not made: its values, its id or a GET of it are not known. */
  readonly unmade: readonly Operation[]
}

/**
 * Things that are made, looked at and, where that can be, removed again, also when a look fails: those that no list
 * leads to, or all that can be removed. A list comes first where the new thing refers to one of its items.
 *
 * @param known the calls that can be made without changing anything.
 * @param writes whether all that can be removed again is made, and nothing else.
 */
export function creationsOf(
  operations: readonly Operation[],
  known: readonly Call[],
  follow: Follow,
  writes: boolean,
): Creations {
  const called = new Set(known.map(({ operation }) => operation))
  const items = itemsByPath(operations)
  const groups: Call[][] = []
  const unremoved: Operation[] = []
  const unmade: Operation[] = []
  for (const operation of operations.filter(({ method }) => method === 'POST')) {
    const own = bare(operation.path)
    const its = items.get(own) ?? []
    const isItself = ({ path }: Operation) => /^\/\{[^/{}]+\}\/?$/.test(path.slice(own.length))
    const isWanted = (other: Operation) => !called.has(other) || (writes && isItself(other))
    const looks = its.filter(other => isSafe(other) && isWanted(other))
    const removal = its.find(other => other.method === 'DELETE' && isItself(other))
    if (looks.length === 0) {
      if (writes && removal) unmade.push(operation)
      continue
    }
    const creation = removal || !writes ? creationOf(operation, looks, removal, known, follow) : undefined
    if (writes && !removal) unremoved.push(operation)
    if (creation && !(writes && creation.isLeft)) groups.push(creation.calls)
    else if (writes && removal) unmade.push(operation)
  }
  return { groups, unremoved, unmade }
}

/** Operations on what is below each path: those of `/pets/{petId}/photos` by `/pets` and so on. */
function itemsByPath(operations: readonly Operation[]): ReadonlyMap<string, readonly Operation[]> {
  const items = new Map<string, Operation[]>()
  for (const operation of operations) {
    for (const { index } of operation.path.matchAll(/\/\{/g)) {
      const list = operation.path.slice(0, index)
      items.set(list, [...(items.get(list) ?? []), operation])
    }
  }
  return items
}

/** The calls of a workflow that makes a thing and looks at it; undefined where one of these cannot be made up. */
function creationOf(
  operation: Operation,
  wanted: readonly Operation[],
  removal: Operation | undefined,
  known: readonly Call[],
  follow: Follow,
): { calls: Call[]; isLeft: boolean } | undefined {
  const creation = creationCall(operation, known, follow)
  if (creation === undefined) return undefined
  const [made, ...lists] = creation
  const looks = wanted.flatMap(other => itemCall(other, made, follow) ?? [])
  if (looks.length === 0) return undefined
  const end = removal && itemCall(removal, made, follow)
  if (end === undefined) return { calls: [...lists, made, ...looks], isLeft: true }
  const watched = looks.map(look => ({ ...look, removedBy: end.stepId }))
  return { calls: [...lists, made, ...watched, { ...end, after: watched }], isLeft: false }
}

/** The call that makes a thing, and those of the lists that it takes ids from. */
function creationCall(operation: Operation, known: readonly Call[], follow: Follow): [Call, ...Call[]] | undefined {
  const parameters = parametersOf(operation, parameter => plainValue(parameter, follow))
  if (parameters === undefined) return undefined
  const stepId = stepIdOf(operation)
  const call = { operation, parameters, from: new Map(), gives: new Map(), stepId }
  if (operation.requestBody === undefined) return [call]
  for (const { type, schema } of operation.requestBody.content) {
    if (!isJsonType(type)) continue
    const lists = new Map<Call, Call>()
    const payload = sampleOf(withReferences(follow(schema?.schema), known, lists, follow), follow)
    if (isRaw(payload)) return [{ ...call, body: { contentType: type, payload } }, ...lists.values()]
  }
  return undefined
}

/** Names that refer to another thing: `folderId`, `folder_id`. */
const REFERENCE = /^(\w+?)(?:[-_]id|I[dD])$/

/**
 * A schema in which ids of other things are those of the first item of their list. One whose list is not known, and
 * that the description has no example of, cannot be made up: it has no value.
 */
function withReferences(schema: unknown, known: readonly Call[], lists: Map<Call, Call>, follow: Follow): unknown {
  if (!isRaw(schema)) return schema
  const properties = { ...object(schema, 'properties') }
  for (const name of list(schema, 'required').map(String)) {
    const thing = REFERENCE.exec(name)?.[1]?.toLowerCase()
    const property = follow(properties[name])
    if (thing === undefined || (isRaw(property) && property.readOnly === true)) continue
    const found = known.find(({ operation, listing }) => listing && isCalled(operation, thing))
    const id = found?.listing && idFor(name, found.listing)
    if (found === undefined || id === undefined) {
      if (givenValue(property, follow) === undefined) properties[name] = { not: {} }
      continue
    }
    const before = lists.get(found) ?? { ...found, gives: new Map() }
    lists.set(found, before)
    before.gives.set(name, `${found.listing!.pointer}/0/${escapeToken(id)}`)
    properties[name] = { const: `$steps.${before.stepId}.outputs.${name}` }
  }
  if (lists.size === 0) return { ...schema, properties }
  // An example of the whole would come before the ids that are carried over.
  const { example, examples, default: _, ...rest } = schema
  return { ...rest, properties }
}

/** Whether a path is that of such things: `/pets`, `/pet/findByStatus` of `pet`. */
function isCalled({ path }: Operation, thing: string): boolean {
  const words = path.toLowerCase().split('/')
  return words.some(word => word === thing || word === `${thing}s` || word === `${thing}es`)
}

/** The call of an item that was made; it takes the id from there. Undefined where something else is not known. */
function itemCall(operation: Operation, made: Call, follow: Follow): Call | undefined {
  const at = bare(made.operation.path).length
  const isIts = (name: string) => operation.path.startsWith(`/{${name}}`, at)
  const schema = successSchemaOf(made.operation, follow)
  const properties = isRaw(schema) ? propertiesOf(schema, follow) : undefined
  const parameters = parametersOf(operation, parameter => {
    if (parameter.in !== 'path' || !isIts(parameter.name)) return plainValue(parameter, follow)
    const id = properties && idFor(parameter.name, { pointer: '', properties })
    if (id === undefined || !/^[A-Za-z0-9_-]+$/.test(parameter.name)) return undefined
    made.gives.set(parameter.name, `/${escapeToken(id)}`)
    return `$steps.${made.stepId}.outputs.${parameter.name}`
  })
  if (parameters === undefined) return undefined
  return { operation, parameters, from: new Map([['', made]]), gives: new Map(), stepId: stepIdOf(operation) }
}
