import { isRaw, list, member, object, type Raw } from '../../document/raw.ts'

/** Leads from a `$ref` to what it stands for. */
export type Follow = (value: unknown) => unknown

/** A value that the author of a schema gave: an example, a default, or one of a few that are allowed. */
export function givenValue(written: unknown, follow: Follow): unknown {
  const schema = follow(written)
  if (!isRaw(schema)) return undefined
  const examples = member(schema, 'examples')
  const given = [
    member(schema, 'example'),
    Array.isArray(examples) ? examples[0] : undefined,
    member(schema, 'default'),
    member(schema, 'const'),
    list(schema, 'enum')[0],
  ]
  return given.find(value => value !== undefined && value !== null)
}

/** Depth to which schemas that contain themselves are followed. */
const DEEPEST = 8

/** The smallest value that a schema allows, made up where its author gave none; undefined where none can be made. */
export function sampleOf(written: unknown, follow: Follow, depth = 0): unknown {
  const schema = follow(written)
  if (!isRaw(schema) || depth > DEEPEST) return undefined
  const given = givenValue(schema, follow)
  if (given !== undefined) return given
  const below = (value: unknown) => sampleOf(value, follow, depth + 1)
  const parts = list(schema, 'allOf').map(below)
  if (parts.length > 0) return Object.assign({}, ...parts.filter(isRaw), ownMembers(schema, below))
  const [choice] = [...list(schema, 'oneOf'), ...list(schema, 'anyOf')]
  if (choice !== undefined) return below(choice)
  switch (typeOf(schema)) {
    case 'object':
      return ownMembers(schema, below)
    case 'array': {
      const item = below(member(schema, 'items'))
      return item === undefined ? [] : [item]
    }
    case 'integer':
    case 'number':
      return numberOf(schema)
    case 'boolean':
      return true
    case 'string':
      return textOf(schema)
    default:
      return undefined
  }
}

function typeOf(schema: Raw): unknown {
  const [type] = [member(schema, 'type')].flat().filter(type => type !== 'null')
  return type ?? (object(schema, 'properties') ? 'object' : undefined)
}

/** Only what is required: the rest is for whoever knows what it means. */
function ownMembers(schema: Raw, sample: (value: unknown) => unknown): Raw {
  const properties = object(schema, 'properties') ?? {}
  const names = list(schema, 'required').filter(name => typeof name === 'string')
  return Object.fromEntries(
    names.flatMap(name => {
      const value = sample(properties[name])
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function numberOf(schema: Raw): number {
  const [least, most] = [member(schema, 'minimum'), member(schema, 'maximum')]
  const above = member(schema, 'exclusiveMinimum')
  if (typeof above === 'number') return above + 1
  if (typeof least === 'number') return above === true ? least + 1 : least
  return typeof most === 'number' && most < 1 ? most : 1
}

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  time: '12:00:00Z',
  email: 'somebody@example.com',
  uuid: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  hostname: 'example.com',
  ipv4: '127.0.0.1',
  ipv6: '::1',
}

function textOf(schema: Raw): string {
  const format = FORMATS[String(member(schema, 'format'))]
  if (format !== undefined) return format
  const [least, most] = [member(schema, 'minLength'), member(schema, 'maxLength')]
  const text = 'text'.padEnd(typeof least === 'number' ? least : 0, 'x')
  return typeof most === 'number' ? text.slice(0, most) : text
}
