import { isForeseen } from '../../ground/fault.ts'
import { given } from '../../ground/given.ts'
import { tried } from '../../ground/tried.ts'
import { formatMs, type Milliseconds } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import { atMost } from '../../load/run/at-most.ts'
import { mergeThreads } from '../../load/run/merge.ts'
import type { HostOfRun, TaskOfThread, ThreadEnd, ThreadEvents } from '../../load/run/pool.ts'
import { Ledger } from '../../load/thread/ledger.ts'
import {
  BOOKS_PLACES,
  LEDGER_PLACES,
  limitPlaces,
  type Places,
  WARM_UP_PLACES,
} from '../../load/thread/shared-places.ts'
import { realClock } from '../../measure/clock.ts'
import { compilePlan } from '../../workflow/plan.ts'
import type { Bus } from '../bus.ts'
import type { ClockOffset } from '../clock-offset.ts'
import { Link } from '../link.ts'
import { readFromAgent } from '../messages.ts'
import { applyChanges, type Changes } from '../mirror.ts'
import type { FromAgent, HostUse, ToAgent } from '../protocol.ts'
import { saidOf, toldOf } from '../subjects.ts'
import { clockOfAgent, type JoinedHost } from './hosts.ts'

/** Agents that were not heard for so long are lost. */
const LOST: Milliseconds = 3_000
const LOOK: Milliseconds = 250
/** How long it is waited at the end for a lost one to hear that it is. */
const LAST_WORD: Milliseconds = 500
/** How long one may take to make its threads ready, which connect, and may import modules. */
const READY: Milliseconds = 60_000
/** How long it may take to end a thread when it is told to, and to say what it used when all have ended. */
const END: Milliseconds = 5_000
/** How well its clock has to be known at the end: a drift of 5 ms is a doubt. */
const DRIFT: Milliseconds = 1
/** The longest message of an agent, in bytes: histograms of its threads, compressed. */
const LONGEST = 64 * 1024 * 1024

/** Goes on within a sentence. */
const withoutStop = (sentence: string) => sentence.replace(/\.$/, '')

interface Memory {
  shared: SharedArrayBuffer
  places: Places
}

/** The coordinator's side of one agent. */
export class OneHost {
  readonly ready: Promise<{ refused?: string }>
  readonly ended: Promise<ThreadEnd[]>
  readonly #bus: Bus
  readonly #link: Link
  readonly #host: JoinedHost
  #clock: ClockOffset = { offset: 0, within: 0 }
  #used: HostUse | undefined
  #knownTo: Milliseconds = Number.NEGATIVE_INFINITY
  readonly #late: { start: Milliseconds; by: Milliseconds }[] = []
  #drift: Milliseconds | undefined
  readonly #events: ThreadEvents
  readonly #task: TaskOfThread
  readonly #memory = new Map<string, Memory>()
  readonly #ends = new Map<number, ThreadEnd>()
  #isReady = false
  #isLost = false
  #onReady: (readiness: { refused?: string }) => void = () => {}
  #onEnded: (ends: ThreadEnd[]) => void = () => {}
  readonly #timers: (() => void)[] = []
  #callOff = () => {}

  constructor(bus: Bus, run: string, host: JoinedHost, tasks: readonly TaskOfThread[], events: ThreadEvents) {
    this.#bus = bus
    this.#host = host
    this.#events = events
    this.#task = tasks[0]!
    const { hello, keyFor } = host
    const { address } = hello
    this.ready = new Promise(resolve => {
      this.#onReady = resolve
    })
    this.ended = new Promise(resolve => {
      this.#onEnded = resolve
    })
    for (let thread = host.first; thread < host.first + host.threads; thread++)
      this.#memory.set(`ledger ${thread}`, { shared: tasks[thread]!.ledger, places: LEDGER_PLACES })
    const { warmUp, limit, search, plan } = this.#task
    if (limit) this.#memory.set('limit', { shared: limit, places: limitPlaces(plan) })
    if (search) this.#memory.set('books', { shared: search.books, places: BOOKS_PLACES })
    if (warmUp) this.#memory.set('warm-up', { shared: warmUp, places: WARM_UP_PLACES })
    this.#link = new Link({
      bus,
      says: toldOf(address, run),
      hears: saidOf(address, run),
      keys: { says: keyFor('to agent'), hears: keyFor('from agent') },
      longest: LONGEST,
      onMessage: message => this.#hear(readFromAgent(message)),
      onFault: error => this.#lose(isForeseen(error) ? withoutStop(error.message) : 'what it said makes no sense'),
    })
    this.#atLatest(READY, () => this.#isReady || this.#lose('it was not ready within 60 s'))
    this.#look()
  }

  /** Compares its clock with ours, as it has to be before the load; rejects when it does not respond. */
  async compareClock(): Promise<void> {
    this.#clock = await clockOfAgent(this.#bus, this.#host)
  }

  /** How far its clock is ahead of ours, and how far off that may be. */
  get offset(): Milliseconds {
    return this.#clock.offset
  }

  get within(): Milliseconds {
    return this.#clock.within
  }

  /** Until when all that it had to say is known, from the start of the run. */
  get knownTo(): Milliseconds {
    return this.#knownTo
  }

  /** Says of the worst stretch that began at `from` or later how late it was heard of, if it was. */
  lateSince(from: Milliseconds): string | undefined {
    const late = this.#late.filter(({ start }) => start >= from).map(({ by }) => by)
    if (late.length === 0) return undefined
    return `agent ${this.#host.hello.name} heard of the rate ${formatMs(Math.max(...late))} after it had begun`
  }

  get figures(): HostOfRun {
    const { hello, first, threads } = this.#host
    const { name: host, machine } = hello
    const clock: HostOfRun['clock'] = given({ ...this.#clock, drift: this.#drift })
    return given({ host, machine, clock, first, threads, used: this.#used })
  }

  has(thread: number): boolean {
    return thread >= this.#host.first && thread < this.#host.first + this.#host.threads
  }

  tell(message: ToAgent): void {
    this.#link.say(message)
  }

  /** Ends a thread that does not end by itself. */
  end(thread: number, cause: string): void {
    this.tell({ type: 'end', thread, cause })
    this.#atLatest(END, () => this.#ends.has(thread) || this.#lose(`it did not end thread ${thread + 1} in 5 s`))
  }

  async close(): Promise<void> {
    this.#leave()
    if (!this.#isLost) this.tell({ type: 'bye' })
    await atMost(this.#isLost ? LAST_WORD : LOST, this.#link.heard())
    this.#link.close()
  }

  #hear(message: FromAgent): void {
    if (this.#isLost) return
    const events = this.#events
    const lie = this.#lieOf(message)
    if (lie !== undefined) return this.#lose(lie)
    if (message.type === 'ready') this.#ready(given({ refused: message.refused }))
    else if (message.type === 'interval') events.onInterval(message.thread, message.counts)
    else if (message.type === 'asked') events.onAsk(message.thread, message.asked)
    else if (message.type === 'call') events.onCall(message.thread, message.call)
    else if (message.type === 'setup failed') events.onSetupFailed(message.cause)
    else if (message.type === 'changes') this.#apply(message.changes, message.at)
    else if (message.type === 'late') this.#late.push(message)
    else if (message.type === 'ended') this.#hearEnd(message.thread, message.end)
    else if (message.type === 'used' && this.#ends.size === this.#host.threads) void this.#part(message.used)
    else if (message.type === 'fault') this.#lose(withoutStop(message.message))
  }

  /** A lie of a well-formed message: it cannot be true of this run. */
  #lieOf(message: FromAgent): string | undefined {
    if ('thread' in message && !this.has(message.thread))
      return `it speaks for thread ${message.thread + 1}, which it does not have`
    const { inputs, hooks } = this.#task
    if (message.type === 'asked') {
      const wanted = inputs.per === 'vu' ? 'ask for' : 'ask'
      if (inputs.kind !== 'called' || message.asked.type !== wanted) return 'it asks for inputs that it has'
    } else if (message.type === 'call') {
      const { hook, per } = message.call
      const isThere = hooks?.list.some(one => one.hook === hook && one.per === per && one.workflow === undefined)
      if (!isThere) return `it calls ${hook}.${per}, which is no function of this load test`
    } else if (message.type === 'ended' && message.end.state === 'done')
      return this.#lieOfEnd(message.thread, message.end)
    return undefined
  }

  #lieOfEnd(thread: number, { result }: ThreadEnd & { state: 'done' }): string | undefined {
    const { document, workflowId, planOptions } = this.#task
    const keys = compilePlan(document, workflowId, planOptions).steps.map(({ key }) => key)
    const { steps } = result.recorded
    if (steps.length !== keys.length) return `it reports ${counted(steps.length, 'step')} of ${keys.length}`
    const { shared } = this.#memory.get(`ledger ${thread}`)!
    if (!new Ledger(shared).isBalanced) return `the books of its thread ${thread + 1} do not balance`
    return tried(() => mergeThreads(keys, [], [result])) === undefined ? 'its figures cannot be added up' : undefined
  }

  #apply(all: readonly Changes[], at: Milliseconds): void {
    for (const changes of all) {
      const memory = this.#memory.get(changes.name)
      if (memory === undefined) continue
      const { first, threads } = this.#host
      const places = Array.from({ length: threads }, (_, index) => memory.places.said(first + index)).flat()
      applyChanges(memory.shared, places, changes)
    }
    this.#knownTo = at
  }

  /** What it does without one of its threads is not its share of the load. */
  #hearEnd(thread: number, end: ThreadEnd): void {
    if (end.state === 'done') return this.#end(thread, end)
    const became = end.isEnded ? 'was ended' : 'was lost'
    this.#lose(`its load thread ${thread + 1} ${became}: ${end.cause}`)
  }

  #end(thread: number, end: ThreadEnd): void {
    if (this.#ends.has(thread) || !this.has(thread)) return
    const own = this.#named(end)
    this.#ends.set(thread, own)
    this.#events.onEnd(thread, own)
    if (this.#ends.size < this.#host.threads) return
    this.#ready({})
    this.#atLatest(END, () => this.#leave())
  }

  #ready(readiness: { refused?: string }): void {
    this.#isReady = true
    this.#onReady(readiness)
  }

  /** Does something unless it has left by then. */
  #atLatest(limit: Milliseconds, late: () => void): void {
    this.#timers.push(realClock.after(limit, late))
  }

  /** A thread does not know on which host it is. */
  #named(end: ThreadEnd): ThreadEnd {
    if (end.state === 'lost' || end.result.health === undefined) return end
    const health = { ...end.result.health, host: this.#host.hello.name }
    return { ...end, result: { ...end.result, health } }
  }

  /** All its threads have ended: what it used is known, and how far its clock is by now. */
  async #part(used: HostUse): Promise<void> {
    this.#used = used
    for (const callOff of this.#timers.splice(0)) callOff()
    this.#atLatest(2 * END, () => this.#leave())
    const now = await clockOfAgent(this.#bus, this.#host, DRIFT).catch(() => undefined)
    this.#drift = now && now.offset - this.#clock.offset
    this.#leave()
  }

  #leave(): void {
    for (const callOff of [this.#callOff, ...this.#timers.splice(0)]) callOff()
    this.#onEnded([...this.#ends].sort(([a], [b]) => a - b).map(([, ended]) => ended))
  }

  /** It says no more, or nothing that can be used: what it had said counts. It ends its load if it still hears. */
  #lose(why: string): void {
    if (this.#isLost) return
    this.#isLost = true
    const { silence } = this.#link
    this.tell({ type: 'bye', lost: why })
    const { first, threads, hello } = this.#host
    for (let thread = first; thread < first + threads; thread++)
      this.#end(thread, { state: 'lost', cause: why, host: hello.name, silence })
    this.#leave()
  }

  readonly #look = (): void => {
    const why = this.#link.whySilent('it', LOST)
    if (why !== undefined) this.#lose(why)
    else this.#callOff = realClock.after(LOOK, this.#look)
  }
}
