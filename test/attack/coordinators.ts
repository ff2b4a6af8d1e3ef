import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import { until } from '../../scripts/leftovers.mjs'
import { readArazzo } from '../../src/document/read.ts'
import { limitReach } from '../../src/ground/reach.ts'
import { packageVersion } from '../../src/ground/version.ts'
import { Agent } from '../../src/hosts/agent/agent.ts'
import { limitsOf } from '../../src/hosts/agent/limits.ts'
import { gather } from '../../src/hosts/coordinator/gather.ts'
import { Link } from '../../src/hosts/link.ts'
import { type FromAgent, PROTOCOL } from '../../src/hosts/messages.ts'
import { agree, ask, newKeys } from '../../src/hosts/seal.ts'
import { subjects } from '../../src/hosts/subjects.ts'
import { takePool } from '../../src/load/run/pool.ts'
import { workerFile } from '../../src/load/run/worker-file.ts'
import { epochTime, realClock } from '../../src/measure/clock.ts'
import { memoryBus } from '../hosts/memory-bus.ts'
import type { Random } from '../http/differential/random.ts'
import { oneStep, within } from './folder.ts'
import type { Kind } from './kind.ts'

const files = oneStep('successCriteria: [{ condition: $statusCode == 200 }]', 'outputs: { a: $steps.a.outputs.b }')

const junk = (random: Random): unknown =>
  random.of<() => unknown>([
    ...[null, undefined, -1, 0, Number.NaN, Number.POSITIVE_INFINITY, 1e12, 0.5, '', 'x', true].map(
      value => () => value,
    ),
    () => [],
    () => ({}),
    () => [null],
    () => new Uint8Array(3),
    () => 'a'.repeat(100_000),
    () => JSON.parse('{ "__proto__": { "a": 1 }, "constructor": 1 }'),
    () => Array.from({ length: 500 }).reduce<unknown>(inner => ({ inner }), 1),
  ])()

/** Changes, removes or adds one thing somewhere within a value. */
function broken(value: object, random: Random): void {
  let at = value as Record<string, unknown>
  for (;;) {
    const key = random.of(Object.keys(at))
    const next = at[key]
    const isInner =
      typeof next === 'object' && next !== null && !ArrayBuffer.isView(next) && Object.keys(next).length > 0
    if (isInner && random.chance(0.8)) at = next as Record<string, unknown>
    else {
      if (random.chance(0.2)) delete at[key]
      else at[random.chance(0.1) ? 'more' : key] = junk(random)
      return
    }
  }
}

async function messagesFor(folder: string, servers: string, random: Random): Promise<object[]> {
  const { document } = await readArazzo(join(folder, 'flow.arazzo.yaml'))
  const task = {
    document: structuredClone(document),
    workflowId: 'main',
    planOptions: { servers },
    plan: {
      ...{ rampUp: 0, warmUp: 0, duration: 100, rampDown: 0, gracefulStop: 0, threads: 1, maxVus: 1, seed: 1 },
      ...{ model: 'closed', kind: 'vus', vus: 1, curve: [{ from: 1, to: 1, length: 100 }] },
    },
    ...{ inputs: { kind: 'fixed', inputs: {} }, transport: { name: 'wire', why: '' }, connections: {}, subjects: [] },
  }
  const isPlan = random.chance(0.7)
  const part = random.chance(0.7) ? task.document! : task
  if (isPlan) for (let n = random.below(3); n >= 0; n--) broken(part, random)
  const share = { plan: serialize(task), first: 0, threads: 1, count: 1, isNew: false }
  const messages = [
    { type: 'share', share },
    { type: 'rows', thread: 0, rows: [{}], isLast: true },
    { type: 'changes', changes: [{ name: 'stop', pieces: [{ at: 0, bytes: new Uint8Array(4) }] }] },
    { type: 'settled', at: 100 },
    { type: 'end', thread: 0, cause: 'x' },
  ]
  if (!isPlan) broken(random.of(messages), random)
  return isPlan ? messages.slice(0, 1) : messages
}

/**
 * A coordinator that has the keys, and sends plans and messages that are broken somewhere: an agent says why in words,
 * or runs them, and is free after that.
 */
export const coordinators: Kind = {
  name: 'coordinators',
  quick: 3,
  whole: 300,
  lanes: 2,
  attack: (random, index) =>
    within(files, async folder => {
      const server = createServer((_, response) => response.end('{"b":1}')).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const servers = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const bus = memoryBus()
      const lines: string[] = []
      const rights = { allowHosts: [], allowModules: false, reach: { variables: [], folders: [] }, limits: limitsOf() }
      const agent = new Agent({ bus, name: `a${index}`, threads: 1, rights, log: line => lines.push(line) })
      try {
        limitReach(undefined)
        const messages = await messagesFor(folder, servers, random)
        limitReach(rights.reach)
        const [hello] = await gather(bus, { wait: 5_000, since: realClock.now() })
        const { address, key } = hello!
        const [keys, run] = [newKeys(), `r${index}`]
        const keyFor = agree(keys, key)
        const join = { protocol: PROTOCOL, version: packageVersion(), run, from: 'x', title: 'y' }
        await ask(bus, subjects.join(address), keyFor, 'join', join, 5_000, keys.publicKey)
        const heard: FromAgent[] = []
        const link = new Link({
          bus,
          says: subjects.toAgent(address, run),
          hears: subjects.fromAgent(address, run),
          keys: { says: keyFor('to agent'), hears: keyFor('from agent') },
          onMessage: message => heard.push(message as FromAgent),
          onFault: () => {},
        })
        const [first, ...rest] = messages
        link.say(first)
        const isAnswered = await until(() => heard.some(({ type }) => type === 'ready' || type === 'fault'), 40_000)
        link.say({ type: 'start', at: epochTime() + 300 })
        for (const message of rest) link.say(message)
        await until(() => heard.some(({ type }) => type === 'ended' || type === 'fault'), 1_500)
        link.say({ type: 'bye' })
        const isFree = await until(() => !agent.isBusy, 10_000)
        link.close()
        const said = [...lines, JSON.stringify(heard)].join('\n')
        if (/TypeError|RangeError|Cannot (read|destructure)|is not (a function|iterable|defined)/.test(said))
          return said
        if (!isAnswered) return 'the agent said nothing'
        return isFree ? undefined : 'the agent is not free'
      } finally {
        await agent.end()
        await agent.drain()
        limitReach(undefined)
        // The threads that are kept for the next load are ended.
        await takePool(workerFile(), 0, true).destroy()
        server.close()
        server.closeAllConnections()
      }
    }),
}
