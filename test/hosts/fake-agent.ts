import { limitsOf } from '../../src/hosts/agent/limits.ts'
import type { Rights } from '../../src/hosts/agent/share-run.ts'
import type { Bus } from '../../src/hosts/bus.ts'
import { Link } from '../../src/hosts/link.ts'
import { type FromAgent, type Hello, type Join, type Joined, PROTOCOL, type ToAgent } from '../../src/hosts/messages.ts'
import { agree, type KeyFor, newKeys, opened, PUBLIC_KEY, seal } from '../../src/hosts/seal.ts'
import { subjects } from '../../src/hosts/subjects.ts'

export interface FakeAgent {
  hello: Hello
  /** What it was told since it joined. */
  heard: ToAgent[]
  say(message: FromAgent): void
  /** Publishes a frame of its own making, sealed. */
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
  const keys = newKeys()
  let [link, run, frames]: [Link | undefined, string, number] = [undefined, '', 1_000_000]
  let keyFor: KeyFor | undefined
  const agent: FakeAgent = {
    hello: helloOf(name, address, keys.publicKey),
    heard: [],
    say: message => link!.say(message),
    publish: bytes => bus.publish(subjects.fromAgent(address, run), seal(keyFor!('from agent'), bytes, ++frames)),
    close: () => link?.close(),
  }
  bus.subscribe(subjects.clock(address), (bytes, reply) => {
    const question = opened(keyFor!, 'clock', bytes)
    const respond = () => bus.publish(reply!, question.sealed(performance.timeOrigin + performance.now()))
    if (trip === undefined) respond()
    else setTimeout(respond, trip)
  })
  bus.subscribe(subjects.join(address), async (bytes, reply) => {
    const response = (await joined) ?? { state: 'joined' }
    keyFor = agree(keys, bytes.subarray(0, PUBLIC_KEY))
    const question = opened(keyFor, 'join', bytes.subarray(PUBLIC_KEY))
    run = (question.asked as Join).run
    if (response.state === 'joined')
      link = new Link({
        bus,
        says: subjects.fromAgent(address, run),
        hears: subjects.toAgent(address, run),
        keys: { says: keyFor('from agent'), hears: keyFor('to agent') },
        onMessage(message) {
          const heard = message as ToAgent
          agent.heard.push(heard)
          if (heard.type === 'share') agent.say({ type: 'ready', thread: heard.share.first })
          onMessage?.(heard, agent)
        },
        onFault: () => {},
      })
    bus.publish(reply!, question.sealed(response))
  })
  return agent
}

/** Rights of an agent that is allowed nothing. */
export const noRights = (): Rights => ({
  allowHosts: [],
  allowModules: false,
  reach: { variables: [], folders: [] },
  limits: limitsOf(),
})

export function helloOf(name: string, address: string, key = newKeys().publicKey): Hello {
  const about = { version: '1', threads: 1, machine: 'here', isBusy: false }
  return { protocol: PROTOCOL, name, address, ...about, key }
}
