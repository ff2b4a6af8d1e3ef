import { escapeToken } from '../../ground/pointer.ts'
import { fileOf, placeOfKey, pointerOf } from '../file/source-file.ts'
import type { JsonSchema, MediaType, OperationResponse, SchemaPlace } from '../model.ts'
import { isRaw, member, object, type Raw } from '../raw.ts'
import type { OpenApiReader } from './reader.ts'

/** The `schema` of a parameter, header or media type, with its place. */
export function schemaOf(holder: Raw, reader: OpenApiReader): { schema?: SchemaPlace } {
  const written = member(holder, 'schema')
  if (!isRaw(written) && typeof written !== 'boolean') return {}
  // A schema that cannot be resolved takes the checks by it away, but a request can be sent without.
  const schema = reader.references.follow(written, finding => reader.problems.warn(finding))
  if (!isRaw(schema) && typeof schema !== 'boolean') return {}
  return { schema: placeSchema(holder, 'schema', schema) }
}

export function placeSchema(holder: Raw, key: string, schema: JsonSchema): SchemaPlace {
  return { file: fileOf(holder).file, pointer: `${pointerOf(holder)}/${escapeToken(key)}`, schema }
}

/** The media types of a request or response body. */
export function readContent(holder: Raw, reader: OpenApiReader): MediaType[] {
  return Object.entries(object(holder, 'content') ?? {}).map(([type, written]) => {
    const media = reader.follow(written)
    return { type, ...(media && schemaOf(media, reader)), encoding: object(media, 'encoding') ?? {} }
  })
}

export function readResponses(operation: Raw, reader: OpenApiReader): Record<string, OperationResponse> {
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
