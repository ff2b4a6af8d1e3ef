import { failure } from '../ground/fault.ts'
import { HIGHEST_RATE, HIGHEST_THREADS, HIGHEST_VUS } from '../ground/fields.ts'
import { faultsOf } from '../ground/issues.ts'
import { tried } from '../ground/tried.ts'
import * as z from '../ground/zod.ts'
import { BUCKETS } from '../load/counts/intervals.ts'
import { noDurations } from '../load/counts/response-counts.ts'
import { Ledger } from '../load/thread/ledger.ts'
import { decodeBuckets } from '../measure/histogram-text.ts'
import { type Kind, schemaOf } from '../measure/kinds.ts'
import { errors, slow } from '../measure/report/failures.ts'
import { hookFigures } from '../measure/report/hooks.ts'
import { latencies, step } from '../measure/report/latency.ts'
import { thread as threadHealth } from '../measure/report/thread.ts'
import { usage } from '../measure/report/usage.ts'
import type { Ask, FromAgent, Hello, Join, Joined, SharedTask, ToAgent } from './protocol.ts'
import { PUBLIC_KEY } from './seal.ts'
import { ID } from './subjects.ts'

/* Schemas of the messages of both sides. They are open: figures of reports have fields that need no look here. */

/** The longest text for people. */
const LONGEST_TEXT = 100_000
/** Rows that a thread asks for at once are far fewer. */
const MOST_ROWS = 100_000

const count = z.int().min(0)
const number = z.number()
const text = z.string().max(LONGEST_TEXT)
const id = z.string().regex(ID)
const thread = count.max(HIGHEST_THREADS - 1)
/** A number that may be infinite, as a window is that never began. */
const moment = z.custom<number>(value => typeof value === 'number' && !Number.isNaN(value), 'Invalid input: no time')
const inputs = z.record(z.string(), z.unknown())
const bytes = z.custom<Uint8Array>(value => value instanceof Uint8Array, 'Invalid input: no bytes')

const cells = (type: typeof Uint32Array | typeof Int32Array, length: number) =>
  z.custom(value => value instanceof type && value.length === length, `Invalid input: not ${length} cells`)

const kindOf = (kind: Kind<unknown>) => schemaOf(kind)

const isHistogram = (value: unknown) => typeof value === 'string' && tried(() => decodeBuckets(value)) !== undefined
const histogram = z.custom<string>(isHistogram, 'Invalid input: no histogram')
const histograms = z.looseObject({
  histogram,
  undelayed: histogram.optional(),
  undisturbed: histogram.optional(),
  cut: histogram.optional(),
})

const hello = z
  .looseObject({
    protocol: count,
    name: id,
    address: text,
    version: text,
    threads: count.min(1).max(HIGHEST_THREADS),
    weight: number.gt(0).max(1_000_000),
    machine: text,
    isBusy: z.boolean(),
    key: bytes.refine(({ length }) => length === PUBLIC_KEY, 'Invalid input: no public key'),
  })
  .refine(({ name, address }) => address.startsWith(`${name}.`) && ID.test(address.slice(name.length + 1)), {
    message: 'it does not begin with its name',
    path: ['address'],
  })

const ask = z.looseObject({ protocol: count, ask: id })
const join = z.looseObject({ protocol: count, version: text, run: id, from: text, title: text })
const joined = z.discriminatedUnion('state', [
  z.looseObject({ state: z.literal('joined') }),
  z.looseObject({ state: z.literal('refused'), why: text }),
])

const changes = z
  .array(z.looseObject({ name: text, pieces: z.array(z.looseObject({ at: count, bytes })).max(LONGEST_TEXT) }))
  .max(4 * HIGHEST_THREADS)

const shareOfRun = z.looseObject({
  plan: bytes,
  first: thread,
  threads: thread.min(1),
  count: count.min(1).max(HIGHEST_THREADS),
  stripe: z.looseObject({ first: thread, width: count.min(1), of: count.min(1) }),
  isNew: z.boolean(),
  memory: z.looseObject({ limit: bytes.optional(), schedule: bytes.optional() }),
})
const share = shareOfRun.refine(({ first, threads, count }) => first + threads <= count, 'threads beyond the run')

const told = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('start'), at: number }),
  z.looseObject({ type: z.literal('rows'), rows: z.array(inputs), isLast: z.boolean() }),
  z.looseObject({ type: z.literal('row'), user: count, row: inputs.optional() }),
  z.looseObject({ type: z.literal('returned'), id: count, outputs: inputs, failure: text.optional() }),
])

const toAgent = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('share'), share }),
  z.looseObject({ type: z.literal('start'), at: number }),
  z.looseObject({ type: z.literal('told'), thread, told }),
  z.looseObject({ type: z.literal('changes'), changes }),
  z.looseObject({ type: z.literal('end'), thread, cause: text }),
  z.looseObject({ type: z.literal('settled'), at: number }),
  z.looseObject({ type: z.literal('bye'), lost: text.optional() }),
])

const amount = number.min(0)
const times = {
  ...{ rampUp: amount, warmUp: amount, duration: amount, rampDown: amount, gracefulStop: amount, seed: number },
  threads: count.min(1).max(HIGHEST_THREADS),
  maxVus: count.max(HIGHEST_VUS),
}
const curve = z.array(z.looseObject({ from: amount, to: amount, length: amount }))
const vus = count.max(HIGHEST_VUS)
const open = { ...times, model: z.literal('open'), arrivals: z.enum(['uniform', 'poisson']) }
const closed = { ...times, model: z.literal('closed') }
const rate = amount.max(HIGHEST_RATE)
const plan = z.discriminatedUnion('kind', [
  z.looseObject({ ...open, kind: z.enum(['rps', 'rate']), rate, curve }),
  z.looseObject({ ...closed, kind: z.literal('vus'), vus, curve }),
  z.looseObject({ ...closed, kind: z.literal('iterations'), vus, iterations: count, shared: z.boolean() }),
  z.looseObject({
    ...{ ...closed, kind: z.literal('adaptive'), limit: text, signal: z.union([z.literal('mean'), amount]) },
    ...{ latency: amount, window: amount, shortestWindow: amount, deadBand: amount, from: amount },
  }),
  z.looseObject({
    ...{ ...open, kind: z.literal('capacity'), latency: z.looseObject({}), errorRate: amount, from: rate, to: rate },
    ...{ hold: amount, within: amount, limit: amount },
  }),
])

/** Schema of a plan, of which the code that runs it reads the rest. */
const task = z.strictObject({
  document: z.looseObject({ file: text }),
  workflowId: text,
  planOptions: z.looseObject({}),
  plan,
  inputs: z.discriminatedUnion('kind', [
    z.looseObject({ kind: z.literal('fixed'), inputs }),
    z.looseObject({ kind: z.literal('rows'), rows: z.array(inputs) }),
    z.looseObject({ kind: z.literal('called') }),
  ]),
  subjects: z.array(z.unknown()),
  transport: z.looseObject({ name: z.enum(['wire', 'undici', 'http2']) }),
  connections: z.looseObject({}),
  channels: z.unknown().optional(),
  applications: z.unknown().optional(),
  hooks: z.looseObject({ list: z.array(z.looseObject({})), inputs }).optional(),
  starved: z.unknown().optional(),
})

const durations = cells(Uint32Array, noDurations().length)
const interval = z.looseObject({
  ...{ start: amount, length: number, phase: z.enum(['ramp-up', 'warm-up', 'search', 'measured', 'ramp-down']) },
  ...{ due: count, started: count, dropped: count, passed: count, failed: count, requests: count, errors: count },
  ...{ retried: count, inFlight: number, flightTime: number, latencies: count, latencySum: number },
  buckets: cells(Uint32Array, BUCKETS),
  durationBuckets: durations,
  late: z.looseObject({ count, buckets: cells(Uint32Array, BUCKETS) }).optional(),
  watched: z.array(z.looseObject({ requests: count, errors: count, latencies: z.array(histograms) })).optional(),
  responses: z
    .array(
      z.looseObject({
        ...{ step: text, status: count, requests: count, durations: number, buckets: durations },
        errors: z.record(z.string(), count),
        firstEvents: z.looseObject({ durations: number, buckets: durations }).optional(),
      }),
    )
    .optional(),
  books: z
    .looseObject({
      ledger: cells(Int32Array, Ledger.BYTES / Int32Array.BYTES_PER_ELEMENT),
      measured: number,
      errors: z.array(kindOf(errors)).optional(),
    })
    .optional(),
})

const summary = kindOf(latencies).and(histograms)
const counters = ['opened', 'lost', 'requests', 'reused', 'resent', 'refused', 'reconnected', 'waits', 'waited']
const result = z.looseObject({
  recorded: z.looseObject({
    ...{ responseTime: summary, serviceTime: summary, lateness: summary },
    steps: z.array(kindOf(step).and(z.looseObject({ serviceTime: histograms }))),
    errors: z.array(kindOf(errors)),
    slowest: z.array(kindOf(slow)),
    window: z.looseObject({ from: moment, to: moment }),
  }),
  ended: z.looseObject({ reason: z.enum(['completed', 'cut short']), at: number }),
  transport: z.looseObject({
    name: text,
    counters: z.looseObject(
      Object.fromEntries([...counters, 'streams', 'streamsAtOnce', 'mostStreams'].map(name => [name, amount])),
    ),
    protocols: z.array(text).optional(),
  }),
  bodiesReadInPart: count,
  hooks: z.array(kindOf(hookFigures)).optional(),
  health: kindOf(threadHealth).optional(),
})

const fromAgent = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('ready'), refused: text.optional() }),
  z.looseObject({ type: z.literal('interval'), thread, counts: interval }),
  z.looseObject({
    type: z.literal('asked'),
    thread,
    asked: z.discriminatedUnion('type', [
      z.looseObject({ type: z.literal('ask'), rows: count.max(MOST_ROWS) }),
      z.looseObject({ type: z.literal('ask for'), user: count }),
    ]),
  }),
  z.looseObject({
    type: z.literal('call'),
    thread,
    call: z.looseObject({
      ...{ id: count, hook: z.enum(['setup', 'teardown']), per: z.enum(['run', 'vu', 'iteration']) },
      ...{ user: count, inputs },
    }),
  }),
  z.looseObject({ type: z.literal('setup failed'), cause: text }),
  z.looseObject({ type: z.literal('changes'), changes, at: moment }),
  z.looseObject({ type: z.literal('late'), start: number, by: number }),
  z.looseObject({
    type: z.literal('ended'),
    thread,
    end: z.discriminatedUnion('state', [
      z.looseObject({ state: z.literal('done'), result }),
      z.looseObject({ state: z.literal('lost'), cause: text, isEnded: z.boolean().optional() }),
    ]),
  }),
  z.looseObject({
    type: z.literal('used'),
    used: z.looseObject({ generator: kindOf(usage), machine: z.looseObject({ clockJump: number }) }),
  }),
  z.looseObject({ type: z.literal('fault'), message: text }),
])

/** Reads a message of the other side. Throws an Error with the place that does not fit its schema. */
const reader =
  <T>(schema: z.ZodType, thing: string) =>
  (value: unknown): T => {
    const parsed = schema.safeParse(value)
    if (parsed.success) return value as T
    throw failure('read', thing, faultsOf(parsed.error.issues)[0]!)
  }

export const readHello = reader<Hello>(hello, 'what an agent says of itself')
export const readAsk = reader<Ask>(ask, 'the ask for agents')
export const readJoin = reader<Join>(join, 'the request to join')
export const readJoined = reader<Joined>(joined, 'the response')
export const readTime = reader<number>(number, 'the time of its clock')
export const readToAgent = reader<ToAgent>(toAgent, 'a message of the coordinator')
export const readFromAgent = reader<FromAgent>(fromAgent, 'a message of the agent')
export const readTask = reader<SharedTask>(task, 'the plan')
