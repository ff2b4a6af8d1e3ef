import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { afterEach, expect, test, vi } from 'vitest'
import { readArazzo } from '../../src/document/read.ts'
import { limitReach } from '../../src/ground/reach.ts'
import { packageVersion } from '../../src/ground/version.ts'
import { Agent } from '../../src/hosts/agent/agent.ts'
import { type Limits, limitsOf } from '../../src/hosts/agent/limits.ts'
import { ShareRun } from '../../src/hosts/agent/share-run.ts'
import { gather } from '../../src/hosts/coordinator/gather.ts'
import { RemoteThreads } from '../../src/hosts/coordinator/remote-threads.ts'
import { Link } from '../../src/hosts/link.ts'
import { type FromAgent, type Hello, PROTOCOL, read, type Share } from '../../src/hosts/messages.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { agree, ask, newKeys } from '../../src/hosts/seal.ts'
import { subjects } from '../../src/hosts/subjects.ts'
import { readLoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import type { RunTask } from '../../src/load/thread/protocol.ts'
import { realClock, VirtualClock } from '../../src/measure/clock.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { noRights } from '../hosts/fake-agent.ts'
import { memoryBus } from '../hosts/memory-bus.ts'
import { oneStep } from '../hosts/one-step.ts'

/* What a coordinator that lies, or asks for too much, makes of an agent: a refusal by name, and an agent that is free. */

const agents: Agent[] = []
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.end()
  limitReach(undefined)
})

async function agentWith(limits: Partial<Limits>, runsOfKeys = 1_000) {
  const bus = memoryBus()
  const lines: string[] = []
  const rights = { ...noRights(), limits: limitsOf(limits) }
  const agent = new Agent({ bus, name: 'eu-1', threads: 2, rights, runsOfKeys, log: line => lines.push(line) })
  agents.push(agent)
  const [hello] = await gather(bus, { wait: 5_000, since: realClock.now() })
  return { bus, lines, agent, hello: hello! }
}

async function loadWith(limits: Partial<Limits>, options: Partial<LoadOptions>) {
  const { bus, lines, agent, hello } = await agentWith(limits)
  const server = await serve(() => ({}))
  const report = await runLoad(
    {
      workflow: oneStep(),
      servers: server.origin,
      load: { vus: 2, iterations: 4, threads: 1 },
      budgets: { errorRate: 0 },
      ...options,
    },
    { open: (_, ...rest) => new RemoteThreads(bus, [hello], ...rest) },
  )
  await vi.waitFor(() => expect(agent.isBusy).toBe(false), { timeout: 20_000 })
  return { report, lines, seen: server.seen.length }
}

const rows = Array.from({ length: 50 }, (_, row) => ({ row }))

test.each<[string, Partial<Limits>, Partial<LoadOptions>, RegExp]>([
  [
    'threads',
    { threads: 1 },
    { load: { vus: 2, iterations: 4, threads: 2 } },
    /its threads are 2, and this agent allows 1/,
  ],
  ['vus', { vus: 1 }, {}, /the virtual users of its part are 2, and this agent allows 1/],
  ['rows', { rows: 20 }, { inputs: { rows } }, /its rows of inputs are 50, and this agent allows 20/],
  [
    'duration',
    { duration: 2_000 },
    { load: { rps: 5, duration: '3s', threads: 1 } },
    /it may take .* s, and this agent allows 2 s/,
  ],
  ['memory', { memory: 10_000_000 }, {}, /the memory of its process is .*MB, and this agent allows 10 MB/],
])('a load over the limit of %s is refused by name, and logged', async (name, limits, options, why) => {
  const { report, lines, seen } = await loadWith(limits, options)
  expect(report.state).toBe('not run')
  expect(report.cause).toMatch(why)
  expect(report.cause).toContain(`Ask for less, or start the agent with --limit ${name}=<value>`)
  expect(report.cause).toContain('eu-1')
  expect(report.verdicts.map(({ verdict }) => verdict)).not.toContain('pass')
  expect(lines.at(-1)).toMatch(why)
  expect(seen).toBe(0)
})

test('a plan over the limit of its size is refused, and logged', async () => {
  const { report, lines, seen } = await loadWith({ plan: 1_000 - 16_000_000 }, { inputs: { rows } })
  expect(report.cause).toMatch(/a message: it is longer than 1 kB/)
  expect(lines.at(-1)).toMatch(/it refused: Failed to read a message: it is longer than 1 kB/)
  expect([report.state, seen]).toEqual(['not run', 0])
})

test('a load within all limits runs', async () => {
  const limits = { threads: 1, vus: 2, rows: 50, duration: 3_600_000, plan: 1_000_000 }
  const { report, lines, seen } = await loadWith(limits, { inputs: { rows } })
  expect(report.cause).toBeUndefined()
  expect(report).toMatchObject({ state: 'completed', arrivals: { passed: seen } })
  expect(seen).toBeGreaterThan(0)
  expect(lines.at(-1)).toContain('the run is over')
})

test('what a load takes while it runs is limited, too: time that it was not planned to take, and memory', async () => {
  const ended: string[] = []
  const said: FromAgent[] = []
  const link = { whySilent: () => undefined, say: (message: FromAgent) => said.push(message) } as Partial<Link> as Link
  const clock = new VirtualClock()
  const begin = (limits: Partial<Limits>) => {
    const rights = { ...noRights(), limits: limitsOf(limits) }
    const run = new ShareRun({ link, rights, clock, onOver: why => ended.push(why) })
    run.take({ type: 'share', share: share() })
  }
  begin({ duration: 60_000 })
  clock.run(170_000)
  expect(ended).toEqual([])
  clock.run(181_000)
  await vi.waitFor(() => expect(ended).toHaveLength(1), { timeout: 20_000 })
  begin({ memory: process.memoryUsage.rss() + 100_000_000 })
  clock.run(181_500)
  expect(ended).toHaveLength(1)
  const kept = Array.from({ length: 12 }, () => Buffer.alloc(50_000_000, 1))
  clock.run(182_000)
  await vi.waitFor(() => expect(ended).toHaveLength(2), { timeout: 20_000 })
  expect(kept).toHaveLength(12)
  const faults = said.flatMap(message => (message.type === 'fault' ? [message.message] : []))
  expect(faults.some(fault => /it has taken .*, and this agent allows 60 s/.test(fault))).toBe(true)
  expect(faults.some(fault => fault.includes('the memory of its process is'))).toBe(true)
})

/** A coordinator that has the keys, and says what it wants. */
async function coordinator(bus: ReturnType<typeof memoryBus>, hello: Hello) {
  const [keys, run] = [newKeys(), crypto.randomUUID()]
  const keyFor = agree(keys, hello.key)
  const asked = { protocol: PROTOCOL, version: packageVersion(), run, from: 'x', title: 'y' }
  const joined = await ask(bus, subjects.join(hello.address), keyFor, 'join', asked, 5_000, keys.publicKey)
  const heard: FromAgent[] = []
  const link = new Link({
    bus,
    says: subjects.toAgent(hello.address, run),
    hears: subjects.fromAgent(hello.address, run),
    keys: { says: keyFor('to agent'), hears: keyFor('from agent') },
    onMessage: message => heard.push(message as FromAgent),
    onFault: () => {},
  })
  return { joined, heard, link }
}

const task: RunTask = {
  document: { file: '/x' } as never,
  workflowId: 'main',
  planOptions: {},
  plan: {
    ...{ rampUp: 0, warmUp: 0, duration: 100, rampDown: 0, gracefulStop: 0, threads: 1, maxVus: 1, seed: 1 },
    ...{ model: 'closed', kind: 'vus', vus: 1, curve: [{ from: 1, to: 1, length: 100 }] },
  },
  inputs: { kind: 'fixed', inputs: {} },
  transport: { name: 'wire', why: '' },
  connections: {},
  subjects: [],
}
const share = (more: Partial<Share> = {}): Share => ({
  ...{ plan: serialize(task), first: 0, threads: 1, count: 1, isNew: false },
  ...more,
})
const withPlan = (more: object) => ({ type: 'share', share: share({ plan: serialize({ ...task, ...more }) }) })

test.each<[string, unknown]>([
  ['nothing', null],
  ['a number', 5],
  ['words of another kind', { type: 'x' }],
  ['a share that is none', { type: 'share', share: 5 }],
  ['a share without a plan', { type: 'share', share: share({ plan: undefined as never }) }],
  ['a plan of random bytes', { type: 'share', share: share({ plan: Buffer.alloc(50, 7) }) }],
  ['a plan that is a list', { type: 'share', share: share({ plan: serialize([]) }) }],
  ['a plan of an empty document', withPlan({})],
  ['a plan with what no plan has', withPlan({ environment: { values: {} } })],
  ['a plan that lasts below zero', withPlan({ plan: { ...task.plan, duration: -1 } })],
  ['a plan of a billion users', withPlan({ plan: { ...task.plan, vus: 1e9 } })],
  [
    'a plan whose curve has a billion users',
    withPlan({ plan: { ...task.plan, curve: [{ from: 1e9, to: 1e9, length: 9 }] } }),
  ],
  ['a plan at a rate of no curve', withPlan({ plan: { ...task.plan, model: 'open', kind: 'rate', curve: undefined } })],
  ['a plan of a kind that is none', withPlan({ plan: { ...task.plan, kind: 'x' } })],
  ['threads beyond those of the run', { type: 'share', share: share({ first: 3 }) }],
  ['a share of another number of threads', { type: 'share', share: share({ count: 2 }) }],
  ['negative threads', { type: 'share', share: share({ threads: -1 }) }],
  ['a start at no time', { type: 'start', at: Number.NaN }],
  ['changes that are none', { type: 'changes', changes: [{ name: 'stop' }] }],
  ['rows that are none', { type: 'rows', thread: 0, rows: 5, isLast: true }],
])('a coordinator that says %s is refused in words, and the agent is free', async (_, message) => {
  const { bus, lines, agent, hello } = await agentWith({})
  const { joined, heard, link } = await coordinator(bus, hello)
  expect(joined).toEqual({ state: 'joined' })
  link.say(message)
  await vi.waitFor(() => expect(heard).toHaveLength(1), { timeout: 20_000 })
  expect(heard[0]).toMatchObject({ type: 'fault', message: expect.stringMatching(/^Failed to (read|run) /) })
  link.say({ type: 'bye' })
  await vi.waitFor(() => expect(agent.isBusy).toBe(false), { timeout: 20_000 })
  link.close()
  expect(lines.at(-1)).toMatch(/^ended x \(y\): it refused: Failed to (read|run) /)
  expect(lines.join() + JSON.stringify(heard)).not.toMatch(/TypeError|Cannot read|not a function|not iterable/)
})

test.each<[load: object]>([
  [{ rps: 5, duration: '1s', thinkTime: '5ms' }],
  [{ rate: '60/min', duration: '1s', rampUp: '1s', rampDown: '1s' }],
  [{ stages: [{ rps: 5, duration: '1s' }] }],
  [{ vus: 2, duration: '1s', pacing: '1s' }],
  [{ vus: 2, iterations: 5 }],
  [{ adaptive: { maxVus: 20, latency: '50ms' }, duration: '1s' }],
  [{ capacity: { latency: 'p99 < 1s' } }],
  [{ rps: 5, duration: '1s', warmUp: 'auto' }],
])('a plan of %j is one', async shape => {
  const load = shape as LoadOptions['load']
  const { loadTest, faults } = await readLoadTest({ workflow: oneStep(), servers: 'http://127.0.0.1:9', load })
  if (loadTest === undefined) throw new Error(JSON.stringify(faults))
  const whole = { ...task, plan: loadTest.load }
  expect(read.task(deserialize(serialize(whole)))).toEqual(whole)
})

test('who has no keys of it, or publishes what was recorded, joins nothing', async () => {
  const { bus, agent, hello } = await agentWith({})
  const subject = subjects.join(hello.address)
  const questions: Uint8Array[] = []
  bus.subscribe(subject, bytes => questions.push(bytes))
  const { link } = await coordinator(bus, hello)
  link.say({ type: 'bye' })
  await vi.waitFor(() => expect(agent.isBusy).toBe(false), { timeout: 20_000 })
  link.close()
  const strangers = [questions[0]!, questions[0]!.subarray(0, 50), new Uint8Array(0), Buffer.alloc(200, 1)]
  const responses = await Promise.all(strangers.map(bytes => bus.request(subject, bytes, 1_000)))
  expect(responses.slice(1).map(({ length }) => length)).toEqual([0, 0, 0])
  expect(agent.isBusy).toBe(false)
})

test('what was recorded joins nothing either once the agent has forgotten the run, with its keys', async () => {
  const { bus, lines, agent, hello } = await agentWith({}, 3)
  const questions: Uint8Array[] = []
  bus.subscribe(subjects.join(hello.address), bytes => questions.push(bytes))
  const runs = async (count: number) => {
    for (let n = 0; n < count; n++) {
      const { joined, link } = await coordinator(bus, hello)
      expect(joined).toEqual({ state: 'joined' })
      link.close()
      await agent.end()
    }
  }
  const replayed = async () => (await bus.request(subjects.join(hello.address), questions[0]!, 1_000)).length
  await runs(2)
  expect(await replayed()).toBeGreaterThan(0)
  await runs(1)
  expect([await replayed(), agent.isBusy, lines.length]).toEqual([0, false, 6])
  const [anew] = await gather(bus, { wait: 5_000, since: realClock.now() })
  expect(anew!.key).not.toEqual(hello.key)
  const { joined, link } = await coordinator(bus, anew!)
  link.close()
  expect(joined).toEqual({ state: 'joined' })
})

/** A workflow of so many steps, each of which reads an output of the one before. */
const chain = (count: number) =>
  `  - workflowId: w0\n    steps:\n${Array.from(
    { length: count },
    (_, n) =>
      `      - { stepId: s${n}, operationId: a, outputs: { id: $response.body#/id }, successCriteria: [{ condition: $statusCode == 200 }, { condition: '$steps.s${Math.max(0, n - 1)}.outputs.id == ${n}' }] }`,
  ).join('\n')}`

test('a plan that takes longer to compile than it may is refused, and the agent responds meanwhile', async () => {
  const { bus, lines, agent, hello } = await agentWith({ compile: 30 })
  const folder = project({ 'api.json': openapi({ a: ['get', '/a'] }), 'a.arazzo.yaml': arazzo(chain(4_000)) })
  const { document } = await readArazzo(join(folder, 'a.arazzo.yaml'))
  const planOptions = { servers: 'http://127.0.0.1:9' }
  const { heard, link } = await coordinator(bus, hello)
  link.say(withPlan({ document, workflowId: 'w0', planOptions }))
  const begun = realClock.now()
  let looks = 0
  await vi.waitFor(
    () => {
      looks++
      expect(heard.some(({ type }) => type === 'fault')).toBe(true)
    },
    { timeout: 60_000, interval: 20 },
  )
  expect(looks).toBeGreaterThan((realClock.now() - begun) / 500)
  expect(heard).toMatchObject([
    { message: expect.stringMatching(/^Failed to run the plan: it takes more than 30 ms to comp/) },
  ])
  link.say({ type: 'bye' })
  await vi.waitFor(() => expect(agent.isBusy).toBe(false), { timeout: 20_000 })
  link.close()
  expect(lines.at(-1)).toContain('--limit compile=<value>')
})
