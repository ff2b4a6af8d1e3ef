import type { Location } from '../../ground/errors.ts'
import { escapeToken } from '../../ground/pointer.ts'
import { tokensOf } from '../file/pointer.ts'
import type { LoadedDocument, LoadedSource, Reading } from '../loaded/loaded.ts'
import { type Found, findById } from '../loaded/operation-id.ts'
import { qualifiedName, sourceNamed } from '../loaded/source-reference.ts'
import type { Api } from '../openapi/description.ts'
import type { OperationEntry } from '../openapi/operation.ts'
import type { Finding } from '../problems.ts'
import { text } from '../raw.ts'
import { suggest } from '../suggest.ts'

type Report = (finding: Omit<Finding, 'at' | 'failed' | 'firm'>) => undefined

/** The operation of an `operationPath`: `{$sourceDescriptions.<name>.url}#/paths/~1pets~1{id}/get`. */
export function findByPath(
  written: string,
  at: Location,
  document: LoadedDocument,
  reading: Reading,
): Found | undefined {
  const failed = `resolve operationPath ${written}`
  const report: Report = finding =>
    reading.problems.add({ firm: finding.severity !== 'warning', at, failed, ...finding })
  const hash = written.indexOf('#')
  // An example of the specification has an operationId here.
  if (hash < 0 && qualifiedName(written, document)) {
    const hint = `Write \`operationId: ${written}\`.`
    report({ code: 'operation-form', severity: 'warning', found: 'this is an operationId', hint })
    return findById(written, at, document, reading)
  }
  const [prefix, pointer] = hash < 0 ? [written, ''] : [written.slice(0, hash), written.slice(hash)]
  const source = sourceOf(prefix, pointer, document, report)
  if (!source || source.type === 'broken') return undefined
  if (source.type === 'asyncapi') return channelOperationAt(source, pointer.slice(1), report)
  if (source.type === 'arazzo') {
    const found = `source "${source.name}" is an Arazzo document, which has no operations`
    return report({ code: 'undefined-operation', found })
  }
  const entry = entryAt(pointer.slice(1), source.api, report)
  return entry && { kind: 'operation', source: source.name, api: source.api, entry }
}

/**
 * The source of `{$sourceDescriptions.<name>.url}`; `pointerIn` makes the pointer that a hint shows where there is
 * none.
 */
export function sourceOf(
  prefix: string,
  pointer: string,
  document: LoadedDocument,
  report: Report,
  pointerIn: (source: LoadedSource | undefined, written: string) => string = operationIn,
): LoadedSource | undefined {
  const name = /^\{?\$sourceDescriptions\.([^{}]+)\.url\}?$/.exec(prefix.trim())?.[1]
  if (name === undefined || pointer === '') {
    const sources = [...document.sources.values()]
    const meant =
      sources.find(source => source.name === name) ??
      sources.find(source => text(source.raw, 'url') === prefix) ??
      sources.find(source => operationOf(source, prefix) !== undefined) ??
      (sources.length === 1 ? sources[0] : undefined)
    const form = `{$sourceDescriptions.${name ?? meant?.name ?? '<name>'}.url}${pointer || pointerIn(meant, prefix)}`
    const found = name === undefined ? 'it names no source' : 'it has no JSON Pointer'
    return report({ code: 'operation-form', found, hint: `Write it as '${form}'.` })
  }
  const source = sourceNamed(name, document, report)
  if (!source) {
    const hint = suggest(name, document.sources.keys(), 'sources')
    report({ code: 'undefined-source', found: `the document has no source "${name}"`, hint })
  }
  return source
}

/** The pointer of the operation that a path (`/items`, `GET /items`) means, else how one is written. */
function operationIn(source: LoadedSource | undefined, written: string): string {
  const entry = source && operationOf(source, written)
  return entry ? `#/paths/${escapeToken(entry.path)}/${entry.key}` : '#/paths/<path>/<method>'
}

function operationOf(source: LoadedSource, written: string): OperationEntry | undefined {
  const [, method, path] = /^(?:([A-Za-z]+)\s+)?(\/\S*)$/.exec(written.trim()) ?? []
  if (source.type !== 'openapi' || path === undefined) return undefined
  return source.api.entries.find(
    entry => entry.path === path && (method === undefined || entry.method === method.toUpperCase()),
  )
}

function channelOperationAt(
  { name, asyncapi }: Extract<LoadedSource, { type: 'asyncapi' }>,
  pointer: string,
  report: Report,
): Found | undefined {
  const tokens = tokensOf(pointer)
  const operation = asyncapi.operations.find(
    one => one.pointer.length === tokens.length && one.pointer.every((token, at) => token === tokens[at]),
  )
  if (operation) return { kind: 'channel', source: name, operation }
  const isChannel = tokens[0] === 'channels' && tokens.length === 2
  return report({
    code: 'undefined-operation',
    found: isChannel
      ? 'the pointer leads to a channel, not to an operation'
      : 'the pointer leads to no operation of the AsyncAPI description',
    hint: isChannel ? 'Write it as `channelPath`.' : 'Write the operation behind #/operations/.',
  })
}

function entryAt(pointer: string, api: Api, report: Report): OperationEntry | undefined {
  const [section, path, ...rest] = tokensOf(pointer)
  const refuse = (found: string, hint?: string) => report({ code: 'undefined-operation', found, hint })
  if (section !== 'paths' || path === undefined) {
    return refuse('the pointer leads to no path', `Write the path behind #/paths/, with ~1 for each slash.`)
  }
  const entries = api.entries.filter(entry => entry.path === path)
  const method = rest[0] === 'additionalOperations' ? rest[1] : rest[0]
  if (entries.length === 0) return refuse(`the description has no path ${path}`, hintForPath(path, api))
  const methods = entries.map(entry => entry.method.toLowerCase())
  if (method === undefined) {
    const [only, other] = entries
    if (only && !other) {
      const found = `it leads to the path, not to an operation; its only one, ${methods[0]}, is used`
      report({ code: 'operation-form', severity: 'warning', found, hint: `Add /${methods[0]} to it.` })
      return only
    }
    return refuse(
      `it leads to a path with the operations ${methods.join(', ')}`,
      `Add one of them, as in /${methods[0]}.`,
    )
  }
  const entry = entries.find(one => one.key === method)
  if (entry) return entry
  return refuse(`path ${path} has no operation "${method}"`, suggest(method, methods, 'operations'))
}

/** Paths that differ only in the names of their parameters are most probably meant. */
function hintForPath(path: string, api: Api): string | undefined {
  const paths = [...new Set(api.entries.map(entry => entry.path))]
  const shape = (one: string) => one.replaceAll(/\{[^{}]*\}/g, '{}').replace(/\/$/, '')
  const same = paths.find(one => shape(one) === shape(path))
  return same ? `Did you mean #/paths/${escapeToken(same)}?` : suggest(path, paths, 'paths')
}
