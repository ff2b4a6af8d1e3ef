import type { Operation, OperationParameter } from '../../document/model.ts'
import { isRaw, list, member, object, type Raw, text } from '../../document/raw.ts'
import { essenceOf, isJsonType } from '../../ground/media-type.ts'

/** Leads from a `$ref` to what it stands for. */
export type Follow = (value: unknown) => unknown

/** A parameter of a step as the document has it. */
export interface StepParameter {
  name: string
  in: OperationParameter['in']
  value: unknown
}

/** A path without a slash at its end, as paths of Django have one. */
export const bare = (path: string): string => path.replace(/\/$/, '')

/** Whether a response is a stream of server-sent events, and nothing else. */
export function isStream({ responses }: Operation): boolean {
  const types = Object.entries(responses).flatMap(([status, { content }]) => (/^2/.test(status) ? content : []))
  return types.length > 0 && types.every(({ type }) => essenceOf(type) === 'text/event-stream')
}

/** Methods that change nothing, and respond with something to look at. Source: RFC 9110, section 9.2.1. */
export const isSafe = ({ method }: Operation): boolean => method === 'GET'

/** The lowest documented status of success, as a condition; any below 400 where none is documented. */
export function successOf({ responses }: Operation): string {
  const documented = Object.keys(responses).sort()
  const exact = documented.find(status => /^2\d\d$/.test(status)) ?? documented.find(s => /^3\d\d$/.test(s))
  if (exact !== undefined) return `$statusCode == ${exact}`
  return documented.some(status => /^2XX$/i.test(status))
    ? '$statusCode >= 200 && $statusCode < 300'
    : '$statusCode < 400'
}

/** Required parameters with values that work for any application; undefined if a value is missing. */
export function parametersOf(
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
export function givenValue(written: unknown, follow: Follow): unknown {
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
export function plainValue({ in: place, schema, example }: OperationParameter, follow: Follow): unknown {
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
export interface Listing {
  /** JSON Pointer of the list: `''`, `/data`. */
  pointer: string
  /** Property names of its items. */
  properties: Raw
}

/** Schema of the JSON that an operation responds with when all went well. */
export function successSchemaOf({ responses }: Operation, follow: Follow): unknown {
  const status = Object.keys(responses)
    .sort()
    .find(key => key.startsWith('2'))
  const json = responses[status ?? '']?.content.find(({ type }) => isJsonType(type))
  return follow(json?.schema?.schema)
}

/** The list that an operation responds with: the response itself, or the only list in it. */
export function listingOf(operation: Operation, follow: Follow): Listing | undefined {
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
export function idFor(parameter: string, { properties }: Listing): string | undefined {
  const names = Object.keys(properties)
  const plain = (name: string) => name.toLowerCase().replaceAll(/[-_]/g, '')
  const alike = names.find(name => plain(name) === plain(parameter))
  if (alike !== undefined) return alike
  const last = /(id|key|code|name|slug|number)$/i.exec(parameter)?.[1]
  return names.find(name => plain(name) === plain(last ?? 'id'))
}
