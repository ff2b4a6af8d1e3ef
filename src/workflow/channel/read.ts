import { sentenceOf } from '../../ground/fault.ts'
import { readBody } from '../../http/body.ts'
import type { Errand } from './messenger.ts'
import type { ChannelMessage, ReceivedMessage } from './transport.ts'

/** What a transport gave, as a message. Throws when it is none, or its bytes cannot be read. */
export function readMessage(given: ReceivedMessage, { address, plan }: Errand): ChannelMessage {
  if (typeof given !== 'object' || given === null || !('payload' in given)) {
    throw new Error(
      `the transport gave ${given === null || given === undefined ? 'nothing' : 'something without a payload'}; ` +
        'receive() must resolve to { headers, payload }',
    )
  }
  const contentType = given.contentType ?? plan.channel.messages[0]?.contentType ?? 'application/json'
  return {
    address: given.address ?? address,
    headers: given.headers ?? {},
    payload: given.payload instanceof Uint8Array ? payloadOf(given.payload, contentType) : given.payload,
    contentType,
    ...(given.correlationId !== undefined && { correlationId: given.correlationId }),
  }
}

function payloadOf(bytes: Uint8Array, contentType: string): unknown {
  const { value, error } = readBody(bytes, contentType, undefined)
  if (error !== undefined) throw new Error(`its payload is not ${contentType}: ${sentenceOf(error)}`)
  return value
}
