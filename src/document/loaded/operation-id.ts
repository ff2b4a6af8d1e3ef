import { splitSource } from '../../expression/index.ts'
import type { Location } from '../../ground/errors.ts'
import type { ChannelOperation } from '../asyncapi/description.ts'
import type { Api } from '../openapi/description.ts'
import type { OperationEntry } from '../openapi/operation.ts'
import type { Finding } from '../problems.ts'
import { suggest } from '../problems.ts'
import type { LoadedDocument, LoadedSource, Reading } from './loaded.ts'
import { qualifiedName, sourceNamed } from './loaded.ts'

/** An operation of an OpenAPI or an AsyncAPI description. */
export type Found =
  | { readonly kind: 'operation'; readonly source: string; readonly api: Api; readonly entry: OperationEntry }
  | { readonly kind: 'channel'; readonly source: string; readonly operation: ChannelOperation }

type Report = (finding: Omit<Finding, 'at' | 'failed'>) => undefined

const idOf = (found: Found) => (found.kind === 'channel' ? found.operation : found.entry).operationId ?? ''

/**
 * The operation of an `operationId`: plain, looked for in all sources, or `$sourceDescriptions.<name>.<operationId>`.
 * The specification wants the long form when there are several sources; a plain id that only one of them has will do.
 */
export function findById(written: string, at: Location, document: LoadedDocument, reading: Reading): Found | undefined {
  const qualified = qualifiedName(written, document)
  const id = qualified ? qualified.reference : written
  const failed = `resolve operation ${qualified ? written : `"${written}"`}`
  const report: Report = finding => reading.problems.add({ at, failed, ...finding })
  const refuse: Report = finding => reading.problems.addFirm({ at, failed, ...finding })
  const sources = qualified ? [sourceNamed(qualified.source, document, report)] : [...document.sources.values()]
  if (qualified && !sources[0]) {
    const hint = suggest(qualified.source, document.sources.keys(), 'sources')
    return refuse({ code: 'undefined-source', found: `the document has no source "${qualified.source}"`, hint })
  }
  const searched = sources.filter(source => source !== undefined)
  const [arazzo] = searched
  if (qualified && arazzo?.type === 'arazzo') {
    const hint = `Write \`workflowId: ${written}\`.`
    return refuse({ code: 'undefined-operation', found: `source "${arazzo.name}" is an Arazzo document`, hint })
  }
  const isSame = (operationId: string) => operationId === id
  const exact = matches(searched, isSame, api => api.withId(id))
  if (exact.length > 0) {
    const found = theOne(exact, id, report)
    // Unreadable sources are reported elsewhere.
    const several = searched.filter(({ type }) => type !== 'arazzo' && type !== 'broken').length > 1
    if (found && several && exact.length === 1) {
      report({
        code: 'operation-form',
        severity: 'warning',
        found: `the document has several sources, and only "${found.source}" has it today`,
        hint: `Write $sourceDescriptions.${found.source}.${id}.`,
      })
    }
    return found
  }
  const isAlike = (operationId: string) => operationId.toLowerCase() === id.toLowerCase()
  const alike = matches(searched, isAlike, api => api.entries)
  if (alike.length === 1) {
    const meant = idOf(alike[0]!)
    const found = `operationIds are case-sensitive, and it is "${meant}" in source "${alike[0]!.source}"`
    const hint = `Write ${qualified ? `$sourceDescriptions.${qualified.source}.${meant}` : meant}.`
    report({ code: 'operation-form', severity: 'warning', found, hint })
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
  return refuse({ code: 'undefined-operation', found, hint: hintFor(id, searched, document) })
}

function theOne(found: readonly Found[], id: string, report: Report) {
  const sources = [...new Set(found.map(({ source }) => source))]
  const [first, second] = found
  if (sources.length > 1) {
    const hint = `Write ${sources.map(name => `$sourceDescriptions.${name}.${id}`).join(' or ')}.`
    return report({
      code: 'ambiguous-operation',
      found: `the sources ${sources.join(' and ')} have it`,
      hint,
      firm: true,
    })
  }
  if (second) {
    const paths = found.map(one =>
      one.kind === 'channel' ? one.operation.pointer.join('/') : `${one.entry.method} ${one.entry.path}`,
    )
    const text = `source "${sources[0]}" has it more than once (${paths.join(', ')}); the first is used`
    report({ code: 'ambiguous-operation', severity: 'warning', found: text, hint: 'Use an `operationPath`.' })
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
