import { splitSource } from '../../expression/index.ts'
import type { Location } from '../../ground/errors.ts'
import { escapeToken } from '../../ground/pointer.ts'
import type { ChannelOperation } from '../asyncapi/description.ts'
import { checkNoMessage } from '../check/parameters.ts'
import { tokensOf } from '../file/files.ts'
import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { LoadedDocument, LoadedSource, LoadedWorkflow, Reading } from '../loaded/loaded.ts'
import { qualifiedName, sourceNamed } from '../loaded/loaded.ts'
import { type Found, findById } from '../loaded/operation-id.ts'
import type { Channel, Step, WorkflowReference } from '../model.ts'
import type { Api } from '../openapi/description.ts'
import type { OperationEntry } from '../openapi/operation.ts'
import type { Finding } from '../problems.ts'
import { suggest } from '../problems.ts'
import { has, type Raw, text } from '../raw.ts'

/** Operation, channel or workflow of a step: found but not yet read. */
export type LoadedTarget =
  | { readonly kind: 'operation'; readonly source: string; readonly api: Api; readonly entry: OperationEntry }
  | { readonly kind: 'workflow'; readonly reference: WorkflowReference; readonly workflow: LoadedWorkflow }
  | ({ readonly kind: 'channel' } & Omit<Extract<Step['target'], { kind: 'channel' }>, 'correlationId'>)

const FIELDS = ['operationId', 'operationPath', 'channelPath', 'workflowId'] as const

/** `undefined` after it was reported that there is no such thing, or that the step does not say what it runs. */
export function findTarget(
  raw: Raw,
  thing: string,
  document: LoadedDocument,
  reading: Reading,
): LoadedTarget | undefined {
  const given = FIELDS.filter(field => has(raw, field) && !(field === 'channelPath' && document.version === '1.0'))
  const failed = `read ${thing}`
  const [field, second] = given
  if (field === undefined) {
    const found = 'it does not say what to run'
    const hint = 'Give it an `operationId`, an `operationPath` or a `workflowId`.'
    return reading.problems.addFirm({ code: 'missing-field', at: placeOfKey(raw, 'stepId'), failed, found, hint })
  }
  if (second !== undefined) {
    const found = `\`${field}\` and \`${second}\` exclude each other`
    const hint = 'Remove one of them.'
    reading.problems.addFirm({ code: 'exclusive-fields', at: placeOfKey(raw, second), failed, found, hint })
  }
  const written = text(raw, field)
  if (written === undefined) return undefined
  const at = placeInside(raw, field, 0)
  if (field === 'channelPath') {
    const found = findChannel(written, at, document, reading)
    return found && onChannel(raw, failed, { ...found, at }, undefined, reading)
  }
  const target = field === 'workflowId' ? findWorkflow(raw, field, document, reading) : operationOf(field)
  if (target && target.kind !== 'channel') {
    if (document.version !== '1.0') checkNoMessage(raw, thing, reading)
    return target
  }
  const channel = target?.operation.channel()
  if (!target || !channel) return undefined
  return onChannel(raw, failed, { source: target.source, channel, at }, target.operation, reading)

  function operationOf(field: 'operationId' | 'operationPath') {
    return (field === 'operationId' ? findById : findByPath)(written!, at, document, reading)
  }
}

/**
 * A step says itself whether it sends or receives: an operation's own action may be that of the application, whose
 * clients do the opposite.
 */
function onChannel(
  raw: Raw,
  failed: string,
  channel: FoundChannel & { readonly at: Location },
  operation: ChannelOperation | undefined,
  reading: Reading,
): LoadedTarget | undefined {
  const written = text(raw, 'action')
  if (written === 'send' || written === 'receive') return { kind: 'channel', action: written, ...channel }
  // Another value has been reported.
  if (has(raw, 'action')) return undefined
  const own = operation?.action
  const found = 'it does not say whether it sends or receives'
  reading.problems.add({
    code: 'missing-field',
    severity: own && 'warning',
    at: channel.at,
    failed,
    found: own ? `${found}; its operation's "${own}" is taken` : found,
    hint: `Add \`action: ${own ?? 'send'}\`${own ? '' : ' or `action: receive`'}.`,
    firm: !own,
  })
  return own && { kind: 'channel', action: own, ...channel }
}

/**
 * The workflow that a `workflowId` names: one of the document, or of another as
 * `$sourceDescriptions.<name>.<workflowId>`.
 */
export function findWorkflow(
  owner: Raw | readonly unknown[],
  key: string | number,
  document: LoadedDocument,
  reading: Reading,
): Extract<LoadedTarget, { kind: 'workflow' }> | undefined {
  const written = (owner as Record<string | number, unknown>)[key]
  if (typeof written !== 'string') return undefined
  const at = placeInside(owner, key, 0)
  const qualified = qualifiedName(written, document)
  const failed = `resolve workflow ${qualified ? written : `"${written}"`}`
  const owning = qualified && homeOf(qualified.source, at, failed, document, reading)
  if (qualified && !owning) return undefined
  const home = owning ? owning.document : document
  const workflowId = qualified ? qualified.reference : written
  const workflow = home.workflows.get(workflowId)
  if (workflow) {
    const reference: WorkflowReference = { source: owning?.name, workflowId, at: placeOfValue(owner, key) }
    return { kind: 'workflow', reference, workflow }
  }
  const found = `${qualified ? `source "${qualified.source}"` : 'the document'} has no such workflow`
  const hint = elsewhere(written, document) ?? suggest(workflowId, home.workflows.keys(), 'workflows')
  return reading.problems.addFirm({ code: 'undefined-workflow', at, failed, found, hint })
}

function homeOf(
  name: string,
  at: Location,
  failed: string,
  document: LoadedDocument,
  reading: Reading,
): Extract<LoadedSource, { type: 'arazzo' }> | undefined {
  const source = sourceNamed(name, document, finding => reading.problems.add({ at, failed, ...finding }))
  if (source?.type === 'arazzo') return source
  if (source?.type === 'broken') return undefined
  const found = source ? `source "${name}" is not an Arazzo document` : `the document has no source "${name}"`
  const hint = source ? 'Use `operationId` for an operation.' : suggest(name, document.sources.keys(), 'sources')
  return reading.problems.addFirm({ code: 'undefined-source', at, failed, found, hint })
}

/** A workflow of another document must be named with that document. */
function elsewhere(workflowId: string, document: LoadedDocument): string | undefined {
  const named = splitSource(workflowId, document.sources.keys())
  const owner = named && document.sources.get(named.source)
  if (owner?.type === 'arazzo' && owner.document.workflows.has(named!.reference))
    return `Did you mean $sourceDescriptions.${workflowId}?`
  for (const source of document.sources.values()) {
    if (source.type === 'arazzo' && source.document.workflows.has(workflowId)) {
      return `Write $sourceDescriptions.${source.name}.${workflowId}.`
    }
  }
  return undefined
}

interface FoundChannel {
  readonly source: string
  readonly channel: Channel
}

/** The channel of a `channelPath`: `{$sourceDescriptions.<name>.url}#/channels/orders`. */
function findChannel(
  written: string,
  at: Location,
  document: LoadedDocument,
  reading: Reading,
): FoundChannel | undefined {
  const report = (finding: Omit<Finding, 'at' | 'failed' | 'firm'>) =>
    reading.problems.add({
      firm: finding.severity !== 'warning',
      at,
      failed: `resolve channelPath ${written}`,
      ...finding,
    })
  const hash = written.indexOf('#')
  const [prefix, pointer] = hash < 0 ? [written, ''] : [written.slice(0, hash), written.slice(hash)]
  const source = sourceOf(prefix, pointer, document, report, channelIn)
  if (!source || source.type === 'broken') return undefined
  if (source.type !== 'asyncapi') {
    return report({
      code: 'undefined-operation',
      found: `source "${source.name}" is not an AsyncAPI description, and has no channels`,
      hint: 'Use `operationId` or `operationPath`.',
    })
  }
  const [section, name, ...rest] = tokensOf(pointer.slice(1))
  const isChannel = section === 'channels' && name !== undefined && rest.length === 0
  const channel = isChannel ? source.asyncapi.channel(name) : undefined
  if (channel) return { source: source.name, channel }
  return report({
    code: 'undefined-operation',
    found: isChannel ? `the description has no channel "${name}"` : 'the pointer leads to no channel',
    hint: isChannel
      ? suggest(name, source.asyncapi.channels, 'channels')
      : 'Write the channel behind #/channels/, with ~1 for each slash; an operation is named by `operationId`.',
  })
}

/** The pointer of the channel that is meant, else how one is written. */
function channelIn(source: LoadedSource | undefined, written: string): string {
  const names = source?.type === 'asyncapi' ? [...source.asyncapi.channels] : []
  const meant = names.find(name => name === written.replace(/^\//, ''))
  return meant === undefined ? '#/channels/<channel>' : `#/channels/${escapeToken(meant)}`
}

type Report = (finding: Omit<Finding, 'at' | 'failed' | 'firm'>) => undefined

/** The operation of an `operationPath`: `{$sourceDescriptions.<name>.url}#/paths/~1pets~1{id}/get`. */
function findByPath(written: string, at: Location, document: LoadedDocument, reading: Reading): Found | undefined {
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
function sourceOf(
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
