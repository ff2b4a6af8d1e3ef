import { given } from '../../ground/given.ts'
import { placeOfKey } from '../file/source-file.ts'
import type { Channel, MessageType } from '../model.ts'
import type { OpenApiReader } from '../openapi/reader.ts'
import { has, list, member, object, type Raw, text } from '../raw.ts'
import { messagesOf } from './messages.ts'

/** @param own the messages of the operation; without any, all of the channel's may come. */
export function readChannel(
  name: string,
  channels: Raw,
  root: Raw,
  reader: OpenApiReader,
  own: readonly Raw[] = [],
): Channel {
  const raw = reader.follow(object(channels, name)) ?? {}
  const isOld = !has(root, 'operations') && /^2\./.test(text(root, 'asyncapi') ?? '')
  // An address that is null or left out is not known before the application runs.
  const address = (isOld ? name : text(raw, 'address')) ?? name
  const messages =
    own.length > 0 ? own : isOld ? oldMessages(raw, reader) : Object.values(object(raw, 'messages') ?? {})
  return {
    name,
    address,
    at: placeOfKey(channels, name),
    parameters: parametersOf(address, raw, reader),
    messages: messages.flatMap(message => readMessage(message, root, reader) ?? []),
  }
}

function oldMessages(item: Raw, reader: OpenApiReader): Raw[] {
  return ['publish', 'subscribe'].flatMap(word => messagesOf(object(item, word) ?? {}, reader))
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
  return given({
    name,
    contentType:
      typeof contentType === 'string' ? contentType : (text(root, 'defaultContentType') ?? 'application/json'),
    correlation,
  })
}

/** `$message.header#/correlationId`. Source: AsyncAPI 3.0.0, "Correlation ID Object". */
function correlationOf(raw: Raw | undefined): MessageType['correlation'] {
  const found = /^\$message\.(header|payload)#(\/.*)$/s.exec(text(raw, 'location') ?? '')
  return found ? { part: found[1] as 'header' | 'payload', pointer: found[2]! } : undefined
}
