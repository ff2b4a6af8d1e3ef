import { basename, resolve } from 'node:path'
import type { Problem } from '../../ground/errors.ts'
import { grouped } from '../../ground/group.ts'
import { once, onceFor } from '../../ground/once.ts'
import { addFaults, createFiles, isUnreadable, type Unreadable } from '../file/files.ts'
import { isUnresolved, References, unresolved } from '../file/references.ts'
import { fileOf, placeOf, placeOfValue, pointerOf, type SourceFile } from '../file/source-file.ts'
import type {
  JsonSchema,
  MediaType,
  OpenApiDescription,
  Operation,
  OperationParameter,
  OperationResponse,
  Server,
} from '../model.ts'
import { Problems } from '../problems.ts'
import { has, isRaw, list, member, object, type Raw, scalar, text, texts } from '../raw.ts'
import { visitSchemas } from '../schema-places.ts'
import {
  createOpenApiReader,
  headOf,
  type OpenApiReader,
  type OperationEntry,
  placeSchema,
  readOperation,
  readSecurity,
  responsesOf,
  schemaOf,
  withPathParameters,
} from './operation.ts'

/** An OpenAPI description, as far as it has been asked about. */
export type Api = NonNullable<ReturnType<typeof readApi>>

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

/** `undefined` after it was reported that the file is not an OpenAPI description of a version that can be read. */
export function readApi(source: SourceFile, reader: OpenApiReader) {
  const root = source.value
  if (!isRaw(root)) return undefined
  const version = versionOf(root, reader)
  if (version === undefined) return undefined
  const entries = [...entriesOf(root, reader)]
  const byId = once(() => grouped(entries, ({ operationId }) => operationId))
  const operations: Operation[] = []
  const documents = documentsOf(source, reader)
  const securitySchemes = securitySchemesOf(root, reader)
  const description: OpenApiDescription = { file: source.file, version, operations, documents, securitySchemes }
  return {
    description,
    root,
    /** Every operation that can be called. */
    entries,
    withId: (operationId: string): readonly OperationEntry[] => byId().get(operationId) ?? [],
    /** Reads an operation, once, and adds it to the description. */
    operation: onceFor((entry: OperationEntry) => {
      const operation = (version === '2.0' ? readSwaggerOperation : readOperation)(entry, root, reader)
      operations.push(operation)
      return operation
    }),
  }
}

function versionOf(root: Raw, reader: OpenApiReader): string | undefined {
  const field = has(root, 'swagger') ? 'swagger' : 'openapi'
  const written = scalar(root, field) ?? ''
  const version =
    /^(2\.0|3\.[0-2])(?:\.|$)/.exec(written)?.[1] ?? (written === '2' || written === '3' ? `${written}.0` : undefined)
  if (version === undefined) {
    const at = has(root, field) ? placeOfValue(root, field) : placeOf(root)
    const found = written ? `its version is "${written}"` : 'it has no `openapi` version'
    const what = { found, hint: 'Use 2.0, 3.0, 3.1 or 3.2.' }
    reader.problems.about('read an OpenAPI description').firm('unsupported-version', at, what)
  }
  return version
}

function* entriesOf(root: Raw, reader: OpenApiReader): Generator<OperationEntry> {
  const paths = object(root, 'paths') ?? {}
  for (const [path, written] of Object.entries(paths)) {
    if (!path.startsWith('/') || !isRaw(written)) continue
    // Not every path item is needed, so that one which cannot be found is not an error yet.
    const items = has(written, '$ref') ? [written, reader.lookAt(written)].filter(isRaw) : [written]
    for (const holder of items) yield* entriesIn(holder, { path, items })
  }
}

/** Operations by their methods, and additional ones by any. Source: OpenAPI 3.2.0, "Path Item Object". */
function* entriesIn(
  holder: Raw,
  around: Pick<OperationEntry, 'path' | 'items'>,
  areAdditional = false,
): Generator<OperationEntry> {
  for (const key of Object.keys(holder)) {
    const raw = object(holder, key)
    if (!raw) continue
    if (areAdditional || METHODS.includes(key)) {
      const method = areAdditional ? key : key.toUpperCase()
      yield { ...around, operationId: text(raw, 'operationId'), method, raw, holder, key }
    } else if (key === 'additionalOperations') yield* entriesIn(raw, around, true)
  }
}

/** The description and every file that it refers to, and that those refer to. */
function documentsOf(source: SourceFile, reader: OpenApiReader): Record<string, unknown> {
  const documents: Record<string, unknown> = { [source.file]: source.value }
  const pending = [source]
  for (let file = pending.pop(); file; file = pending.pop()) {
    for (const [reference, holder] of externalReferences(file)) {
      const result = reader.references.resolve(reference, holder)
      if (isUnresolved(result)) {
        // If a step needs the missing part, an error is reported then.
        reader.problems.add({ ...unresolved(reference, holder, result), severity: 'warning' })
        continue
      }
      const target = reader.references.fileBehind(reference, holder)
      if (isUnreadable(target) || Object.hasOwn(documents, target.file)) continue
      documents[target.file] = target.value
      pending.push(target)
    }
  }
  return documents
}

function securitySchemesOf(root: Raw, reader: OpenApiReader): Record<string, unknown> {
  const schemes = object(root, 'securityDefinitions') ?? object(object(root, 'components'), 'securitySchemes') ?? {}
  return Object.fromEntries(Object.entries(schemes).map(([name, scheme]) => [name, reader.lookAt(scheme)]))
}

/** The `$ref`s of a file that lead to other files, one for each target, with their holders. */
const externalReferences = onceFor((file: SourceFile): ReadonlyMap<string, Raw> => {
  const found = new Map<string, Raw>()
  const note = (holder: Raw) => {
    const reference = text(holder, '$ref')
    if (reference && !reference.startsWith('#') && !found.has(reference)) found.set(reference, holder)
  }
  visitSchemas(file.value, undefined, note, key => key.startsWith('x-'))
  return found
})

/** An OpenAPI description for itself, with all of its operations. */
export interface ReadOpenApi {
  readonly title?: string
  readonly description: OpenApiDescription
  /** Follows a `$ref` to its target. Other values are returned unchanged, and a broken `$ref` gives undefined. */
  follow(value: unknown): unknown
}

/** Reads an OpenAPI file (2.0 to 3.2). Never throws for its content. `api` is absent if it cannot be used. */
export function readOpenApi(path: string): { api?: ReadOpenApi; problems: Problem[] } {
  const file = resolve(path)
  const problems = new Problems()
  const fault = (what: Unreadable) =>
    problems.about(`read ${basename(file)}`).firm('unreadable-file', { file, line: 1, column: 1 }, what)
  const files = createFiles(one => addFaults(one, problems))
  const source = files.read(file)
  if (isUnreadable(source)) {
    fault(source)
    return { problems: problems.sorted(file) }
  }
  const references = new References(files)
  const api = readApi(source, createOpenApiReader(references, problems))
  if (api === undefined) {
    if (problems.sorted(file).length === 0) fault({ found: 'it holds no object', hint: 'Give an OpenAPI description.' })
    return { problems: problems.sorted(file) }
  }
  for (const entry of api.entries) api.operation(entry)
  const title = text(object(api.root, 'info'), 'title')
  return {
    api: { title, description: api.description, follow: value => references.follow(value, () => {}) },
    problems: problems.sorted(file),
  }
}

/** An operation of an OpenAPI 2.0 ("Swagger") description in terms of 3.x. */
function readSwaggerOperation(entry: OperationEntry, root: Raw, reader: OpenApiReader): Operation {
  const { raw, items } = entry
  const declared = declaredParameters([...items.toReversed(), raw], reader)
  const parameters = declared.flatMap(parameter => readParameter(parameter))
  const requestBody = readBody(raw, declared, consumes(raw, root), reader)
  return {
    ...headOf(entry),
    servers: readServers(raw, root),
    parameters: withPathParameters(parameters, entry, reader),
    requestBody,
    responses: readResponses(raw, root, reader),
    security: readSecurity(raw, root),
  }
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

/** Form fields as the properties of one object. The file has no such object. */
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
