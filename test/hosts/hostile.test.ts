import { expect, test, vi } from 'vitest'
import { RemoteThreads } from '../../src/hosts/coordinator/remote-threads.ts'
import { type FromAgent, read } from '../../src/hosts/messages.ts'
import { noCounts } from '../../src/http/pooled-transport.ts'
import { emptyCounts } from '../../src/load/counts/intervals.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { Ledger } from '../../src/load/thread/ledger.ts'
import { emptySummary } from '../../src/measure/histogram.ts'
import { runStopping } from '../builders/run-load.ts'
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
async function loadBy(says: unknown, raw: readonly Uint8Array[] = [], options: Partial<LoadOptions> = {}) {
  const bus = memoryBus()
  const hostile = fakeAgent(bus, 'eu-1', {
    onMessage({ type }, agent) {
      if (type !== 'start') return
      setTimeout(() => {
        if (raw.length === 0) for (const one of [says].flat()) agent.say(one as FromAgent)
        for (const bytes of raw) agent.publish(bytes)
        agent.close()
      }, 100)
    },
  })
  const honest = fakeAgent(bus, 'eu-2', {
    onMessage({ type }, agent) {
      // The load ends with it.
      const end = { state: 'lost', cause: 'it is over' } as const
      if (type === 'start') setTimeout(() => agent.say({ type: 'ended', thread: 1, end }), 1_000)
    },
  })
  const all = [hostile, honest]
  const agents = all.map(({ hello }) => hello)
  try {
    return await runStopping(
      0,
      {
        workflow: oneStep(),
        servers: 'http://127.0.0.1:9',
        load: { rate: 10, duration: '200ms', warmUp: 0, threads: 2 },
        budgets: { errorRate: '>= 1%' },
        ...options,
      },
      { open: (_, ...rest) => new RemoteThreads(bus, agents, ...rest) },
    )
  } finally {
    for (const agent of all) agent.close()
  }
}

const piece = Buffer.alloc(256 * 1024, 1)

const none = emptySummary()
const noStep = { requests: 0, errors: 0, serviceTime: none }
const recorded = {
  ...{ responseTime: none, serviceTime: none, lateness: none, steps: [noStep], errors: [], slowest: [], examples: [] },
  window: { from: 0, to: 200 },
}
const result = {
  recorded,
  ended: { reason: 'completed', at: 200 },
  transport: { name: 'wire', counters: noCounts() },
  bodiesReadInPart: 0,
}
const counts = emptyCounts(0, 'measured')
const interval = (more: object) => ({ type: 'interval', thread: 0, counts: { ...counts, length: 200, ...more } })
const ended = (more: object) => ({ type: 'ended', thread: 0, end: { state: 'done', result: { ...result, ...more } } })
const books = (...cells: number[]) => {
  const bytes = new Uint8Array(Ledger.BYTES)
  new Int32Array(bytes.buffer).set(cells)
  return { type: 'changes', changes: [{ name: 'ledger 0', pieces: [{ at: 0, bytes }] }], at: 100 }
}
const lost = { type: 'ended', thread: 0, end: { state: 'lost', cause: 'it says so' } }
const call = (more: object) => ({
  type: 'call',
  thread: 0,
  ...{ id: 1, hook: 'setup', per: 'vu', user: 0, inputs: {} },
  ...more,
})

test.concurrent.each<[string, unknown, Uint8Array[]?]>([
  ['no message', undefined, [frame(2, 2, Buffer.alloc(100, 'x'))]],
  ['nothing', null],
  ['counts that are not', { type: 'interval', thread: 0, counts: 5 }],
  ['counts of a thread of another', { ...interval({}), thread: 1 }],
  ['counts of a thread that nobody has', { ...interval({}), thread: 4_000 }],
  ['counts below zero', interval({ due: -1 })],
  ['counts that are no numbers', interval({ latencySum: Number.NaN })],
  ['buckets of another length', interval({ buckets: new Uint32Array(3) })],
  ['buckets that are a list', interval({ durationBuckets: [1, 2] })],
  ['a histogram that is none', interval({ watched: [{ requests: 1, errors: 0, latencies: [{ histogram: 'x' }] }] })],
  ['books of another length', interval({ books: { ledger: new Int32Array(2), measured: 1 } })],
  ['responses without a step', interval({ responses: [{}] })],
  ['the end of a thread of another', { ...ended({}), thread: 1 }],
  [
    'changes outside of its books',
    { type: 'changes', changes: [{ name: 'ledger 0', pieces: [{ at: -8, bytes: piece }] }], at: 1 },
  ],
  ['changes that are not', { type: 'changes', changes: 'x', at: 1 }],
  ['changes of no bytes', { type: 'changes', changes: [{ name: 'ledger 0', pieces: [{ at: 0, bytes: 'x' }] }], at: 1 }],
  ['an end that is not', { type: 'ended', thread: 0, end: null }],
  ['an end without a result', { type: 'ended', thread: 0, end: { state: 'done', result: {} } }],
  ['an end with too few steps', ended({ recorded: { ...recorded, steps: [] } })],
  ['an end with a broken histogram', ended({ recorded: { ...recorded, serviceTime: { ...none, histogram: 'AAAA' } } })],
  ['an end with a failure of no kind', ended({ recorded: { ...recorded, errors: [{ step: 'a' }] } })],
  ['an end without counters', ended({ transport: { name: 'wire', counters: {} } })],
  ['an end with books that do not balance', [books(5, 0, 1), ended({})]],
  ['an end with books below zero', [books(-5, 0, -5, -5), ended({})]],
  ['the loss of a thread with books below zero', [books(-5, 0, -5, 7), lost]],
  ['the loss of a thread with books that overflow', [books(1, 1, 1, 2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1), lost]],
  ['a call of nothing', { type: 'call', thread: 0 }],
  ['a call of a hook that is not there', call({})],
  ['a call of a hook of no kind', call({ hook: '__proto__' })],
  ['a question that is not', { type: 'need rows', thread: 0 }],
  ['a question for rows that it has', { type: 'need rows', thread: 0, rows: 5 }],
  ['a question for the inputs of a user', { type: 'need row', thread: 0, user: 5 }],
  ['words of another kind', { type: 'x' }],
  ['use that is none', [ended({}), { type: 'used', used: { generator: null, machine: {} } }]],
  ['a message without an end', undefined, Array.from({ length: 300 }, (_, n) => frame(n + 2, 1, piece))],
])(
  'an agent that says %s: the load ends, nothing is kept, and it is the agent that is at fault',
  async (_, says, raw) => {
    const before = process.memoryUsage().rss
    const outcome = await loadBy(says, raw).catch((error: unknown) => error as Error)
    const text = outcome instanceof Error ? outcome.message : JSON.stringify(outcome)
    expect(text).not.toMatch(/TypeError|RangeError|Cannot read|is not a function|not iterable|fault of the load engine/)
    if (!(outcome instanceof Error)) {
      expect(outcome.verdicts.map(({ verdict }) => verdict)).not.toContain('pass')
      expect(outcome.state).not.toBe('completed')
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(900 * MB)
  },
)

test('a question for a billion rows is no question of a thread', async () => {
  let made = 0
  const inputs = { rows: () => ({ made: made++ }) } as never
  const says = { type: 'need rows', thread: 0, rows: 1e9 }
  const report = await loadBy(says, [], { inputs })
  expect(report.state).not.toBe('completed')
  expect(JSON.stringify(report)).toContain('message of the agent: rows: ')
  expect(made).toBeLessThan(10_000)
})

/* The forms above are those of real agents, of which one thing is not: without it, none of them is refused. */
test('an agent that says what real ones say is not lost by that', () => {
  for (const one of [interval({}), ended({}), books(), call({}), lost]) expect(read.fromAgent(one)).toBe(one)
})
