import { failure } from '../ground/fault.ts'
import { HIGHEST_RATE, HIGHEST_THREADS, HIGHEST_VUS } from '../ground/fields.ts'
import { faultsOf } from '../ground/issues.ts'
import { tried } from '../ground/tried.ts'
import * as z from '../ground/zod.ts'
import { noCounts } from '../http/pooled-transport.ts'
import { BUCKETS } from '../load/counts/intervals.ts'
import { noDurations } from '../load/counts/response-counts.ts'
import type { HostOfRun } from '../load/run/pool.ts'
import { Ledger } from '../load/thread/ledger.ts'
import type { FromThread, RunTask, ToThread } from '../load/thread/protocol.ts'
import { decodeBuckets } from '../measure/histogram-text.ts'
import { schemaOf } from '../measure/kinds.ts'
import { errors, examples, slow } from '../measure/report/failures.ts'
import { hookFigures } from '../measure/report/hooks.ts'
import { iterations } from '../measure/report/iterations.ts'
import { latencies, step } from '../measure/report/latency.ts'
import { thread as threadHealth } from '../measure/report/thread.ts'
import { usage } from '../measure/report/usage.ts'
import { PUBLIC_KEY } from './seal.ts'
import { ID } from './subjects.ts'

/*
 * Messages between a coordinator and its agents: those of load threads, with the number of the thread, and a few of
 * their own. Schemas are open: figures of reports have fields that need no look here.
 */

/** Version of the protocol. Both sides must have the same number. */
export const PROTOCOL = 3

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

const isHistogram = (value: unknown) => typeof value === 'string' && tried(() => decodeBuckets(value)) !== undefined
const histogram = z.custom<string>(isHistogram, 'Invalid input: no histogram')
const histograms = z.object({
  histogram,
  undelayed: histogram.optional(),
  undisturbed: histogram.optional(),
  cut: histogram.optional(),
})

/** Description of an agent, in its response to a question. */
const hello = z
  .object({
    protocol: count,
    /** Unique among the agents of a server. */
    name: id,
    /** Word of all its subjects: the name, which its rights are by, a dot, and what no other process has. */
    address: text,
    version: text,
    /** Threads that it would run. */
    threads: count.min(1).max(HIGHEST_THREADS),
    /** Its machine, cores and Node.js, for people. */
    machine: text,
    /** Whether it works on a run now. */
    isBusy: z.boolean(),
    /** Public key (X25519, SPKI, DER) that keys of a run are agreed on with. */
    key: bytes.refine(({ length }) => length === PUBLIC_KEY, 'Invalid input: no public key'),
  })
  .refine(({ name, address }) => address.startsWith(`${name}.`) && ID.test(address.slice(name.length + 1)), {
    message: 'it does not begin with its name',
    path: ['address'],
  })
export type Hello = z.core.output<typeof hello>

/** Question to all agents; `ask` is the word of the subjects of responses. */
const ask = z.object({ protocol: count, ask: id })
export type Ask = z.core.output<typeof ask>

/** Question to one agent; sealed, and after the public key of the coordinator's for this run and agent. */
const join = z.object({
  protocol: count,
  version: text,
  run: id,
  /** Owner of the run, for display: `"checkout at peak" of ci@runner-3`. */
  from: text,
  /** Title of the load, for display. */
  title: text,
})
export type Join = z.core.output<typeof join>

const joined = z.discriminatedUnion('state', [
  z.object({ state: z.literal('joined') }),
  z.object({ state: z.literal('refused'), why: text }),
])
export type Joined = z.core.output<typeof joined>

/** Changes of mirrored memories: byte ranges, by the position of their first byte. */
const changes = z
  .array(z.object({ name: text, pieces: z.array(z.object({ at: count, bytes })).max(LONGEST_TEXT) }))
  .max(4 * HIGHEST_THREADS)
export type Changes = z.core.output<typeof changes>

/** The part of a run that one agent has. */
const share = z
  .object({
    /** RunTask of all threads, serialized once for all agents. */
    plan: bytes,
    /** Numbers of its threads among those of the run. */
    first: thread,
    threads: thread.min(1),
    count: count.min(1).max(HIGHEST_THREADS),
    isNew: z.boolean(),
  })
  .refine(({ first, threads, count }) => first + threads <= count, 'threads beyond the run')
export type Share = z.core.output<typeof share>

/** A message of, or to, one of the threads of a run. */
type OfThread<M> = M & { thread: number }

const ownToAgent = [
  z.object({ type: z.literal('share'), share }),
  /** Begins at milliseconds since the epoch of the agent's own clock. */
  z.object({ type: z.literal('start'), at: number }),
  z.object({ type: z.literal('changes'), changes }),
  z.object({ type: z.literal('end'), thread, cause: text }),
  /** Start of the measured window, from the start of the run, when it is known. */
  z.object({ type: z.literal('settled'), at: number }),
  /** The run is over, and the agent is free; `lost` with why it counts as lost, where others go on. */
  z.object({ type: z.literal('bye'), lost: text.optional() }),
] as const

/** Messages to an agent in a run. */
export type ToAgent = z.core.output<(typeof ownToAgent)[number]> | OfThread<Exclude<ToThread, { type: 'start' }>>

const toAgent = z.discriminatedUnion('type', [
  ...ownToAgent,
  z.object({ type: z.literal('rows'), thread, rows: z.array(inputs), isLast: z.boolean() }),
  z.object({ type: z.literal('row'), thread, user: count, row: inputs.optional() }),
  z.object({ type: z.literal('returned'), thread, id: count, outputs: inputs, failure: text.optional() }),
])

const amount = number.min(0)
const times = {
  ...{ rampUp: amount, warmUp: amount, duration: amount, rampDown: amount, gracefulStop: amount, seed: number },
  threads: count.min(1).max(HIGHEST_THREADS),
  maxVus: count.max(HIGHEST_VUS),
}
const curve = z.array(z.object({ from: amount, to: amount, length: amount }))
const vus = count.max(HIGHEST_VUS)
const open = { ...times, model: z.literal('open') }
const closed = { ...times, model: z.literal('closed') }
const rate = amount.max(HIGHEST_RATE)
const plan = z.discriminatedUnion('kind', [
  z.object({ ...open, kind: z.enum(['rps', 'rate']), rate, curve }),
  z.object({ ...closed, kind: z.literal('vus'), vus, curve }),
  z.object({ ...closed, kind: z.literal('iterations'), vus, iterations: count }),
  z.object({ ...closed, kind: z.literal('adaptive'), latency: amount, from: amount }),
  z.object({
    ...{ ...open, kind: z.literal('capacity'), latency: z.object({}), errorRate: amount, from: rate, to: rate },
    ...{ hold: amount, limit: amount },
  }),
])

/** Schema of a plan, of which the code that runs it reads the rest. */
const task = z.strictObject({
  document: z.object({ file: text }),
  workflowId: text,
  planOptions: z.object({}),
  plan,
  inputs: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('fixed'), inputs }),
    z.object({ kind: z.literal('rows'), rows: z.array(inputs) }),
    z.object({ kind: z.literal('called') }),
  ]),
  subjects: z.array(z.unknown()),
  transport: z.object({ name: z.enum(['wire', 'undici', 'http2']) }),
  connections: z.object({}),
  channels: z.unknown().optional(),
  applications: z.unknown().optional(),
  hooks: z.object({ list: z.array(z.object({})), inputs }).optional(),
})

const durations = cells(Uint32Array, noDurations().length)
const interval = z.object({
  ...{ start: amount, length: number, phase: z.enum(['ramp-up', 'warm-up', 'search', 'measured', 'ramp-down']) },
  ...{ due: count, started: count, dropped: count, passed: count, failed: count, requests: count, errors: count },
  ...{ retried: count, inFlight: number, flightTime: number, latencies: count, latencySum: number },
  buckets: cells(Uint32Array, BUCKETS),
  durationBuckets: durations,
  late: z.object({ count, buckets: cells(Uint32Array, BUCKETS) }).optional(),
  watched: z.array(z.object({ requests: count, errors: count, latencies: z.array(histograms) })).optional(),
  responses: z
    .array(
      z.object({
        ...{ step: text, status: count, requests: count, durations: number, buckets: durations },
        errors: z.record(z.string(), count),
        firstEvents: z.object({ durations: number, buckets: durations }).optional(),
      }),
    )
    .optional(),
  books: z
    .object({
      ledger: cells(Int32Array, Ledger.BYTES / Int32Array.BYTES_PER_ELEMENT),
      measured: number,
      errors: z.array(schemaOf(errors)).optional(),
    })
    .optional(),
})

const summary = schemaOf(latencies).and(histograms)
const result = z.object({
  recorded: z.object({
    ...{ responseTime: summary, serviceTime: summary, lateness: summary },
    steps: z.array(schemaOf(step).and(z.object({ serviceTime: histograms }))),
    errors: z.array(schemaOf(errors)),
    slowest: z.array(schemaOf(slow)),
    examples: schemaOf(examples),
    iterations: schemaOf(iterations),
    window: z.object({ from: moment, to: moment }),
  }),
  ended: z.object({ reason: z.enum(['completed', 'cut short']), at: number }),
  transport: z.object({
    name: text,
    counters: z.object(Object.fromEntries(Object.keys(noCounts()).map(name => [name, amount]))),
    protocols: z.array(text).optional(),
  }),
  bodiesReadInPart: count,
  hooks: z.array(schemaOf(hookFigures)).optional(),
  health: schemaOf(threadHealth).optional(),
})

/** Resources of an agent's process, and the effects of its machine. */
export type HostUse = NonNullable<HostOfRun['used']>

const ownFromAgent = [
  /** All that changed until `at`, from the start of the run. */
  z.object({ type: z.literal('changes'), changes, at: moment }),
  /** A rate that began at `start` arrived late by this time. */
  z.object({ type: z.literal('late'), start: number, by: number }),
  /** It cannot run its share; with why, as a sentence. */
  z.object({ type: z.literal('fault'), message: text }),
] as const

/** Messages of an agent in a run. */
export type FromAgent =
  | z.core.output<(typeof ownFromAgent)[number]>
  | OfThread<FromThread>
  /** Resources of its process in the measured window, after all its threads have ended. */
  | { type: 'used'; used: HostUse }

const fromAgent = z.discriminatedUnion('type', [
  ...ownFromAgent,
  z.object({ type: z.literal('ready'), thread, refused: text.optional() }),
  z.object({ type: z.literal('interval'), thread, counts: interval }),
  z.object({ type: z.literal('need rows'), thread, rows: count.max(MOST_ROWS) }),
  z.object({ type: z.literal('need row'), thread, user: count }),
  z.object({
    ...{ type: z.literal('call'), thread, id: count, user: count, inputs },
    ...{ hook: z.enum(['setup', 'teardown']), per: z.enum(['run', 'vu', 'iteration']) },
  }),
  z.object({ type: z.literal('setup failed'), thread, cause: text }),
  z.object({
    type: z.literal('ended'),
    thread,
    end: z.discriminatedUnion('state', [
      z.object({ state: z.literal('done'), result }),
      z.object({ state: z.literal('lost'), cause: text, isEnded: z.boolean().optional() }),
    ]),
  }),
  z.object({
    type: z.literal('used'),
    used: z.object({ generator: schemaOf(usage), machine: z.object({ clockJump: number }) }),
  }),
])

/** Reads a message of the other side. Throws an Error with the place that does not fit its schema. */
const reader =
  <T>(schema: z.ZodType, thing: string) =>
  (value: unknown): T => {
    const parsed = schema.safeParse(value)
    if (parsed.success) return value as T
    throw failure('read', thing, faultsOf(parsed.error.issues)[0]!)
  }

/** Readers of messages. */
export const read = {
  hello: reader<Hello>(hello, 'what an agent says of itself'),
  ask: reader<Ask>(ask, 'the ask for agents'),
  join: reader<Join>(join, 'the request to join'),
  joined: reader<Joined>(joined, 'the response'),
  time: reader<number>(number, 'the time of its clock'),
  toAgent: reader<ToAgent>(toAgent, 'a message of the coordinator'),
  fromAgent: reader<FromAgent>(fromAgent, 'a message of the agent'),
  task: reader<RunTask>(task, 'the plan'),
}
