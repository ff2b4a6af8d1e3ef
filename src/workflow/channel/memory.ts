import { assertNoFaults, fieldsOf, keysOf } from '../../ground/fields.ts'
import type { ChannelMessage, ChannelTransport, ExpectedMessage, ReceivedMessage } from './transport.ts'

export interface MemoryChannelsOptions {
  /** Maximum number of unreceived messages per address; the oldest are dropped. Default 10,000. */
  limit?: number
}

/** Channels within this thread; also a store for what a transport of your own receives. */
export interface MemoryChannels extends ChannelTransport {
  /** Puts a message on an address, as an application does: a step that waits for it gets it, else it is kept. */
  publish(address: string, message: ReceivedMessage): void
  /** Hands what steps send to an address to an application. Returns a function that ends it. */
  subscribe(address: string, handler: (message: ChannelMessage) => void): () => void
  /** Unreceived messages on an address. */
  kept(address: string): readonly ReceivedMessage[]
}

const KEYS = keysOf<MemoryChannelsOptions>({ limit: true })

interface Waiting {
  readonly expected: ExpectedMessage
  readonly take: (message: ReceivedMessage) => void
}

/**
 * Channels in memory: sent messages go to subscribers or, without any, to the steps that receive on the same address. A
 * message has one receiver, in the order in which they began to wait. Throws a TypeError for unknown options.
 */
export function createMemoryChannels(options: MemoryChannelsOptions = {}): MemoryChannels {
  const fields = fieldsOf(options, 'Write an object: { limit: 100 }.')
  fields.checkKeys(KEYS)
  const limit = fields.count('limit', 10_000)
  assertNoFaults(fields.faults)
  const kept = new Map<string, ReceivedMessage[]>()
  const waiting = new Map<string, Set<Waiting>>()
  const subscribers = new Map<string, Set<(message: ChannelMessage) => void>>()

  function publish(address: string, message: ReceivedMessage): void {
    for (const one of waiting.get(address) ?? []) {
      if (one.expected.matches(message)) return one.take(message)
    }
    const messages = of(kept, address, () => [])
    messages.push(message)
    if (messages.length > limit) messages.shift()
  }

  return {
    publish,
    subscribe(address, handler) {
      const handlers = of(subscribers, address, () => new Set())
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
    kept: address => [...(kept.get(address) ?? [])],
    send(message) {
      const handlers = [...(subscribers.get(message.address) ?? [])]
      if (handlers.length === 0) publish(message.address, message)
      for (const handler of handlers) handler(message)
    },
    receive(expected, { signal }) {
      const { address } = expected
      const messages = kept.get(address) ?? []
      const index = messages.findIndex(message => expected.matches(message))
      if (index >= 0) return messages.splice(index, 1)[0]!
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          waiting.get(address)?.delete(one)
          reject(signal.reason)
        }
        const one: Waiting = {
          expected,
          take(message) {
            waiting.get(address)?.delete(one)
            signal.removeEventListener('abort', onAbort)
            resolve(message)
          },
        }
        of(waiting, address, () => new Set()).add(one)
        signal.addEventListener('abort', onAbort, { once: true })
      })
    },
  }
}

function of<T>(map: Map<string, T>, address: string, make: () => T): T {
  const known = map.get(address) ?? make()
  map.set(address, known)
  return known
}
