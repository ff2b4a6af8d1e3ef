import type { Operation, OperationParameter } from '../../document/model.ts'
import { isRaw, list, member, text } from '../../document/raw.ts'
import { isJsonType } from '../../ground/media-type.ts'

/** Leads from a `$ref` to what it stands for. */
export type Follow = (value: unknown) => unknown

/** A parameter of a step as the document has it. */
export interface StepParameter {
  name: string
  in: OperationParameter['in']
  value: unknown
}

/** Methods that change nothing, and respond with something to look at. Source: RFC 9110, section 9.2.1. */
export const isSafe = ({ method }: Operation): boolean => method === 'GET'

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

/** Schema of the JSON that an operation responds with when all went well. */
export function successSchemaOf({ responses }: Operation, follow: Follow): unknown {
  const status = Object.keys(responses)
    .sort()
    .find(key => key.startsWith('2'))
  const json = responses[status ?? '']?.content.find(({ type }) => isJsonType(type))
  return follow(json?.schema?.schema)
}
