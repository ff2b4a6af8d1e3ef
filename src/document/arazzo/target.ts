import { splitSource } from '../../expression/index.ts'
import type { Location } from '../../ground/errors.ts'
import { given } from '../../ground/given.ts'
import type { ChannelOperation } from '../asyncapi/description.ts'
import { checkNoMessage } from '../check/channel.ts'
import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { LoadedDocument, LoadedSource, LoadedWorkflow, Reading } from '../loaded/loaded.ts'
import { findById } from '../loaded/operation-id.ts'
import { qualifiedName, sourceNamed } from '../loaded/source-reference.ts'
import type { Step, WorkflowReference } from '../model.ts'
import type { Api } from '../openapi/description.ts'
import type { OperationEntry } from '../openapi/operation.ts'
import { has, type Raw, text } from '../raw.ts'
import { suggest } from '../suggest.ts'
import { type FoundChannel, findChannel } from './channel-path.ts'
import { findByPath } from './operation-path.ts'

/** What a step runs, found but not yet read. */
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
    const reference = given<WorkflowReference>({ source: owning?.name, workflowId, at: placeOfValue(owner, key) })
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
