import { isDeepStrictEqual } from 'node:util'
import type { Channel } from '../../document/model.ts'
import { getAt, parsePointer } from '../../expression/index.ts'
import type { ChannelMessage, ReceivedMessage } from './transport.ts'

/** A header's value; names have no case. */
export function headerOf(headers: Readonly<Record<string, unknown>> | undefined, name: string): unknown {
  if (!headers) return undefined
  if (Object.hasOwn(headers, name)) return headers[name]
  const lower = name.toLowerCase()
  const found = Object.keys(headers).find(one => one.toLowerCase() === lower)
  return found === undefined ? undefined : headers[found]
}

/** Reads the correlation id of a message. */
export type CorrelationReader = (message: ReceivedMessage | ChannelMessage) => unknown

/**
 * Where the description says (any of its messages may come), else what the transport says, else a header
 * `correlationId`, however it is written. Source: AsyncAPI 3.0.0, "Correlation ID Object".
 */
export function correlationReader({ messages }: Channel): CorrelationReader {
  const places = messages.flatMap(({ correlation }) =>
    correlation ? [{ part: correlation.part, pointer: parsePointer(correlation.pointer) }] : [],
  )
  return message => {
    for (const { part, pointer } of places) {
      const [name, ...rest] = pointer.tokens
      const value =
        part === 'payload' ? getAt(message.payload, pointer) : rest.length === 0 && headerOf(message.headers, name!)
      if (value !== undefined && value !== false) return value
    }
    if (message.correlationId !== undefined) return message.correlationId
    if (places.length > 0) return undefined
    const header = Object.keys(message.headers ?? {}).find(name => /^(?:x-)?correlation[-_]?id$/i.test(name))
    return header === undefined ? undefined : message.headers![header]
  }
}

/** Brokers know text only: 5 and "5" are the same id. */
export function isSameId(one: unknown, other: unknown): boolean {
  const isScalar = (value: unknown) => value !== null && typeof value !== 'object' && value !== undefined
  return isScalar(one) && isScalar(other) ? String(one) === String(other) : isDeepStrictEqual(one, other)
}
