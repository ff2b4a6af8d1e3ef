import { splitSource } from '../../expression/index.ts'
import type { Location } from '../../ground/errors.ts'
import type { ChannelOperation } from '../asyncapi/description.ts'
import type { Api } from '../openapi/description.ts'
import type { OperationEntry } from '../openapi/operation.ts'
import { suggest } from '../problems.ts'
import { type LoadedDocument, type LoadedSource, qualifiedName, type Refuse, refusing, sourceNamed } from './loaded.ts'

/** An operation of an OpenAPI or an AsyncAPI description. */
export type Found =
  | { readonly kind: 'operation'; readonly source: string; readonly api: Api; readonly entry: OperationEntry }
  | { readonly kind: 'channel'; readonly source: string; readonly operation: ChannelOperation }

const idOf = (found: Found) => (found.kind === 'channel' ? found.operation : found.entry).operationId ?? ''

/**
 * The operation of an `operationId`: plain, looked for in all sources, or `$sourceDescriptions.<name>.<operationId>`.
 * The specification wants the long form when there are several sources; a plain id that only one of them has will do.
 */
export function findById(written: string, at: Location, document: LoadedDocument): Found | undefined {
  const qualified = qualifiedName(written, document)
  const id = qualified ? qualified.reference : written
  const refuse = refusing(`resolve operation ${qualified ? written : `"${written}"`}`, at, document)
  const sources = qualified ? [sourceNamed(qualified.source, document, refuse)] : [...document.sources.values()]
  if (qualified && !sources[0]) {
    const hint = suggest(qualified.source, document.sources.keys(), 'sources')
    return refuse('undefined-source', `the document has no source "${qualified.source}"`, hint)
  }
  const searched = sources.filter(source => source !== undefined)
  const [arazzo] = searched
  if (qualified && arazzo?.type === 'arazzo')
    return refuse(
      'undefined-operation',
      `source "${arazzo.name}" is an Arazzo document`,
      `Write \`workflowId: ${written}\`.`,
    )
  const exact = matches(
    searched,
    operationId => operationId === id,
    api => api.withId(id),
  )
  if (exact.length > 0) {
    const found = theOne(exact, id, refuse)
    // Unreadable sources are reported elsewhere.
    const several = searched.filter(({ type }) => type !== 'arazzo' && type !== 'broken').length > 1
    if (found && several && exact.length === 1) {
      const only = `the document has several sources, and only "${found.source}" has it today`
      refuse('operation-form', only, `Write $sourceDescriptions.${found.source}.${id}.`, 'warning')
    }
    return found
  }
  const isAlike = (operationId: string) => operationId.toLowerCase() === id.toLowerCase()
  const alike = matches(searched, isAlike, api => api.entries)
  if (alike.length === 1) {
    const meant = idOf(alike[0]!)
    const found = `operationIds are case-sensitive, and it is "${meant}" in source "${alike[0]!.source}"`
    const hint = `Write ${qualified ? `$sourceDescriptions.${qualified.source}.${meant}` : meant}.`
    refuse('operation-form', found, hint, 'warning')
    return alike[0]
  }
  // The content of a broken source is unknown, and the fault has been reported.
  const broken = searched.filter(source => source.type === 'broken')
  for (const { name } of broken) document.usedSources.add(name)
  if (broken.length > 0) return undefined
  const names = searched.map(({ name }) => `"${name}"`).join(', ')
  const found =
    searched.length === 1
      ? `source ${names} has no such operationId`
      : `none of the sources ${names} has such an operationId`
  return refuse('undefined-operation', found, hintFor(id, searched, document))
}

function theOne(found: readonly Found[], id: string, refuse: Refuse): Found | undefined {
  const sources = [...new Set(found.map(({ source }) => source))]
  const [first, second] = found
  if (sources.length > 1) {
    const hint = `Write ${sources.map(name => `$sourceDescriptions.${name}.${id}`).join(' or ')}.`
    return refuse('ambiguous-operation', `the sources ${sources.join(' and ')} have it`, hint)
  }
  if (second) {
    const paths = found.map(one =>
      one.kind === 'channel' ? one.operation.pointer.join('/') : `${one.entry.method} ${one.entry.path}`,
    )
    const text = `source "${sources[0]}" has it more than once (${paths.join(', ')}); the first is used`
    refuse('ambiguous-operation', text, 'Use an `operationPath`.', 'warning')
  }
  return first
}

/** @param among the operations of an OpenAPI description that may fit; a description may have 10,000. */
function matches(
  sources: readonly LoadedSource[],
  fits: (operationId: string) => boolean,
  among: (api: Api) => readonly OperationEntry[],
): Found[] {
  return sources.flatMap((source): Found[] => {
    if (source.type === 'asyncapi') {
      return source.asyncapi.operations
        .filter(({ operationId }) => operationId !== undefined && fits(operationId))
        .map(operation => ({ kind: 'channel', source: source.name, operation }))
    }
    if (source.type !== 'openapi') return []
    const { api, name } = source
    return among(api)
      .filter(({ operationId }) => operationId !== undefined && fits(operationId))
      .map(entry => ({ kind: 'operation', source: name, api, entry }))
  })
}

/** The nearest id in the sources that were searched, else in the others. */
function hintFor(id: string, searched: readonly LoadedSource[], document: LoadedDocument): string | undefined {
  const named = splitSource(id, document.sources.keys())
  const owner = named && document.sources.get(named.source)
  if (owner && operationIds(owner).includes(named.reference)) return `Did you mean $sourceDescriptions.${id}?`
  for (const source of document.sources.values()) {
    if (!searched.includes(source) && operationIds(source).includes(id))
      return `Did you mean $sourceDescriptions.${source.name}.${id}?`
  }
  const ids = searched.flatMap(operationIds)
  if (ids.length === 0) return 'No operation in it has an operationId; use an `operationPath`.'
  return suggest(id, ids, 'operations')
}

/** The ids of a source's operations. */
export function operationIds(source: LoadedSource): string[] {
  const operations =
    source.type === 'openapi' ? source.api.entries : source.type === 'asyncapi' ? source.asyncapi.operations : []
  return operations.flatMap(({ operationId }) => operationId ?? [])
}
