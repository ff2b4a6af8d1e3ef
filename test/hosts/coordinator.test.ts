import { afterEach, expect, test, vi } from 'vitest'
import { ShareRun } from '../../src/hosts/agent/share-run.ts'
import { compareClocks, join } from '../../src/hosts/coordinator/hosts.ts'
import { OneHost } from '../../src/hosts/coordinator/remote-threads.ts'
import type { Link } from '../../src/hosts/link.ts'
import type { FromAgent } from '../../src/hosts/messages.ts'
import { LostHosts } from '../../src/load/run/lost-hosts.ts'
import { Ledger } from '../../src/load/thread/ledger.ts'
import type { FromThread, RunTask, ThreadEnd, ThreadPart } from '../../src/load/thread/protocol.ts'
import { type FakeAgent, fakeAgent, noRights } from './fake-agent.ts'
import { memoryBus } from './memory-bus.ts'

/* The coordinator and agents that only speak, over a broker in this process. */

const opened: { close(): unknown }[] = []
afterEach(async () => {
  // Agents last: they still hear.
  for (const one of opened.splice(0).reverse()) await one.close()
})

/** Asks agents to join a run of a thread each; `ends` are told as they come. */
async function joinedBy(bus: ReturnType<typeof memoryBus>, agents: readonly FakeAgent[]) {
  opened.push(...agents)
  const ends: [number, ThreadEnd][] = []
  const stop = new SharedArrayBuffer(4)
  const parts = agents.map(
    () => ({ ledger: new SharedArrayBuffer(Ledger.BYTES), stop }) as Partial<ThreadPart> as ThreadPart,
  )
  const task = { plan: { threads: agents.length } } as RunTask
  const onMessage = (thread: number, message: FromThread) => {
    if (message.type === 'ended') ends.push([thread, message.end])
  }
  const shares = agents.map(({ hello }, first) => ({ hello, first, threads: 1 }))
  const hosts = await join(bus, shares, 'a load', (run, host) => {
    return new OneHost(bus, run, host, task, parts, onMessage)
  })
  opened.push(...hosts)
  return { hosts, ends }
}

test('a thread that is lost is its host, with its name and the cause, which is told to end', async () => {
  const bus = memoryBus()
  const agents = [fakeAgent(bus, 'eu-1'), fakeAgent(bus, 'eu-2')]
  const { ends } = await joinedBy(bus, agents)
  agents[1]!.say({ type: 'ended', thread: 1, end: { state: 'lost', cause: 'the thread exited' } })
  await vi.waitFor(() => expect(ends).toHaveLength(1), 20_000)
  const cause = 'its load thread 2 was lost: the thread exited'
  expect(ends).toMatchObject([[1, { state: 'lost', host: 'eu-2', cause }]])
  const bye = { type: 'bye', lost: expect.stringContaining('thread 2') }
  await vi.waitFor(() => expect(agents[1]!.heard).toEqual([bye]), 20_000)
  expect(agents[0]!.heard).toEqual([])
})

test('an agent that says no more was lost with its last word', async () => {
  const bus = memoryBus()
  const agents = [fakeAgent(bus, 'eu-1')]
  const { hosts, ends } = await joinedBy(bus, agents)
  const since = performance.now()
  agents[0]!.close()
  await vi.waitFor(() => expect(ends).toHaveLength(1), { timeout: 20_000 })
  const passed = performance.now() - since
  await hosts[0]!.close()
  expect(performance.now() - since - passed, 'time until it is given up to be heard').toBeLessThan(passed / 2)
  const [[, end]] = ends as [[number, Extract<ThreadEnd, { state: 'lost' }>]]
  expect(end).toMatchObject({ host: 'eu-1', cause: 'it sent no message for 3 s' })
  expect(end.silence).toBeGreaterThan(3_000)
  expect(end.silence).toBeLessThanOrEqual(passed)
  const lost = new LostHosts({ threads: 2, kind: 'rps' })
  const ended = [lost.lose('eu-1', 0, '', 9_000, end.silence), lost.lose('eu-2', 1, '', 2_000, end.silence)]
  expect(ended).toEqual([undefined, ['cut short', 'no host is left']])
  // Who was heard before the start only has no part of the load.
  expect(lost.hosts().map(({ at }) => at)).toEqual([9_000 - end.silence!, 0])
})

test('an agent that hears too late when to begin says so', () => {
  const said: FromAgent[] = []
  const link = { whySilent: () => undefined, say: (message: FromAgent) => said.push(message) } as Partial<Link> as Link
  const run = new ShareRun({ link, rights: noRights(), onOver: () => {} })
  opened.push({ close: () => run.over('the test is over') })
  const now = performance.timeOrigin + performance.now()
  run.take({ type: 'start', at: now + 10_000 })
  expect(said).toEqual([])
  run.take({ type: 'start', at: now - 10_000 })
  const message = expect.stringMatching(/^it received the start time only 10(\.\d+)? s after it$/)
  expect(said).toEqual([{ type: 'fault', message }])
})

test('clocks over a far link are compared for two seconds, and the doubt is half of the best trip', async () => {
  const compared = async (length: number) => {
    let [now, trips] = [0, 0]
    const ask = async () => {
      trips++
      now += length
      return now - length / 2 + 70
    }
    const offset = await compareClocks(ask, () => now)
    return { ...offset, trips }
  }
  expect(await compared(1)).toEqual({ offset: 70, within: 0.5, trips: 25 })
  expect(await compared(210)).toEqual({ offset: 70, within: 105, trips: 10 })
  expect(await compared(1_500)).toEqual({ offset: 70, within: 750, trips: 3 })
})

test('an agent hears of the coordinator while others are still asked', async () => {
  const bus = memoryBus()
  let heard = 0
  const late = new Promise<{ state: 'joined' }>(done => setTimeout(done, 2_000, { state: 'joined' }))
  const agents = [fakeAgent(bus, 'eu-1'), fakeAgent(bus, 'eu-2', { joined: late, trip: 150 })]
  const publish = bus.publish.bind(bus)
  bus.publish = (subject, bytes, reply) => {
    if (/^arazzo\.agent\.eu-1\..*\.run\./.test(subject)) heard++
    publish(subject, bytes, reply)
  }
  const joining = joinedBy(bus, agents)
  await late
  expect(heard).toBeGreaterThan(2)
  const { hosts } = await joining
  expect(hosts[0]!.clock.within).toBeLessThan(hosts[1]!.clock.within)
})

test('when one refuses, those that joined are free at once', async () => {
  const bus = memoryBus()
  const agents = [
    fakeAgent(bus, 'eu-1'),
    fakeAgent(bus, 'eu-2', { joined: { state: 'refused', why: 'it works on another run' } }),
  ]
  await expect(joinedBy(bus, agents)).rejects.toThrow('Failed to join agents: eu-2: it works on another run.')
  expect(agents.map(({ heard }) => heard)).toEqual([[{ type: 'bye' }], []])
})

test('once all was heard, no timer keeps the process of the coordinator', async () => {
  const timers = () => process.getActiveResourcesInfo().filter(resource => resource === 'Timeout').length
  const before = timers()
  const bus = memoryBus()
  const agents = [fakeAgent(bus, 'eu-1')]
  const { hosts } = await joinedBy(bus, agents)
  await hosts[0]!.close()
  expect(agents[0]!.heard).toEqual([{ type: 'bye' }])
  agents[0]!.close()
  // Vitest itself has timers that come and go.
  for (const since = performance.now(); timers() > before && performance.now() - since < 1_500; )
    await new Promise(done => setImmediate(done))
  expect(timers()).toBeLessThanOrEqual(before)
})
