import { given } from '../../ground/given.ts'
import { fileOf, placeOfValue, pointerOf } from '../file/source-file.ts'
import type { JsonSchema, MediaType, Operation, OperationParameter, OperationResponse, Server } from '../model.ts'
import { list, member, object, type Raw, text, texts } from '../raw.ts'
import { placeSchema, responsesOf, schemaOf } from './content.ts'
import { headOf, type OperationEntry, readSecurity, withPathParameters } from './operation.ts'
import type { OpenApiReader } from './reader.ts'

/** An operation of an OpenAPI 2.0 ("Swagger") description in terms of 3.x. */
export function readSwaggerOperation(entry: OperationEntry, root: Raw, reader: OpenApiReader): Operation {
  const { raw, items } = entry
  const declared = declaredParameters([...items.toReversed(), raw], reader)
  const parameters = declared.flatMap(parameter => readParameter(parameter))
  const requestBody = readBody(raw, declared, consumes(raw, root), reader)
  return given({
    ...headOf(entry),
    servers: readServers(raw, root),
    parameters: withPathParameters(parameters, entry, reader),
    requestBody,
    responses: readResponses(raw, root, reader),
    security: readSecurity(raw, root),
  })
}

function declaredParameters(levels: readonly Raw[], reader: OpenApiReader): Raw[] {
  const parameters = new Map<string, Raw>()
  for (const written of levels.flatMap(level => list(level, 'parameters'))) {
    const parameter = reader.follow(written)
    if (parameter) parameters.set(`${text(parameter, 'in')} ${text(parameter, 'name')}`, parameter)
  }
  return [...parameters.values()]
}

/** `collectionFormat` as a style; `tsv` has one that later versions do not know. */
const FORMATS = {
  csv: {},
  multi: { explode: true },
  ssv: { style: 'spaceDelimited' },
  tsv: { style: 'tabDelimited' },
  pipes: { style: 'pipeDelimited' },
} as const

const formatOf = (raw: Raw) => FORMATS[(text(raw, 'collectionFormat') ?? 'csv') as keyof typeof FORMATS] ?? {}

function readParameter(raw: Raw): OperationParameter[] {
  const name = text(raw, 'name')
  const place = text(raw, 'in')
  if (name === undefined || (place !== 'path' && place !== 'query' && place !== 'header')) return []
  return [
    {
      name,
      in: place,
      required: place === 'path' || member(raw, 'required') === true,
      style: place === 'query' ? 'form' : 'simple',
      explode: false,
      allowReserved: false,
      ...(place === 'query' && formatOf(raw)),
      schema: { file: fileOf(raw).file, pointer: pointerOf(raw), schema: raw as JsonSchema },
      at: placeOfValue(raw, 'name'),
    },
  ]
}

function readBody(
  operation: Raw,
  parameters: readonly Raw[],
  types: readonly string[],
  reader: OpenApiReader,
): Operation['requestBody'] {
  const body = parameters.find(parameter => text(parameter, 'in') === 'body')
  if (body) {
    const content = orJson(types).map(type => mediaType(type, body, reader))
    return { required: member(body, 'required') === true, content }
  }
  const fields = parameters.filter(parameter => text(parameter, 'in') === 'formData')
  if (fields.length === 0) return undefined
  const form = fields.some(field => text(field, 'type') === 'file')
    ? 'multipart/form-data'
    : 'application/x-www-form-urlencoded'
  const type = types.find(type => /form/.test(type)) ?? form
  return {
    required: fields.some(field => member(field, 'required') === true),
    content: [{ type, ...placeFields(operation, fields), encoding: encodingOf(fields) }],
  }
}

/** Form fields as the properties of one object, which stands nowhere in the file. */
function placeFields(operation: Raw, fields: readonly Raw[]): Pick<MediaType, 'schema'> {
  const named = fields.map(field => [text(field, 'name') ?? '', field])
  const schema = { type: 'object', properties: Object.fromEntries(named) }
  return { schema: { file: fileOf(operation).file, pointer: `${pointerOf(operation)}/formData`, schema } }
}

/** Lists are joined as their `collectionFormat` says, by commas when it says nothing. */
function encodingOf(fields: readonly Raw[]): MediaType['encoding'] {
  const lists = fields.filter(field => text(field, 'type') === 'array')
  return Object.fromEntries(
    lists.map(field => [text(field, 'name') ?? '', { style: 'form', explode: false, ...formatOf(field) }]),
  )
}

const mediaType = (type: string, holder: Raw, reader: OpenApiReader): MediaType => ({
  type,
  ...schemaOf(holder, reader),
  encoding: {},
})

/** JSON where nothing else is said. */
const orJson = (types: readonly string[]) => (types.length > 0 ? types : ['application/json'])

const consumes = (operation: Raw, root: Raw) => typesOf('consumes', operation, root)

function typesOf(field: 'consumes' | 'produces', operation: Raw, root: Raw): readonly string[] {
  return texts(Array.isArray(member(operation, field)) ? operation : root, field)
}

function readResponses(operation: Raw, root: Raw, reader: OpenApiReader): Record<string, OperationResponse> {
  const types = orJson(typesOf('produces', operation, root))
  return responsesOf(operation, reader, response => {
    const hasBody = member(response, 'schema') !== undefined
    const documented = object(response, 'headers') ?? {}
    const headers = Object.entries(documented).map(([name, header]) => [
      name,
      { required: false, schema: placeSchema(documented, name, header as JsonSchema) },
    ])
    return {
      content: hasBody ? types.map(type => mediaType(type, response, reader)) : [],
      headers: Object.fromEntries(headers),
    }
  })
}

function readServers(operation: Raw, root: Raw): Server[] {
  const base = text(root, 'basePath') ?? ''
  const host = text(root, 'host')
  if (!host) return [{ url: base || '/', variables: {} }]
  const schemes = [...texts(operation, 'schemes'), ...texts(root, 'schemes'), 'https'].filter(scheme =>
    /^https?$/.test(scheme),
  )
  return [...new Set(schemes)].slice(0, 1).map(scheme => ({ url: `${scheme}://${host}${base}`, variables: {} }))
}
