import type { Bus } from '../../src/hosts/bus.ts'

/** What becomes of a message: nothing, once, twice. */
export type Fate = (subject: string) => 0 | 1 | 2

/** A broker in this process, which may lose messages and deliver them twice. */
export function memoryBus(fate: Fate = () => 1): Bus {
  const listeners = new Map<string, Set<Parameters<Bus['subscribe']>[1]>>()
  /** Of a pattern of NATS, `*` is any word. */
  const fits = (pattern: string, subject: string) => {
    const [words, said] = [pattern.split('.'), subject.split('.')]
    return words.length === said.length && words.every((word, n) => word === '*' || word === said[n])
  }
  let inboxes = 0
  const bus: Bus = {
    name: 'test',
    publish(subject, bytes, reply) {
      const copy = bytes.slice()
      for (let n = fate(subject); n > 0; n--)
        queueMicrotask(() => {
          for (const [pattern, all] of listeners)
            if (fits(pattern, subject)) for (const onBytes of all) onBytes(copy, reply, subject)
        })
    },
    subscribe(subject, onBytes) {
      const of = listeners.get(subject) ?? new Set()
      listeners.set(subject, of.add(onBytes))
      return () => void of.delete(onBytes)
    },
    request: (subject, bytes) =>
      new Promise(resolve => {
        const inbox = `inbox.${++inboxes}`
        const callOff = bus.subscribe(inbox, response => {
          callOff()
          resolve(response)
        })
        bus.publish(subject, bytes, inbox)
      }),
    flush: async () => {},
    denied: undefined,
    isConnected: true,
    whenDenied: new Promise(() => {}),
    closed: new Promise(() => {}),
    close: async () => {},
  }
  return bus
}
