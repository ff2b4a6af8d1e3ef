import { given } from '../../ground/given.ts'
import { placeOfKey } from '../file/source-file.ts'
import type { Operation, OperationParameter } from '../model.ts'
import { list, member, objects, type Raw, texts } from '../raw.ts'
import { readContent, readResponses } from './content.ts'
import { namesInPath, readParameters } from './parameter.ts'
import type { OpenApiReader } from './reader.ts'
import { readServers } from './server-url.ts'

/** An operation that a description has, before anybody asked what it looks like. */
export interface OperationEntry {
  readonly operationId?: string
  /** Upper case. */
  readonly method: string
  readonly path: string
  readonly raw: Raw
  /** What holds the operation, and under which key. */
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
  return given({
    ...headOf(entry),
    servers: readServers([raw, ...items, root], reader),
    parameters: withPathParameters(parameters, entry, reader),
    requestBody: body && { required: member(body, 'required') === true, content: readContent(body, reader) },
    responses: readResponses(raw, reader),
    security: readSecurity(raw, root),
  })
}

export function headOf({ operationId, method, path, holder, key }: OperationEntry) {
  return { operationId, method, path, at: placeOfKey(holder, key) }
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
  for (const name of undeclared) {
    reader.problems.warn({
      code: 'invalid-openapi',
      at,
      failed: `read ${entry.method} ${entry.path}`,
      found: `the path parameter "${name}" is not declared`,
      hint: 'Declare it in `parameters`, with `in: path`.',
    })
  }
  const implied = undeclared.map(name => ({ ...PATH_PARAMETER, name, at }))
  return [...parameters, ...implied]
}

const PATH_PARAMETER = { in: 'path', required: true, style: 'simple', explode: false, allowReserved: false } as const
