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
  if (parts.length > 0) {
    const all = [...parts, ownMembers(schema, below)]
    return all.every(isRaw) ? Object.assign({}, ...all) : undefined
  }
  const [choice] = [...list(schema, 'oneOf'), ...list(schema, 'anyOf')]
  if (choice !== undefined) return below(choice)
  switch (typeOf(schema)) {
    case 'object':
      return ownMembers(schema, below)
    case 'array': {
      const least = Number(member(schema, 'minItems') ?? 0)
      const item = below(member(schema, 'items'))
      if (item !== undefined && least <= 1) return [item]
      return least === 0 ? [] : undefined
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

/** Only what is required, and not by responses alone: the rest is for whoever knows what it means. */
function ownMembers(schema: Raw, sample: (value: unknown) => unknown): Raw | undefined {
  const properties = object(schema, 'properties') ?? {}
  const names = list(schema, 'required').filter(name => typeof name === 'string')
  const sent = names.filter(name => !isRaw(properties[name]) || member(properties[name], 'readOnly') !== true)
  const members = sent.map(name => [name, sample(properties[name])] as const)
  return members.every(([, value]) => value !== undefined) ? Object.fromEntries(members) : undefined
}

function numberOf(schema: Raw): number {
  const [least, most] = [member(schema, 'minimum'), member(schema, 'maximum')]
  const [above, step] = [member(schema, 'exclusiveMinimum'), member(schema, 'multipleOf')]
  const from = typeof above === 'number' ? above + 1 : typeof least === 'number' ? least + Number(above === true) : 1
  const number = typeof step === 'number' && step > 0 ? Math.ceil(from / step) * step : from
  return typeof most === 'number' && most < number ? most : number
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

/** Undefined where a text has to have a form that its author gave no example of. */
function textOf(schema: Raw): string | undefined {
  if (member(schema, 'pattern') !== undefined) return undefined
  const format = FORMATS[String(member(schema, 'format'))]
  if (format !== undefined) return format
  const [least, most] = [member(schema, 'minLength'), member(schema, 'maxLength')]
  const text = 'text'.padEnd(typeof least === 'number' ? least : 0, 'x')
  return typeof most === 'number' ? text.slice(0, most) : text
}
