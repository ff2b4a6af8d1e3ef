import { deserialize, serialize } from 'node:v8'
import type { Bus } from '../../src/hosts/bus.ts'
import { Link } from '../../src/hosts/link.ts'
import { type FromAgent, type Hello, type Join, type Joined, PROTOCOL, type ToAgent } from '../../src/hosts/protocol.ts'
import { newKeys } from '../../src/hosts/seal.ts'
import { clockOf, joinOf, saidOf, toldOf } from '../../src/hosts/subjects.ts'

export interface FakeAgent {
  hello: Hello
  /** What it was told since it joined. */
  heard: ToAgent[]
  say(message: FromAgent): void
  /** Publishes a frame of its own making. */
  publish(bytes: Uint8Array): void
  /** Says no more. */
  close(): void
}

interface Behaviour {
  /** Default: it joins. */
  joined?: Joined | Promise<Joined>
  onMessage?(message: ToAgent, agent: FakeAgent): void
  /** How long it takes to tell the time of its clock, in milliseconds. */
  trip?: number
}

/** An agent that runs nothing: it joins, says that it is ready, and then what the test wants. */
export function fakeAgent(bus: Bus, name: string, { joined, onMessage, trip }: Behaviour = {}): FakeAgent {
  const address = `${name}.x`
  let [link, run]: [Link | undefined, string] = [undefined, '']
  const agent: FakeAgent = {
    hello: helloOf(name, address),
    heard: [],
    say: message => link!.say(message),
    publish: bytes => bus.publish(saidOf(address, run), bytes),
    close: () => link?.close(),
  }
  bus.subscribe(clockOf(address), (_, reply) => {
    const respond = () => bus.publish(reply!, serialize(performance.timeOrigin + performance.now()))
    if (trip === undefined) respond()
    else setTimeout(respond, trip)
  })
  bus.subscribe(joinOf(address), async (bytes, reply) => {
    const response = (await joined) ?? { state: 'joined' }
    run = (deserialize(bytes) as Join).run
    if (response.state === 'joined')
      link = new Link({
        bus,
        says: saidOf(address, run),
        hears: toldOf(address, run),
        onMessage(message) {
          agent.heard.push(message as ToAgent)
          if ((message as ToAgent).type === 'share') agent.say({ type: 'ready' })
          onMessage?.(message as ToAgent, agent)
        },
        onFault: () => {},
      })
    bus.publish(reply!, serialize(response))
  })
  return agent
}

export function helloOf(name: string, address: string): Hello {
  const about = { version: '1', threads: 1, weight: 1, machine: 'here', isBusy: false }
  return { protocol: PROTOCOL, name, address, ...about, key: newKeys().publicKey }
}
