import { expect, test, vi } from 'vitest'
import { RemoteThreads } from '../../src/hosts/coordinator/remote-threads.ts'
import type { FromAgent } from '../../src/hosts/protocol.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { fakeAgent } from './fake-agent.ts'
import { memoryBus } from './memory-bus.ts'
import { oneStep } from './one-step.ts'

/* What an agent may say by its rights, and does not make sense. */

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 20 })

const MB = 1024 * 1024

/** A frame as a link sends it; `kind` 1 is a piece of a message, 2 the last of it. */
function frame(number: number, kind: number, bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(9)
  header.writeUInt32BE(number, 0)
  header.writeUInt8(kind, 8)
  return Buffer.concat([header, bytes])
}

/** A load by two agents: both join and are ready, and one says what it is given in the middle, and then nothing. */
async function loadBy(says: unknown, raw: readonly Uint8Array[] = []) {
  const bus = memoryBus()
  const hostile = fakeAgent(bus, 'eu-1', {
    onMessage({ type }, agent) {
      if (type !== 'start') return
      setTimeout(() => {
        if (raw.length === 0) agent.say(says as FromAgent)
        for (const bytes of raw) agent.publish(bytes)
        agent.close()
      }, 100)
    },
  })
  const all = [hostile, fakeAgent(bus, 'eu-2')]
  const agents = all.map(({ hello }) => hello)
  try {
    return await runLoad(
      {
        workflow: oneStep(),
        servers: 'http://127.0.0.1:9',
        load: { rate: 10, duration: '200ms', warmUp: 0, gracefulStop: 0, threads: 2 },
        budgets: { errorRate: '>= 1%' },
      },
      { open: (_, tasks, events, isNew) => new RemoteThreads(bus, agents, tasks, events, isNew) },
    )
  } finally {
    for (const agent of all) agent.close()
  }
}

const piece = Buffer.alloc(256 * 1024, 1)

test.concurrent.each<[string, unknown, Uint8Array[]?]>([
  ['no message', undefined, [frame(2, 2, Buffer.alloc(100, 'x'))]],
  ['nothing', null],
  ['counts that are not', { type: 'interval', thread: 0, counts: 5 }],
  ['counts of a thread of another', { type: 'interval', thread: 1, counts: { responses: [] } }],
  ['the end of a thread of another', { type: 'ended', thread: 1, end: { state: 'done', result: {} } }],
  [
    'changes outside of its books',
    { type: 'changes', changes: [{ name: 'ledger 0', pieces: [{ at: -8, bytes: piece }] }] },
  ],
  ['changes that are not', { type: 'changes', changes: 'x', at: 1 }],
  ['an end that is not', { type: 'ended', thread: 0, end: null }],
  ['an end without a result', { type: 'ended', thread: 0, end: { state: 'done', result: {} } }],
  ['a call of nothing', { type: 'call', thread: 0, call: null }],
  ['a question that is not', { type: 'asked', thread: 0, asked: null }],
  ['words of another kind', { type: 'x' }],
  ['a message without an end', undefined, Array.from({ length: 300 }, (_, n) => frame(n + 2, 1, piece))],
])('an agent that says %s: the load ends, and nothing is kept', async (_, says, raw) => {
  const before = process.memoryUsage().rss
  const outcome = await loadBy(says, raw).then(
    ({ verdicts }) => verdicts.map(({ verdict }) => verdict),
    (error: unknown) => error,
  )
  if (!(outcome instanceof Error)) expect(outcome).not.toContain('pass')
  expect(process.memoryUsage().rss - before).toBeLessThan(600 * MB)
})
