import { deserialize } from 'node:v8'
import { asUserError, failure, faultOf, isUserError } from '../../ground/fault.ts'
import type { Reach } from '../../ground/reach.ts'
import { formatMs, type Milliseconds } from '../../ground/units.ts'
import { SharedSchedule } from '../../load/capacity/books.ts'
import type { HookWorkflow } from '../../load/plan/hooks.ts'
import { assertAllowed, type Touched } from '../../load/plan/hosts.ts'
import { settledAt, windowOf } from '../../load/plan/load-plan.ts'
import { type Meters, measureIn, openMeters } from '../../load/run/meters.ts'
import { keepPool, openThreads, type Threads, takePool } from '../../load/run/pool.ts'
import { workerFile } from '../../load/run/worker-file.ts'
import { Ledger } from '../../load/thread/ledger.ts'
import type { FromThread, RunTask, ThreadPart, ToThread } from '../../load/thread/protocol.ts'
import { memoryParts, type SharedMemory, sharedMemoryFor } from '../../load/thread/shared-memory.ts'
import { SharedWarmUp } from '../../load/warm-up/shared-warm-up.ts'
import { type Clock, epochTime, realClock } from '../../measure/clock.ts'
import type { Link } from '../link.ts'
import { type Changes, type FromAgent, read, type Share, type ToAgent } from '../messages.ts'
import { MIRROR, type Mirror, mirrorOf, SHOWN } from '../mirror.ts'
import { adviceFor, assertWithin, type Limits, whyOver, whyTooLarge } from './limits.ts'

/** Time without a message after which a coordinator is gone. */
const GONE: Milliseconds = 5_000
const LOOK: Milliseconds = 250
/** Time that threads may take to be ready and to end, in addition to the load. */
const AROUND: Milliseconds = 120_000

/** Rights of an agent, by its own configuration. */
export interface Rights {
  allowHosts: readonly string[]
  /** Whether modules that a plan names are imported here. */
  allowModules: boolean
  /** Variables and files that plans may read. */
  reach: Reach
  limits: Limits
}

interface ShareOptions {
  link: Link
  rights: Rights
  /** The run is over, possibly with a failure. */
  onOver(why: string): void
  clock?: Clock
}

/** The share of a run that an agent has. */
export class ShareRun {
  readonly #options: ShareOptions
  readonly #clock: Clock
  #threads: Threads | undefined
  #first = 0
  #count = 0
  #plan: RunTask['plan'] | undefined
  #meters: Meters | undefined
  /** Threads that have not ended. */
  #left = 0
  #startAt: Milliseconds = 0
  #memory: SharedMemory | undefined
  #mirror: Mirror | undefined
  #warmUp: SharedWarmUp | undefined
  #lateStretches: ReturnType<typeof lateStretchesIn> | undefined
  #callOff = () => {}
  #callOffMeters = () => {}
  readonly #ending = new AbortController()
  #isOver = false
  #begunAt: Milliseconds | undefined
  /** Reason why it failed, for its log: the coordinator then counts it as lost. */
  #fault: string | undefined

  constructor(options: ShareOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
    this.#look()
  }

  /** Takes a message of the coordinator. */
  take(message: ToAgent): void {
    if ('thread' in message) this.#assertOwn(message.thread)
    if (message.type === 'share') void this.#begin(message.share).catch(error => this.#fail(foreseenOf(error as Error)))
    else if (message.type === 'settled') this.#settle(message.at)
    else if (message.type === 'start') this.#start(message.at)
    else if (message.type === 'end') this.#threads?.end(message.thread - this.#first, message.cause)
    else if (message.type === 'changes') this.#apply(message.changes)
    else if (message.type === 'bye') this.#part(message.lost)
    else this.#forward(message.thread, message)
  }

  /** Ends it, and says why: it cannot go on, or may not. */
  refuse(error: Error): void {
    this.#fail(error)
    void this.over(this.#fault!)
  }

  #assertOwn(thread: number): void {
    if (this.#threads && (thread < this.#first || thread >= this.#first + this.#count))
      throw failure('read', 'a message of the coordinator', `thread ${thread + 1} is not of this agent's part`)
  }

  #forward(thread: number, message: ToThread): void {
    const rows = message.type === 'rows' ? message.rows.length : 0
    const over = whyOver(this.#options.rights.limits, 'rows', rows, 'its rows of inputs are')
    if (over) throw over
    this.#threads?.send(thread - this.#first, message)
  }

  #part(lost?: string): void {
    const told = lost === undefined ? 'the run is over' : `the coordinator counts it as lost: ${lost}`
    void this.over(this.#fault ?? told)
  }

  /** Ends all that runs of it, and says so once. */
  async over(why: string): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    this.#ending.abort()
    this.#callOff()
    this.#callOffMeters()
    if (this.#memory) Atomics.store(new Int32Array(this.#memory.stop), 0, 1)
    await Promise.all([this.#threads?.close(), this.#meters?.stop()])
    this.#options.onOver(why)
  }

  async #begin(share: Share): Promise<void> {
    if (this.#begunAt !== undefined) throw failure('run', 'the plan', 'the agent has one already')
    this.#begunAt = this.#clock.now()
    const task = read.task(deserialize(share.plan))
    assertWithin(this.#options.rights.limits, task, share)
    if (share.count !== task.plan.threads)
      throw failure('run', 'the plan', `it has ${task.plan.threads} threads, and its shares are of ${share.count}`)
    const parts = this.#partsOf(task, share)
    await this.#assertAllowed(task, share.threads)
    if (this.#isOver) return
    this.#first = share.first
    this.#count = share.threads
    this.#plan = task.plan
    this.#left = share.threads
    this.#meters = await openMeters({ targets: {} }, [])
    if (this.#isOver) return void this.#meters.stop()
    // Its own rights count at each dial, not those that the coordinator names.
    const connections = { ...task.connections, allowHosts: this.#options.rights.allowHosts }
    const onMessage = (thread: number, message: FromThread) => this.#onMessage(share.first + thread, message)
    this.#threads = openThreads(workerFile(), { ...task, connections }, parts, onMessage, share.isNew)
    this.#mirrorAgain()
    await this.#threads.ready()
  }

  /** @param at milliseconds since the epoch. */
  #start(at: Milliseconds): void {
    const late = epochTime() - at
    if (late > 0) return this.#fail(new Error(`it received the start time only ${formatMs(late)} after it`))
    this.#startAt = at
    if (this.#plan && !this.#warmUp && !this.#lateStretches) this.#measure(this.#plan)
    this.#threads?.start(at)
  }

  /** It is known where the measured window of all hosts begins. */
  #settle(at: Milliseconds): void {
    if (!this.#plan) return
    if (this.#warmUp?.settleAt(at) === false)
      return this.#fail(new Error('it received the end of the warm-up too late'))
    this.#measure(settledAt(this.#plan, at))
  }

  #measure(plan: RunTask['plan']): void {
    if (this.#meters) this.#callOffMeters = measureIn(windowOf(plan), -this.#time(), this.#meters, this.#clock)
  }

  /** Time from the start of the run; below 0 before it, or before that is known. */
  #time(): Milliseconds {
    return this.#startAt === 0 ? Number.NEGATIVE_INFINITY : epochTime() - this.#startAt
  }

  async #assertAllowed({ document, workflowId, planOptions, channels, hooks }: RunTask, threads: number) {
    const { allowModules, allowHosts } = this.#options.rights
    if (channels !== undefined && !allowModules)
      throw failure('run', 'the plan', 'it imports modules of channels', 'Start the agent with --allow-modules.')
    const ofHooks = hooks?.list.flatMap(({ workflow }) => workflow ?? []) ?? []
    const touched = await this.#touchedBy([{ document, workflowId, planOptions }, ...ofHooks], threads)
    await assertAllowed(touched, allowHosts).catch(error => {
      const fault = faultOf(error)
      if (fault === undefined) throw error
      // Said in the words of the agent's own configuration.
      const advice = `Start the agent with --allow-host ${new URL(fault.thing).hostname} if it may load it.`
      throw failure(fault.verb, fault.thing, fault.found, advice)
    })
  }

  /** Compiles in a thread of the load, which can be ended: a document of others may take any time for that. */
  async #touchedBy(workflows: readonly HookWorkflow[], threads: number): Promise<Touched[]> {
    const { limits, reach } = this.#options.rights
    const pool = takePool(workerFile(), threads, false)
    const slow = new AbortController()
    const callOff = this.#clock.after(limits.compile, () => slow.abort())
    const signal = AbortSignal.any([slow.signal, this.#ending.signal])
    try {
      const { returned } = pool.run({ workflows, reach }, { name: 'touchedBy', signal })
      const found = (await returned) as Touched[] | string
      if (typeof found !== 'string') return found
      throw asUserError(new Error(found))
    } catch (error) {
      if (!slow.signal.aborted) throw error
      throw failure(
        'run',
        'the plan',
        `it takes more than ${formatMs(limits.compile)} to compile`,
        adviceFor('compile'),
      )
    } finally {
      callOff()
      if (signal.aborted) await pool.destroy()
      else keepPool(pool)
    }
  }

  /** Creates its memory, like that of the coordinator, so that later changes are not lost. */
  #partsOf({ plan }: RunTask, { first, threads, count }: Share): ThreadPart[] {
    const memory = sharedMemoryFor(plan)
    this.#memory = memory
    this.#warmUp = memory.warmUp && new SharedWarmUp(plan, memory.warmUp)
    this.#lateStretches = memory.search && lateStretchesIn(memory.search.schedule)
    const ledgers = Array.from({ length: threads }, () => new SharedArrayBuffer(Ledger.BYTES))
    this.#mirror = mirrorOf(memoryParts(plan, memory, ledgers, first), 'byThreads')
    const stripe = { first, width: threads, of: count }
    const { reach } = this.#options.rights
    return ledgers.map((ledger, index) => ({
      ...memory,
      share: { index: first + index, count },
      stripe,
      ledger,
      reach,
    }))
  }

  #onMessage(thread: number, message: FromThread): void {
    if (message.type !== 'ended') return this.#say({ ...message, thread })
    if (message.end.state === 'fault') return this.#fail(message.end.error)
    this.#sayChanges()
    this.#say({ ...message, thread })
    this.#left--
    if (this.#left === 0) void this.#sayUsed().catch(error => this.#fail(error as Error))
  }

  async #sayUsed(): Promise<void> {
    const used = await this.#meters?.stop()
    if (used) this.#say({ type: 'used', used: { generator: used.generator, machine: used.machine } })
  }

  #apply(changes: Changes): void {
    this.#mirror?.apply(changes)
    for (const late of this.#lateStretches?.(this.#time()) ?? []) this.#say({ type: 'late', ...late })
  }

  readonly #mirrorAgain = (): void => {
    if (this.#isOver) return
    const { limit, warmUp, search } = this.#memory ?? {}
    this.#sayChanges()
    this.#callOff = this.#clock.after(limit || warmUp || search ? MIRROR : SHOWN, this.#mirrorAgain)
  }

  /** A search also sends unchanged values, because it waits for confirmation. */
  #sayChanges(): void {
    const at = this.#time()
    const changes = this.#mirror?.take() ?? []
    if (changes.length > 0 || this.#lateStretches) this.#say({ type: 'changes', changes, at })
  }

  #say(message: FromAgent): void {
    if (!this.#isOver) this.#options.link.say(message)
  }

  #fail(error: Error): void {
    this.#fault ??= `it ${this.#threads === undefined ? 'refused' : 'failed'}: ${error.message}`
    this.#say({ type: 'fault', message: error.message })
  }

  /** Load without anybody who would stop it is stopped. */
  readonly #look = (): void => {
    if (this.#isOver) return
    const { link, rights } = this.#options
    const why = link.whySilent('the coordinator', GONE)
    if (why !== undefined) return void this.over(why)
    const time = this.#begunAt === undefined ? 0 : this.#clock.now() - this.#begunAt - AROUND
    const over = whyOver(rights.limits, 'duration', time, 'it has taken') ?? whyTooLarge(rights.limits)
    if (over && this.#begunAt !== undefined) this.refuse(over)
    else this.#clock.after(LOOK, this.#look)
  }
}

/** Text of an error. An unexpected error means that the plan has another version. */
function foreseenOf(error: Error): Error {
  if (isUserError(error)) return error
  const found = 'it is not one that vitest-arazzo makes'
  return failure('run', 'the plan', found, 'Start the load test again.', { cause: error })
}

/**
 * Watches the schedule of a search in an agent. Returns what finds the stretches that arrived late since it was last
 * asked: their start, and by how much.
 *
 * @param memory everything in it arrived in time.
 */
export function lateStretchesIn(memory: SharedArrayBuffer) {
  const schedule = new SharedSchedule(memory)
  let known = schedule.length
  return (now: Milliseconds): { start: Milliseconds; by: Milliseconds }[] => {
    const late: { start: Milliseconds; by: Milliseconds }[] = []
    for (; known < schedule.length; known++) {
      const start = schedule.startOf(known)
      if (start < now) late.push({ start, by: now - start })
    }
    return late
  }
}
