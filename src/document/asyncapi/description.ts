import { escapeToken } from '../../ground/pointer.ts'
import { placeOfKey, type SourceFile } from '../file/source-file.ts'
import type { AsyncApiDescription, Channel, ChannelServer, MessageType } from '../model.ts'
import type { OpenApiReader } from '../openapi/operation.ts'
import { has, list, member, object, objects, type Raw, scalar, text } from '../raw.ts'

/** An operation of an AsyncAPI description. */
export interface ChannelOperation {
  readonly operationId?: string
  /** Action of the caller. In version 2, an application that receives means a client that sends. */
  readonly action: 'send' | 'receive' | undefined
  /** Tokens of its JSON Pointer. */
  readonly pointer: readonly string[]
  /** Read when a step needs it. `undefined` after a report that it is missing. */
  channel(): Channel | undefined
}

/** Reads an AsyncAPI description, 2.x or 3.x. Only the parts that steps use are checked. */
export function readAsyncApi(source: SourceFile & { value: Raw }, reader: OpenApiReader) {
  const root = source.value
  const version = /^\d+\.\d+/.exec(scalar(root, 'asyncapi') ?? '')?.[0] ?? ''
  const channels = object(root, 'channels') ?? {}
  const description: AsyncApiDescription = { file: source.file, version, servers: serversOf(root, reader) }
  return {
    description,
    operations: isOld(root) ? oldOperations(root, channels, reader) : operationsOf(root, channels, reader),
    /** Names of all channels. */
    channels: Object.keys(channels),
    channel: (name: string) => (has(channels, name) ? readChannel(name, channels, root, reader) : undefined),
  }
}

/** Whether a description has the form of version 2. To YAML, `asyncapi: 2.6` is a number. */
const isOld = (root: Raw) => /^2\./.test(scalar(root, 'asyncapi') ?? '')

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
          return reader.problems
            .about(`find the channel of operation "${operationId}"`)
            .firm('unresolved-reference', at, {
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
        {
          operationId,
          action: word === 'publish' ? ('send' as const) : ('receive' as const),
          pointer: ['channels', name, word],
          channel: () => ({
            ...readChannel(name, channels, root, reader, messagesOf(raw, reader)),
            at: placeOfKey(item, word),
            ...(operationId !== undefined && { operationId }),
          }),
        },
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

/** @param own the messages of the operation; without any, all of the channel's may come. */
function readChannel(name: string, channels: Raw, root: Raw, reader: OpenApiReader, own: readonly Raw[] = []): Channel {
  const raw = reader.follow(object(channels, name)) ?? {}
  // An address that is null or left out is not known before the application runs.
  const address = (isOld(root) ? name : text(raw, 'address')) ?? name
  const all = isOld(root)
    ? ['publish', 'subscribe'].flatMap(word => messagesOf(object(raw, word) ?? {}, reader))
    : Object.values(object(raw, 'messages') ?? {})
  return {
    name,
    address,
    at: placeOfKey(channels, name),
    parameters: parametersOf(address, raw, reader),
    messages: (own.length > 0 ? own : all).flatMap(message => readMessage(message, root, reader) ?? []),
  }
}

/** The holes of an address, and what fills them when nothing else does. */
function parametersOf(address: string, channel: Raw, reader: OpenApiReader): Channel['parameters'] {
  const declared = object(channel, 'parameters')
  const names = [...address.matchAll(/\{([^{}]+)\}/g)].map(match => match[1]!)
  return Object.fromEntries(
    names.map(name => {
      const raw = reader.lookAt(member(declared, name))
      const fallback = text(raw, 'default') ?? text(object(raw, 'schema'), 'default')
      return [name, fallback === undefined ? {} : { default: fallback }]
    }),
  )
}

function readMessage(written: unknown, root: Raw, reader: OpenApiReader): MessageType | undefined {
  const raw = reader.lookAt(written)
  if (!raw) return undefined
  const parts = [raw, ...list(raw, 'traits').flatMap<Raw>(trait => reader.lookAt(trait) ?? [])]
  const find = (key: string) => parts.map(part => member(part, key)).find(value => value !== undefined)
  const contentType = find('contentType')
  const correlation = correlationOf(reader.lookAt(find('correlationId')))
  const name = text(raw, 'name')
  return {
    name,
    contentType:
      typeof contentType === 'string' ? contentType : (text(root, 'defaultContentType') ?? 'application/json'),
    correlation,
  }
}

/** `$message.header#/correlationId`. Source: AsyncAPI 3.0.0, "Correlation ID Object". */
function correlationOf(raw: Raw | undefined): MessageType['correlation'] {
  const found = /^\$message\.(header|payload)#(\/.*)$/s.exec(text(raw, 'location') ?? '')
  return found ? { part: found[1] as 'header' | 'payload', pointer: found[2]! } : undefined
}

/** One message, or several of which one is sent. */
function messagesOf(operation: Raw, reader: OpenApiReader): Raw[] {
  const message = reader.lookAt(member(operation, 'message'))
  if (!message) return []
  return has(message, 'oneOf') ? [...objects(message, 'oneOf')] : [message]
}
