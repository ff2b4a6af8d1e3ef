import { given } from '../../ground/given.ts'
import { isUnreadable } from '../file/files.ts'
import { isUnresolved, unresolved } from '../file/references.ts'
import { placeOf, placeOfValue, type SourceFile } from '../file/source-file.ts'
import type { OpenApiDescription, Operation } from '../model.ts'
import { has, isRaw, object, type Raw, scalar, text } from '../raw.ts'
import { externalReferences } from './external-references.ts'
import { type OperationEntry, readOperation } from './operation.ts'
import type { OpenApiReader } from './reader.ts'
import { readSwaggerOperation } from './swagger.ts'

/** An OpenAPI description, as far as it has been asked about. */
export interface Api {
  readonly description: OpenApiDescription
  readonly root: Raw
  /** Every operation that can be called. */
  readonly entries: readonly OperationEntry[]
  /** Those of an `operationId`. */
  withId(operationId: string): readonly OperationEntry[]
  /** Reads an operation, once, and adds it to the description. */
  operation(entry: OperationEntry): Operation
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

/** `undefined` after it was reported that the file is not an OpenAPI description of a version that can be read. */
export function readApi(source: SourceFile, reader: OpenApiReader): Api | undefined {
  const root = source.value
  if (!isRaw(root)) return undefined
  const version = versionOf(root, reader)
  if (version === undefined) return undefined
  const entries = [...entriesOf(root, reader)]
  let byId: ReadonlyMap<string | undefined, readonly OperationEntry[]> | undefined
  const operations: Operation[] = []
  const read = new Map<OperationEntry, Operation>()
  return {
    description: {
      file: source.file,
      version,
      operations,
      documents: documentsOf(source, reader),
      securitySchemes: securitySchemesOf(root, reader),
    },
    root,
    entries,
    withId(operationId) {
      byId ??= groupedById(entries)
      return byId.get(operationId) ?? []
    },
    operation(entry) {
      const known = read.get(entry)
      if (known) return known
      const operation = (version === '2.0' ? readSwaggerOperation : readOperation)(entry, root, reader)
      read.set(entry, operation)
      operations.push(operation)
      return operation
    },
  }
}

function groupedById(entries: readonly OperationEntry[]): ReadonlyMap<string | undefined, readonly OperationEntry[]> {
  const byId = new Map<string | undefined, OperationEntry[]>()
  for (const entry of entries) {
    const { operationId } = entry
    const alike = byId.get(operationId)
    if (alike) alike.push(entry)
    else byId.set(operationId, [entry])
  }
  return byId
}

function versionOf(root: Raw, reader: OpenApiReader): string | undefined {
  const field = has(root, 'swagger') ? 'swagger' : 'openapi'
  const written = scalar(root, field) ?? ''
  const version =
    /^(2\.0|3\.[0-2])(?:\.|$)/.exec(written)?.[1] ?? (written === '2' || written === '3' ? `${written}.0` : undefined)
  if (version === undefined) {
    reader.problems.addFirm({
      code: 'unsupported-version',
      at: has(root, field) ? placeOfValue(root, field) : placeOf(root),
      failed: 'read an OpenAPI description',
      found: written ? `its version is "${written}"` : 'it has no `openapi` version',
      hint: 'Use 2.0, 3.0, 3.1 or 3.2.',
    })
  }
  return version
}

function* entriesOf(root: Raw, reader: OpenApiReader): Generator<OperationEntry> {
  const paths = object(root, 'paths') ?? {}
  for (const [path, written] of Object.entries(paths)) {
    if (!path.startsWith('/') || !isRaw(written)) continue
    // Not every path item is needed, so that one which cannot be found is not an error yet.
    const items = has(written, '$ref') ? [written, reader.lookAt(written)].filter(isRaw) : [written]
    for (const holder of items) {
      for (const key of Object.keys(holder)) {
        const raw = object(holder, key)
        if (key === 'additionalOperations' && raw) yield* additional(raw, path, items)
        else if (raw && METHODS.includes(key)) yield entry(raw, key.toUpperCase(), path, holder, key, items)
      }
    }
  }
}

/** Methods besides the usual ones. Source: OpenAPI 3.2.0, "Path Item Object". */
function* additional(operations: Raw, path: string, items: readonly Raw[]): Generator<OperationEntry> {
  for (const method of Object.keys(operations)) {
    const raw = object(operations, method)
    if (raw) yield entry(raw, method, path, operations, method, items)
  }
}

function entry(
  raw: Raw,
  method: string,
  path: string,
  holder: Raw,
  key: string,
  items: readonly Raw[],
): OperationEntry {
  const operationId = text(raw, 'operationId')
  return given({ operationId, method, path, raw, holder, key, items })
}

/** The description and every file that it refers to, and that those refer to. */
function documentsOf(source: SourceFile, reader: OpenApiReader): Record<string, unknown> {
  const documents: Record<string, unknown> = { [source.file]: source.value }
  const pending = [source]
  for (let file = pending.pop(); file; file = pending.pop()) {
    for (const { reference, holder } of externalReferences(file)) {
      const result = reader.references.resolve(reference, holder)
      if (isUnresolved(result)) {
        // What a step needs of it is reported as an error when it is asked for.
        reader.problems.warn(unresolved(reference, holder, result))
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
