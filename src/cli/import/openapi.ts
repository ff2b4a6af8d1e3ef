import type { Raw } from '../../document/raw.ts'
import { given } from '../../ground/given.ts'
import { grouped } from '../../ground/group.ts'
import { essenceOf, isJsonType } from '../../ground/media-type.ts'
import { isObject } from '../../ground/object.ts'
import { tried } from '../../ground/tried.ts'
import { looksRandom } from './shapes.ts'
import type { Call } from './steps.ts'

/** Values of one place, as a schema that all of them fit; what was never seen is left open. */
function schemaOf(values: readonly unknown[]): Raw {
  const known = values.filter(value => value !== undefined)
  const present = known.filter(value => value !== null)
  const types = [...new Set(present.map(typeOf))]
  // A value that is null now may have any type later.
  if (types.length === 0) return {}
  const [type, ...others] = types
  if (others.length > 0) return { type: [...types, ...(present.length < known.length ? ['null'] : [])] }
  const own = present.length < known.length ? [type, 'null'] : type
  if (type === 'array') {
    const items = (present as unknown[][]).flat()
    return items.length === 0 ? { type: own } : { type: own, items: schemaOf(items) }
  }
  if (type !== 'object') return { type: own }
  const objects = present as Record<string, unknown>[]
  // Names that are random are values: ids, or tokens.
  const names = [...new Set(objects.flatMap(Object.keys))].filter(name => !looksRandom(name))
  if (names.length === 0) return { type: own }
  const properties = names.map(name => [
    name,
    schemaOf(objects.map(one => (Object.hasOwn(one, name) ? one[name] : undefined))),
  ])
  return { type: own, properties: Object.fromEntries(properties) }
}

/** Whole numbers of a recording may have fractions another time. */
function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'bigint' ? 'number' : isObject(value) ? 'object' : typeof value
}

/**
 * An OpenAPI description of the requests that were recorded. It says what was seen, and no more: types of members, none
 * of which is required of a response, and no values.
 *
 * @param server where they went; a relative one where that is not this machine.
 */
export function openApiOf(calls: readonly Call[], title: string, server: string): Raw {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [key, group] of grouped(calls, ({ recorded, path }) => `${recorded.method} ${path.template}`)) {
    const [method, template] = key.split(' ', 2) as [string, string]
    paths[template] = { ...paths[template], [method.toLowerCase()]: operationOf(group) }
  }
  return { openapi: '3.1.0', info: { title, version: '1.0.0' }, servers: [{ url: server }], paths }
}

function operationOf(group: readonly Call[]): Raw {
  const { operationId } = group[0]!
  const parameters = [...pathParameters(group), ...queryParameters(group), ...headerParameters(group)]
  return given<Raw>({
    operationId,
    parameters: parameters.length > 0 ? parameters : undefined,
    requestBody: requestBodyOf(group),
    responses: responsesOf(group),
  })
}

function pathParameters([first]: readonly Call[]): Raw[] {
  return first!.path.values.map(({ name }) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: ['string', 'number'] },
  }))
}

function queryParameters(group: readonly Call[]): Raw[] {
  const names = [...new Set(group.flatMap(({ query }) => [...query.keys()]))]
  return names.map(name => {
    const values = group.flatMap(({ query }) => (query.has(name) ? [query.get(name)] : []))
    return { name, in: 'query', schema: schemaOf(values) }
  })
}

/** `Authorization` and its like are not parameters. Source: OpenAPI 3.1.1, "Parameter Object". */
function headerParameters(group: readonly Call[]): Raw[] {
  const names = [...new Set(group.flatMap(({ headers }) => headers.map(([name]) => name)))]
  const own = names.filter(name => !/^(accept|content-type|authorization)$/.test(name))
  return own.map(name => ({ name, in: 'header', schema: { type: ['string', 'number'] } }))
}

function requestBodyOf(group: readonly Call[]): Raw | undefined {
  const bodies = group.flatMap(({ recorded: { body } }) => body ?? [])
  if (bodies.length === 0) return undefined
  const content = contentOf(bodies.map(({ type, text }) => [type === '' ? 'text/plain' : type, text]))
  return { ...(bodies.length === group.length && { required: true }), content }
}

function responsesOf(group: readonly Call[]): Raw {
  const statuses = [...new Set(group.map(({ recorded }) => String(recorded.status === 304 ? 200 : recorded.status)))]
  const responses = statuses.sort().map(status => {
    const seen = group.filter(({ recorded }) => String(recorded.status) === status)
    const texts = seen.flatMap(({ recorded: { responseType, responseText } }): [string, string | undefined][] =>
      responseType === '' ? [] : [[responseType, responseText]],
    )
    const content = texts.length > 0 ? contentOf(texts) : undefined
    return [status, given<Raw>({ description: `HTTP ${status}`, content })]
  })
  return Object.fromEntries(responses)
}

function contentOf(texts: readonly (readonly [type: string, text: string | undefined])[]): Raw {
  const types = [...new Set(texts.map(([type]) => essenceOf(type)))]
  const content = types.map(type => {
    const own = texts.filter(([other]) => essenceOf(other) === type)
    if (!isJsonType(type)) return [type, {}]
    const values = own.flatMap(([, text]) => (text === undefined ? [] : [tried(() => JSON.parse(text) as unknown)]))
    return [type, { schema: schemaOf(values) }]
  })
  return Object.fromEntries(content)
}
