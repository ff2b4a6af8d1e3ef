import { asAddress } from '../../ground/address.ts'
import { escapeToken } from '../../ground/pointer.ts'
import type { References } from '../file/references.ts'
import { fileOf, placeOf, placeOfKey, placeOfValue, pointerOf } from '../file/source-file.ts'
import type {
  JsonSchema,
  MediaType,
  Operation,
  OperationParameter,
  OperationResponse,
  SchemaPlace,
  Server,
} from '../model.ts'
import type { Problems } from '../problems.ts'
import { has, isRaw, list, member, object, objects, type Raw, scalar, text, texts } from '../raw.ts'

/** An operation that a description has, before anybody asked what it looks like. */
export interface OperationEntry extends Pick<Operation, 'operationId' | 'method' | 'path'> {
  readonly raw: Raw
  /** Object and key of the operation. */
  readonly holder: Raw
  readonly key: string
  /** The path item, in parts where it has a `$ref`: its own fields first. */
  readonly items: readonly Raw[]
}

export function readOperation(entry: OperationEntry, root: Raw, reader: OpenApiReader): Operation {
  const { raw, items } = entry
  const levels = [...items.toReversed(), raw].map(level => list(level, 'parameters'))
  const parameters = readParameters(levels, reader)
  const body = reader.follow(member(raw, 'requestBody'))
  return {
    ...headOf(entry),
    servers: readServers([raw, ...items, root], reader),
    parameters: withPathParameters(parameters, entry, reader),
    requestBody: body && { required: member(body, 'required') === true, content: readContent(body, reader) },
    responses: readResponses(raw, reader),
    security: readSecurity(raw, root),
  }
}

export function headOf({ operationId, method, path, raw, holder, key }: OperationEntry) {
  return { operationId, method, path, tags: texts(raw, 'tags'), at: placeOfKey(holder, key) }
}

/** Requirements of the operation, else of the description. */
export function readSecurity(operation: Raw, root: Raw): Operation['security'] {
  const level = Array.isArray(member(operation, 'security')) ? operation : root
  return objects(level, 'security').map(requirement =>
    Object.fromEntries(Object.keys(requirement).map(scheme => [scheme, texts(requirement, scheme)])),
  )
}

/** A name in the path that no parameter declares still needs a value; it is taken as plain text. */
export function withPathParameters(
  parameters: readonly OperationParameter[],
  entry: OperationEntry,
  reader: OpenApiReader,
): OperationParameter[] {
  const undeclared = namesInPath(entry.path).filter(
    name => !parameters.some(parameter => parameter.in === 'path' && parameter.name === name),
  )
  const at = placeOfKey(entry.holder, entry.key)
  const report = reader.problems.about(`read ${entry.method} ${entry.path}`)
  const hint = 'Declare it in `parameters`, with `in: path`.'
  for (const name of undeclared)
    report.warn('invalid-openapi', at, { found: `the path parameter "${name}" is not declared`, hint })
  const implied = undeclared.map(name => ({ ...PATH_PARAMETER, name, at }))
  return [...parameters, ...implied]
}

const PATH_PARAMETER = { in: 'path', required: true, style: 'simple', explode: false, allowReserved: false } as const

/** The servers of the first level that has any. */
function readServers(levels: readonly Raw[], reader: OpenApiReader): Server[] {
  const servers = levels.map(level => objects(level, 'servers')).find(found => found.length > 0) ?? []
  const read = servers.map(server => readServer(server, reader))
  return read.length > 0 ? read : [{ url: '/', variables: {} }]
}

function readServer(raw: Raw, { problems }: OpenApiReader): Server {
  const variables = readVariables(raw)
  const url = text(raw, 'url')
  if (url === undefined) return { url: '/', variables }
  const at = placeOfValue(raw, 'url')
  const address = asAddress(url)
  const found = `"${url}" has no scheme, and is a path by the rules of URLs`
  if (address !== undefined)
    problems.about('read a server').warn('invalid-openapi', at, { found, hint: `Write "${address}", or https.` })
  return { url, variables, at }
}

function readVariables(server: Raw): Server['variables'] {
  const variables: Record<string, Server['variables'][string]> = {}
  for (const [name, variable] of Object.entries(object(server, 'variables') ?? {})) {
    if (!isRaw(variable)) continue
    const values = list(variable, 'enum')
      .filter(value => typeof value !== 'object')
      .map(value => `${value}`)
    variables[name] = {
      default: scalar(variable, 'default') ?? values[0] ?? '',
      ...(values.length > 0 && { enum: values }),
    }
  }
  return variables
}

type In = OperationParameter['in']
type Style = OperationParameter['style']

/** The styles of each place, the default first. Source: OpenAPI 3.2.0, "Style Values". */
const STYLES: Readonly<Record<In, readonly Style[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  querystring: ['form'],
  header: ['simple'],
  cookie: ['form', 'cookie'],
}

/** Path-level parameters and those of the operation, which replace them by name and place. */
function readParameters(lists: readonly (readonly unknown[])[], reader: OpenApiReader): OperationParameter[] {
  const parameters = new Map<string, OperationParameter>()
  for (const parameter of lists.flat().flatMap(written => readParameter(written, reader))) {
    const name = parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name
    parameters.set(`${parameter.in} ${name}`, parameter)
  }
  return [...parameters.values()]
}

function readParameter(written: unknown, reader: OpenApiReader): OperationParameter[] {
  const raw = reader.follow(written)
  if (!raw) return []
  const name = text(raw, 'name')
  const place = text(raw, 'in') as In
  if (name === undefined || !Object.hasOwn(STYLES, place ?? '')) {
    const found = name === undefined ? 'it has no `name`' : `\`in\` is ${JSON.stringify(place ?? null)}`
    const report = reader.problems.about(`read parameter "${name ?? ''}"`)
    return report.warn('invalid-openapi', placeOf(raw), { found: `${found}; it is left out` }) ?? []
  }
  const [contentType, media] = Object.entries(object(raw, 'content') ?? {})[0] ?? []
  const content = reader.follow(media)
  const style = styleOf(raw, place, name, reader)
  const explode = member(raw, 'explode')
  return [
    {
      name,
      in: place,
      required: place === 'path' || member(raw, 'required') === true,
      style,
      explode: typeof explode === 'boolean' ? explode : style === 'form' || style === 'cookie',
      allowReserved: member(raw, 'allowReserved') === true,
      ...(contentType && { contentType }),
      ...schemaOf(content ?? raw, reader),
      ...exampleOf(content ?? raw, reader),
      at: placeOfValue(raw, 'name'),
    },
  ]
}

function exampleOf(holder: Raw, reader: OpenApiReader): { example?: unknown } {
  if (has(holder, 'example')) return { example: member(holder, 'example') }
  const [first] = Object.values(object(holder, 'examples') ?? {})
  const example = reader.lookAt(first)
  return has(example, 'value') ? { example: member(example, 'value') } : {}
}

function styleOf(raw: Raw, place: In, name: string, reader: OpenApiReader): Style {
  const styles = STYLES[place]
  const style = member(raw, 'style') as Style | undefined
  if (style === undefined || styles.includes(style)) return style ?? styles[0]!
  const found = `a ${place} parameter has no style ${JSON.stringify(style)}; ${styles[0]} is used`
  const what = { found, hint: `Use ${styles.join(' or ')}.` }
  reader.problems.about(`read parameter "${name}"`).warn('invalid-openapi', placeOfValue(raw, 'style'), what)
  return styles[0]!
}

/** The names in a path template: `/pets/{id}`. */
const namesInPath = (path: string): string[] => [...path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name!)

/** The `schema` of a parameter, header or media type, with its place. */
export function schemaOf(holder: Raw, reader: OpenApiReader): { schema?: SchemaPlace } {
  const written = member(holder, 'schema')
  if (!isRaw(written) && typeof written !== 'boolean') return {}
  // A schema that cannot be resolved takes the checks by it away, but a request can be sent without.
  const schema = reader.references.follow(written, finding => reader.problems.add({ ...finding, severity: 'warning' }))
  if (!isRaw(schema) && typeof schema !== 'boolean') return {}
  return { schema: placeSchema(holder, 'schema', schema) }
}

export function placeSchema(holder: Raw, key: string, schema: JsonSchema): SchemaPlace {
  return { file: fileOf(holder).file, pointer: `${pointerOf(holder)}/${escapeToken(key)}`, schema }
}

/** The media types of a request or response body. */
function readContent(holder: Raw, reader: OpenApiReader): MediaType[] {
  return Object.entries(object(holder, 'content') ?? {}).map(([type, written]) => {
    const media = reader.follow(written)
    return { type, ...(media && schemaOf(media, reader)), encoding: object(media, 'encoding') ?? {} }
  })
}

function readResponses(operation: Raw, reader: OpenApiReader): Record<string, OperationResponse> {
  return responsesOf(operation, reader, response => ({
    content: readContent(response, reader),
    headers: readHeaders(response, reader),
  }))
}

/** The responses of an operation by status; `read` knows what each version of OpenAPI makes of one. */
export function responsesOf(
  operation: Raw,
  reader: OpenApiReader,
  read: (response: Raw) => Omit<OperationResponse, 'at'>,
): Record<string, OperationResponse> {
  const responses: Record<string, OperationResponse> = {}
  const documented = object(operation, 'responses') ?? {}
  for (const [status, written] of Object.entries(documented)) {
    const response = status.startsWith('x-') ? undefined : reader.follow(written)
    if (response) responses[status] = { at: placeOfKey(documented, status), ...read(response) }
  }
  return responses
}

function readHeaders(response: Raw, reader: OpenApiReader): OperationResponse['headers'] {
  const headers: Record<string, OperationResponse['headers'][string]> = {}
  for (const [name, written] of Object.entries(object(response, 'headers') ?? {})) {
    const header = reader.follow(written)
    if (!header) continue
    const media = reader.follow(Object.values(object(header, 'content') ?? {})[0])
    headers[name] = { required: member(header, 'required') === true, ...schemaOf(media ?? header, reader) }
  }
  return headers
}

/** Dependencies of reading an OpenAPI description. */
export type OpenApiReader = ReturnType<typeof createOpenApiReader>

export function createOpenApiReader(references: References, problems: Problems) {
  const behind = (value: unknown, severity: 'error' | 'warning') => {
    const target = references.follow(value, finding => problems.add({ ...finding, severity }))
    return isRaw(target) ? target : undefined
  }
  return {
    references,
    problems,
    /** Object at the end of its `$ref`s. A broken `$ref` is reported. */
    follow: (value: unknown) => behind(value, 'error'),
    /** Reads an optional part: a broken `$ref` is a warning. */
    lookAt: (value: unknown) => behind(value, 'warning'),
  }
}
