import { performance } from 'node:perf_hooks'
import { setEnvironmentFiles } from '../../ground/environment.ts'
import { isUserError } from '../../ground/fault.ts'
import { collectGarbageOnce } from '../../ground/garbage.ts'
import { limitReach, type Reach } from '../../ground/reach.ts'
import { setImmediate } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { threadRests } from '../../http/select/index.ts'
import type { Transport } from '../../http/transport.ts'
import { ApplicationWaits, waitsOf } from '../../measure/application-waits.ts'
import { realClock } from '../../measure/clock.ts'
import { CpuWaitMeter, isStarved } from '../../measure/cpu-wait.ts'
import { sparedByCores, waitedForCore } from '../../measure/proc-stat.ts'
import { StallMeter } from '../../measure/stalls.ts'
import { Channels } from '../../workflow/channel/connect.ts'
import { compilePlan, type Plan } from '../../workflow/plan.ts'
import { User } from '../../workflow/user.ts'
import { setKnownApplications } from '../applications.ts'
import { ProbeBooks, probeBook, SharedSchedule } from '../capacity/books.ts'
import type { SharedSearch } from '../capacity/model.ts'
import type { IntervalCounts } from '../counts/intervals.ts'
import { type Feed, openFeed, SharedCounters } from '../feed/feed.ts'
import type { InputRow } from '../feed/source.ts'
import { SharedLimit } from '../limit/shared-limit.ts'
import { type HookWorkflow, planOf } from '../plan/hooks.ts'
import * as hosts from '../plan/hosts.ts'
import { SharedWarmUp } from '../warm-up/shared-warm-up.ts'
import { execute } from './executor.ts'
import { Ledger } from './ledger.ts'
import type { Call, FromThread, Returned, ThreadResult, ThreadTask, ToThread } from './protocol.ts'
import { Recorder } from './recorder.ts'
import { rehearse, WindowWatch } from './rehearsal.ts'
import { connectionsAhead, openAhead, transportOfShare, usersAhead } from './transport.ts'
import { UserHooks } from './user-hooks.ts'

/** How often a thread that has not begun yet looks whether it is to stop. */
const LOOK: Milliseconds = 50

/** How long an application that refuses connections is waited for, however long the warm-up is. */
const LONGEST_START: Milliseconds = 30_000

/** Objects of the rehearsal, kept until the thread begins. */
const rehearsed: object[] = []

/** The entry of a load thread. Rejects never: what goes wrong here is sent as its end. */
export default async function runThread(task: ThreadTask): Promise<void> {
  const { port } = task
  const send: Send = message => port.postMessage(message)
  try {
    send({ type: 'ended', end: { state: 'done', result: await run(task, send) } })
  } catch (error) {
    send({ type: 'ended', end: { state: 'fault', error: error as Error } })
  } finally {
    port.close()
  }
}

async function run(task: ThreadTask, send: Send): Promise<ThreadResult> {
  setEnvironmentFiles(task.environment)
  limitReach(task.reach)
  if (task.applications !== undefined) setKnownApplications(task.applications)
  const cell = new Int32Array(task.stop)
  const stopped = () => Atomics.load(cell, 0) !== 0
  const plan = compilePlan(task.document, task.workflowId, task.planOptions)
  const makeTransport = () => transportOfShare(task.transport, task.plan, task.share, plan, task.connections)
  const transport = await makeTransport()
  // Connections of their own, which are not among those of the load.
  const ofHooks = task.hooks && (await makeTransport())
  const feed = openFeed(task.inputs, new SharedCounters(task.counters, task.stripe), task.plan.seed)
  const channels = task.channels === undefined ? undefined : new Channels(task.channels)
  const calls = callsBy(send)
  const { started, fed } = listen(task, feed, calls, send)
  const onSetupFailed = (cause: string) => send({ type: 'setup failed', cause })
  const means = ofHooks && { transport: ofHooks, channels, call: calls.make }
  const hooks = means && new UserHooks({ plan, hooks: task.hooks!, means, feed, onSetupFailed })
  const watch = new WindowWatch()
  const callOff = beat(new Ledger(task.ledger))
  const ready: Ready = { task, plan, transport, channels, stopped, feed: hooks ?? feed, hooks, watch }
  try {
    const keys = plan.steps.map(({ key }) => key)
    const { cast } = await rehearse(task.plan, keys, task.subjects, watch.onWindow)
    rehearsed.push(...cast)
    const missing = await unless(stopped, connect(channels, plan))
    const [refused] = (await unless(stopped, Promise.all([open(plan, transport, task, stopped), fed]))) ?? []
    const reason = missing ?? refused
    if (hooks && reason === undefined) await unless(stopped, hooks.setUpAll(usersAhead(task.plan, task.share)))
    if (reason === undefined && !stopped()) await collectGarbageOnce()
    send({ type: 'ready', refused: reason })
    const start = (await started) - performance.timeOrigin
    callOff()
    const ending = load(ready, start, counts => send({ type: 'interval', counts }))
    rehearsed.length = 0
    const result = await ending
    await hooks?.tearDown()
    return { ...result, hooks: hooks?.figures }
  } finally {
    callOff()
    for (const one of [transport, ofHooks]) one?.abort()
    await Promise.all([transport.close(), ofHooks?.close()])
    await channels?.close()
  }
}

/** Shows that the event loop turns, until it is cancelled: what is slow is not stuck. */
function beat(ledger: Ledger): () => void {
  let callOff = () => {}
  const again = () => {
    ledger.beat()
    callOff = realClock.after(LOOK, again)
  }
  again()
  return () => callOff()
}

/** Imports and opens the transports of channels. Returns the reason when one cannot be. */
async function connect(channels: Channels | undefined, plan: Plan): Promise<string | undefined> {
  try {
    await channels?.open(plan.channels)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/**
 * Opens connections ahead. Returns the reason if not one can be opened. An application that refuses them may still be
 * starting: it has as long as the warm-up lasts, and the load begins after that.
 */
async function open(plan: Plan, transport: Transport, task: ThreadTask, stopped: () => boolean) {
  const connections = connectionsAhead(task.plan, task.share, plan, task.connections)
  const until = realClock.now() + Math.min(task.plan.rampUp + task.plan.warmUp, LONGEST_START)
  for (;;) {
    const refusal = await openAhead(plan, transport, connections)
    if (refusal?.failure !== 'refused' || realClock.now() >= until || stopped()) return refusal?.message
    await new Promise<void>(resolve => realClock.after(LOOK, resolve))
  }
}

/** State of a thread before it begins. */
interface Ready {
  task: ThreadTask
  plan: Plan
  transport: Transport
  channels: Channels | undefined
  stopped: () => boolean
  feed: Feed
  hooks: UserHooks | undefined
  watch: WindowWatch
}

async function load(
  { task, plan, transport, channels, stopped, feed, hooks, watch }: Ready,
  start: Milliseconds,
  onInterval: (counts: IntervalCounts) => void,
): Promise<ThreadResult> {
  const stepKeys = plan.steps.map(step => step.key)
  const { unchecked } = threadRests
  const ledger = new Ledger(task.ledger)
  const search = searchOfThread(task)
  const waits = task.starved && new ApplicationWaits(waitsOf(task.starved))
  const stalls = new StallMeter(undefined, undefined, waits)
  const recorder = new Recorder({
    plan: task.plan,
    stepKeys,
    ledger,
    origin: start,
    onInterval,
    subjects: task.subjects,
    thread: task.share.index,
    warmUp: task.warmUp && new SharedWarmUp(task.plan, task.warmUp),
    search,
    stalls,
    tellsBooks: task.stripe !== undefined,
  })
  watch.start()
  const ended = await execute({
    plan: task.plan,
    share: task.share,
    clock: realClock,
    turn: setImmediate,
    makeUser: (think, number) => new User(plan, transport, realClock, recorder, think, channels, hooks?.keepOf(number)),
    cleanUp: hooks?.cleanUp,
    feed,
    transport,
    requestsPerRun: plan.requestsPerRun,
    recorder,
    start,
    stopped,
    search,
    limit: task.limit && new SharedLimit(task.share.count, task.limit),
    onWindow(event) {
      if (event === 'begins') stalls.mark()
      watch.onWindow(event)
    },
  })
  stalls.close()
  watch.stop()
  const { name, protocols } = transport
  const recorded = recorder.close(ended.at)
  return {
    recorded,
    ended,
    transport: { name, protocols, counters: { ...transport.counters } },
    bodiesReadInPart: threadRests.unchecked - unchecked,
    health: watch.health && { ...watch.health, stalls: recorded.stalls },
  }
}

/** When it begins, and when the first inputs are there. */
function listen({ port, plan, share }: ThreadTask, feed: Feed, calls: ReturnType<typeof callsBy>, send: Send) {
  const started = new Promise<Milliseconds>(resolve => {
    port.on('message', (message: ToThread) => {
      if (message.type === 'start') resolve(message.at)
      else if (message.type === 'returned') calls.end(message)
      else feed.give?.(message)
    })
  })
  return { started, fed: feed.open?.(send, usersAhead(plan, share), () => realClock.now()) }
}

/** Value of `promise`; undefined as soon as the condition holds. */
async function unless<T>(condition: () => boolean, promise: Promise<T>): Promise<T | undefined> {
  let callOff = () => {}
  const met = new Promise<undefined>(resolve => {
    const look = () => {
      if (condition()) resolve(undefined)
      else callOff = realClock.after(LOOK, look)
    }
    look()
  })
  try {
    return await Promise.race([promise, met])
  } finally {
    callOff()
  }
}

type Send = (message: FromThread) => void

/** Calls of functions that the main thread makes for a load thread. */
function callsBy(send: Send) {
  const waiting = new Map<number, (returned: Returned) => void>()
  let count = 0
  return {
    make({ hook, per }: Pick<Call, 'hook' | 'per'>, user: number, inputs: InputRow): Promise<Returned> {
      const id = count++
      send({ type: 'call', id, hook, per, user, inputs })
      return new Promise(resolve => waiting.set(id, resolve))
    },
    end(returned: Returned): void {
      waiting.get(returned.id)?.(returned)
      waiting.delete(returned.id)
    },
  }
}

/** State of a search in a load thread; undefined without a search. */
function searchOfThread({ plan, share, search }: ThreadTask): SharedSearch | undefined {
  if (plan.kind !== 'capacity' || search === undefined) return undefined
  const schedule = new SharedSchedule(search.schedule)
  const books = new ProbeBooks(share.count, search.books)
  return { schedule, book: probeBook(books, share.index, schedule, plan.latency), strain: strainMeter() }
}

/** How the thread that makes it fares. */
function strainMeter(): NonNullable<SharedSearch['strain']> {
  const wait = new CpuWaitMeter({ waited: waitedForCore, spared: sparedByCores })
  let marked = performance.eventLoopUtilization()
  return {
    mark() {
      marked = performance.eventLoopUtilization()
      wait.begin()
    },
    read() {
      const { utilization } = performance.eventLoopUtilization(marked)
      const soFar = wait.soFar()
      const starved = soFar && isStarved(soFar) ? soFar : undefined
      return { busy: utilization, waited: starved?.share ?? 0, longestWait: starved?.longest ?? 0 }
    },
    stop: () => wait.end(),
  }
}

/**
 * Addresses that requests of workflows of others reach, or a text of why they are unknown. The load thread's entry
 * exports it.
 */
export function touchedBy(foreign: { workflows: readonly HookWorkflow[]; reach: Reach }): hosts.Touched[] | string {
  limitReach(foreign.reach)
  try {
    return foreign.workflows.map(planOf).flatMap(hosts.touchedBy)
  } catch (error) {
    if (isUserError(error)) return error.message
    throw error
  }
}
