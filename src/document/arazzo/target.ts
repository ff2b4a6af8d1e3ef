import { isDeepStrictEqual } from 'node:util'
import { splitSource } from '../../expression/index.ts'
import type { Location } from '../../ground/errors.ts'
import { escapeToken } from '../../ground/pointer.ts'
import type { ChannelOperation } from '../asyncapi/description.ts'
import { tokensOf } from '../file/files.ts'
import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { Context, LoadedDocument, LoadedSource, LoadedWorkflow, Refuse } from '../loaded/loaded.ts'
import { qualifiedName, refusing, reportOf, sourceNamed } from '../loaded/loaded.ts'
import { type Found, findById } from '../loaded/operation-id.ts'
import type { Channel, Step, WorkflowReference } from '../model.ts'
import type { Api } from '../openapi/description.ts'
import type { OperationEntry } from '../openapi/operation.ts'
import { suggest } from '../problems.ts'
import { has, type Raw, text } from '../raw.ts'

/** Operation, channel or workflow of a step: found but not yet read. */
export type LoadedTarget =
  | { readonly kind: 'operation'; readonly source: string; readonly api: Api; readonly entry: OperationEntry }
  | { readonly kind: 'workflow'; readonly reference: WorkflowReference; readonly workflow: LoadedWorkflow }
  | ({ readonly kind: 'channel' } & Omit<Extract<Step['target'], { kind: 'channel' }>, 'correlationId'>)

const FIELDS = ['operationId', 'operationPath', 'channelPath', 'workflowId'] as const

/** `undefined` after it was reported that there is no such thing, or that the step does not say what it runs. */
export function findTarget(raw: Raw, step: Pick<Context, 'thing' | 'document'>): LoadedTarget | undefined {
  const { document } = step
  const given = FIELDS.filter(field => has(raw, field) && !(field === 'channelPath' && document.version === '1.0'))
  const report = reportOf(step)
  const [field, second] = given
  if (field === undefined) {
    const hint = 'Give it an `operationId`, an `operationPath` or a `workflowId`.'
    return report.firm('missing-field', placeOfKey(raw, 'stepId'), { found: 'it does not say what to run', hint })
  }
  if (second !== undefined) {
    const found = `\`${field}\` and \`${second}\` exclude each other`
    report.firm('exclusive-fields', placeOfKey(raw, second), { found, hint: 'Remove one of them.' })
  }
  const written = text(raw, field)
  if (written === undefined) return undefined
  const at = placeInside(raw, field, 0)
  if (field === 'channelPath') {
    const found = findChannel(written, at, document)
    return found && onChannel(raw, { ...found, at }, undefined, step)
  }
  const target =
    field === 'workflowId'
      ? findWorkflow(raw, field, document)
      : (field === 'operationId' ? findById : findByPath)(written, at, document)
  if (target?.kind !== 'channel') {
    if (target && document.version !== '1.0') checkNoMessage(raw, step)
    return target
  }
  const channel = target.operation.channel()
  return channel && onChannel(raw, { source: target.source, channel, at }, target.operation, step)
}

/** Fields that only steps on channels have. */
function checkNoMessage(raw: Raw, context: Pick<Context, 'thing' | 'document'>): void {
  for (const field of ['action', 'correlationId'].filter(name => has(raw, name)))
    reportOf(context).warn('irrelevant-field', placeOfKey(raw, field), {
      found: `\`${field}\` is for steps that send or receive messages`,
      hint: 'Remove it, or name an operation or a channel of an AsyncAPI description.',
    })
}

/**
 * A step says itself whether it sends or receives: an operation's own action may be that of the application, whose
 * clients do the opposite.
 */
function onChannel(
  raw: Raw,
  channel: FoundChannel & { readonly at: Location },
  operation: ChannelOperation | undefined,
  step: Pick<Context, 'thing' | 'document'>,
): LoadedTarget | undefined {
  const written = text(raw, 'action')
  if (written === 'send' || written === 'receive') return { kind: 'channel', action: written, ...channel }
  // Another value has been reported.
  if (has(raw, 'action')) return undefined
  const own = operation?.action
  const found = 'it does not say whether it sends or receives'
  if (own === undefined) {
    const hint = 'Add `action: send` or `action: receive`.'
    return reportOf(step).firm('missing-field', channel.at, { found, hint })
  }
  const hint = `Add \`action: ${own}\`.`
  reportOf(step).warn('missing-field', channel.at, { found: `${found}; its operation's "${own}" is taken`, hint })
  return { kind: 'channel', action: own, ...channel }
}

/**
 * The workflow that a `workflowId` names: one of the document, or of another as
 * `$sourceDescriptions.<name>.<workflowId>`.
 */
export function findWorkflow(
  owner: Raw | readonly unknown[],
  key: string | number,
  document: LoadedDocument,
): Extract<LoadedTarget, { kind: 'workflow' }> | undefined {
  const written = (owner as Record<string | number, unknown>)[key]
  if (typeof written !== 'string') return undefined
  const qualified = qualifiedName(written, document)
  const refuse = refusing(
    `resolve workflow ${qualified ? written : `"${written}"`}`,
    placeInside(owner, key, 0),
    document,
  )
  const owning = qualified && homeOf(qualified.source, document, refuse)
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
  return refuse('undefined-workflow', found, hint)
}

function homeOf(name: string, document: LoadedDocument, refuse: Refuse) {
  const source = sourceNamed(name, document, refuse)
  if (source?.type === 'arazzo') return source
  if (source?.type === 'broken') return undefined
  const found = source ? `source "${name}" is not an Arazzo document` : `the document has no source "${name}"`
  const hint = source ? 'Use `operationId` for an operation.' : suggest(name, document.sources.keys(), 'sources')
  return refuse('undefined-source', found, hint)
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
function findChannel(written: string, at: Location, document: LoadedDocument): FoundChannel | undefined {
  const refuse = refusing(`resolve channelPath ${written}`, at, document)
  const [prefix, pointer] = splitAtHash(written)
  const source = sourceOf(prefix, pointer, document, refuse, channelIn)
  if (!source || source.type === 'broken') return undefined
  if (source.type !== 'asyncapi') {
    const found = `source "${source.name}" is not an AsyncAPI description, and has no channels`
    return refuse('undefined-operation', found, 'Use `operationId` or `operationPath`.')
  }
  const [section, name, ...rest] = tokensOf(pointer!)
  if (section !== 'channels' || name === undefined || rest.length > 0) {
    const hint = 'Write the channel behind #/channels/, with ~1 for each slash; an operation is named by `operationId`.'
    return refuse('undefined-operation', 'the pointer leads to no channel', hint)
  }
  const channel = source.asyncapi.channel(name)
  if (channel) return { source: source.name, channel }
  const hint = suggest(name, source.asyncapi.channels, 'channels')
  return refuse('undefined-operation', `the description has no channel "${name}"`, hint)
}

/** A text and, behind its `#`, the JSON Pointer in it; undefined without one. */
function splitAtHash(written: string): readonly [prefix: string, pointer: string | undefined] {
  const hash = written.indexOf('#')
  return hash < 0 ? [written, undefined] : [written.slice(0, hash), written.slice(hash + 1)]
}

/** The pointer of the channel that is meant, else how one is written. */
function channelIn(source: LoadedSource | undefined, written: string): string {
  const names = source?.type === 'asyncapi' ? [...source.asyncapi.channels] : []
  const meant = names.find(name => name === written.replace(/^\//, ''))
  return meant === undefined ? '#/channels/<channel>' : `#/channels/${escapeToken(meant)}`
}

/** The operation of an `operationPath`: `{$sourceDescriptions.<name>.url}#/paths/~1pets~1{id}/get`. */
function findByPath(written: string, at: Location, document: LoadedDocument): Found | undefined {
  const refuse = refusing(`resolve operationPath ${written}`, at, document)
  const [prefix, pointer] = splitAtHash(written)
  // An example of the specification has an operationId here.
  if (pointer === undefined && qualifiedName(written, document)) {
    refuse('operation-form', 'this is an operationId', `Write \`operationId: ${written}\`.`, 'warning')
    return findById(written, at, document)
  }
  const source = sourceOf(prefix, pointer, document, refuse, operationIn)
  if (!source || source.type === 'broken') return undefined
  const tokens = tokensOf(pointer!)
  if (source.type === 'asyncapi') return channelOperationAt(source, tokens, refuse)
  if (source.type === 'arazzo') {
    const found = `source "${source.name}" is an Arazzo document, which has no operations`
    return refuse('undefined-operation', found)
  }
  const entry = entryAt(tokens, source.api, refuse)
  return entry && { kind: 'operation', source: source.name, api: source.api, entry }
}

/**
 * The source of `{$sourceDescriptions.<name>.url}`; `pointerIn` makes the pointer that a hint shows where there is
 * none.
 */
function sourceOf(
  prefix: string,
  pointer: string | undefined,
  document: LoadedDocument,
  refuse: Refuse,
  pointerIn: (source: LoadedSource | undefined, written: string) => string,
): LoadedSource | undefined {
  const name = /^\{?\$sourceDescriptions\.([^{}]+)\.url\}?$/.exec(prefix.trim())?.[1]
  if (name === undefined || pointer === undefined) {
    const sources = [...document.sources.values()]
    const meant =
      sources.find(source => source.name === name) ??
      sources.find(source => text(source.raw, 'url') === prefix) ??
      sources.find(source => operationOf(source, prefix) !== undefined) ??
      (sources.length === 1 ? sources[0] : undefined)
    const behind = pointer === undefined ? pointerIn(meant, prefix) : `#${pointer}`
    const form = `{$sourceDescriptions.${name ?? meant?.name ?? '<name>'}.url}${behind}`
    const found = name === undefined ? 'it names no source' : 'it has no JSON Pointer'
    return refuse('operation-form', found, `Write it as '${form}'.`)
  }
  const source = sourceNamed(name, document, refuse)
  if (source) return source
  const hint = suggest(name, document.sources.keys(), 'sources')
  return refuse('undefined-source', `the document has no source "${name}"`, hint)
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
  tokens: readonly string[],
  refuse: Refuse,
): Found | undefined {
  const operation = asyncapi.operations.find(({ pointer }) => isDeepStrictEqual(pointer, tokens))
  if (operation) return { kind: 'channel', source: name, operation }
  if (tokens[0] === 'channels' && tokens.length === 2) {
    const found = 'the pointer leads to a channel, not to an operation'
    return refuse('undefined-operation', found, 'Write it as `channelPath`.')
  }
  const found = 'the pointer leads to no operation of the AsyncAPI description'
  return refuse('undefined-operation', found, 'Write the operation behind #/operations/.')
}

function entryAt(tokens: readonly string[], api: Api, refuse: Refuse): OperationEntry | undefined {
  const [section, path, ...rest] = tokens
  if (section !== 'paths' || path === undefined) {
    const hint = `Write the path behind #/paths/, with ~1 for each slash.`
    return refuse('undefined-operation', 'the pointer leads to no path', hint)
  }
  const entries = api.entries.filter(entry => entry.path === path)
  const method = rest[0] === 'additionalOperations' ? rest[1] : rest[0]
  if (entries.length === 0)
    return refuse('undefined-operation', `the description has no path ${path}`, hintForPath(path, api))
  const methods = entries.map(entry => entry.method.toLowerCase())
  if (method === undefined) {
    const [only, other] = entries
    if (other === undefined) {
      const found = `it leads to the path, not to an operation; its only one, ${methods[0]}, is used`
      refuse('operation-form', found, `Add /${methods[0]} to it.`, 'warning')
      return only
    }
    const found = `it leads to a path with the operations ${methods.join(', ')}`
    return refuse('undefined-operation', found, `Add one of them, as in /${methods[0]}.`)
  }
  const entry = entries.find(one => one.key === method)
  if (entry) return entry
  const hint = suggest(method, methods, 'operations')
  return refuse('undefined-operation', `path ${path} has no operation "${method}"`, hint)
}

/** Paths that differ only in the names of their parameters are most probably meant. */
function hintForPath(path: string, api: Api): string | undefined {
  const paths = [...new Set(api.entries.map(entry => entry.path))]
  const shape = (one: string) => one.replaceAll(/\{[^{}]*\}/g, '{}').replace(/\/$/, '')
  const same = paths.find(one => shape(one) === shape(path))
  return same ? `Did you mean #/paths/${escapeToken(same)}?` : suggest(path, paths, 'paths')
}
