import { given } from '../../ground/given.ts'
import { escapeToken } from '../../ground/pointer.ts'
import { placeOfKey, type SourceFile } from '../file/source-file.ts'
import type { AsyncApiDescription, Channel, ChannelServer } from '../model.ts'
import type { OpenApiReader } from '../openapi/reader.ts'
import { has, object, objects, type Raw, scalar, text } from '../raw.ts'
import { readChannel } from './channel.ts'
import { messagesOf } from './messages.ts'

/** An operation of an AsyncAPI description. */
export interface ChannelOperation {
  readonly operationId?: string
  /** What whoever calls the operation does: of an application that receives, a client that sends, in version 2. */
  readonly action: 'send' | 'receive' | undefined
  /** Tokens of its JSON Pointer. */
  readonly pointer: readonly string[]
  /** Read when a step needs it; `undefined` after it was reported that there is none. */
  channel(): Channel | undefined
}

/** An AsyncAPI description, as far as it has been asked about. */
export interface AsyncApi {
  readonly description: AsyncApiDescription
  readonly operations: readonly ChannelOperation[]
  /** Names of all channels. */
  readonly channels: readonly string[]
  channel(name: string): Channel | undefined
}

/** Reads an AsyncAPI description, 2.x or 3.x. What nobody asks for is not looked at. */
export function readAsyncApi(source: SourceFile & { value: Raw }, reader: OpenApiReader): AsyncApi {
  const root = source.value
  const version = /^\d+\.\d+/.exec(scalar(root, 'asyncapi') ?? '')?.[0] ?? ''
  const channels = object(root, 'channels') ?? {}
  const isOld = version.startsWith('2.')
  return {
    description: { file: source.file, version, servers: serversOf(root, reader) },
    operations: isOld ? oldOperations(root, channels, reader) : operationsOf(root, channels, reader),
    channels: Object.keys(channels),
    channel: name => (has(channels, name) ? readChannel(name, channels, root, reader) : undefined),
  }
}

/** Source: AsyncAPI 3.0.0, "Operation Object". */
function operationsOf(root: Raw, channels: Raw, reader: OpenApiReader): ChannelOperation[] {
  const operations = object(root, 'operations') ?? {}
  return Object.keys(operations).map(operationId => {
    const raw = reader.lookAt(operations[operationId])
    const action = text(raw, 'action')
    return {
      operationId,
      action: action === 'send' || action === 'receive' ? action : undefined,
      pointer: ['operations', operationId],
      channel() {
        const reference = text(object(raw, 'channel'), '$ref')
        const name = Object.keys(channels).find(one => reference === `#/channels/${escapeToken(one)}`)
        const at = placeOfKey(operations, operationId)
        if (raw === undefined || name === undefined)
          return reader.problems.addFirm({
            code: 'unresolved-reference',
            at,
            failed: `find the channel of operation "${operationId}"`,
            found: reference === undefined ? 'it names none' : `the description has no ${reference}`,
            hint: "Write `channel: { $ref: '#/channels/<name>' }`.",
          })
        const own = objects(raw, 'messages')
        return { ...readChannel(name, channels, root, reader, own), at, operationId }
      },
    }
  })
}

/** `publish` and `subscribe` are what a client does. Source: AsyncAPI 2.6.0, "Channel Item Object". */
function oldOperations(root: Raw, channels: Raw, reader: OpenApiReader): ChannelOperation[] {
  return Object.keys(channels).flatMap(name =>
    (['publish', 'subscribe'] as const).flatMap(word => {
      const item = object(channels, name)
      const raw = object(item, word)
      if (!item || !raw) return []
      const operationId = text(raw, 'operationId')
      return [
        given({
          operationId,
          action: word === 'publish' ? ('send' as const) : ('receive' as const),
          pointer: ['channels', name, word],
          channel: () => ({
            ...readChannel(name, channels, root, reader, messagesOf(raw, reader)),
            at: placeOfKey(item, word),
            ...(operationId !== undefined && { operationId }),
          }),
        }),
      ]
    }),
  )
}

function serversOf(root: Raw, reader: OpenApiReader): ChannelServer[] {
  return Object.entries(object(root, 'servers') ?? {}).flatMap(([name, written]) => {
    const raw = reader.lookAt(written)
    if (!raw) return []
    const protocol = text(raw, 'protocol') ?? ''
    const host = text(raw, 'host')
    const url = host === undefined ? (text(raw, 'url') ?? '') : `${protocol}://${host}${text(raw, 'pathname') ?? ''}`
    return [{ name, protocol, url: filled(url, object(raw, 'variables')) }]
  })
}

function filled(url: string, variables: Raw | undefined): string {
  return url.replaceAll(/\{([^{}]+)\}/g, (hole, name: string) => text(object(variables, name), 'default') ?? hole)
}
