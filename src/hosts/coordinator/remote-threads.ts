import { serialize } from 'node:v8'
import { Deferred } from '../../ground/deferred.ts'
import { isUserError } from '../../ground/fault.ts'
import { tried } from '../../ground/tried.ts'
import { formatMs, type Milliseconds } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import type { ProbeEvidence } from '../../load/capacity/governor.ts'
import { AGENTS_LEAD } from '../../load/plan/agents.ts'
import { mergeThreads } from '../../load/run/merge.ts'
import { atMost, callRoll, type HostOfRun, type OnMessage, type Threads } from '../../load/run/pool.ts'
import { Ledger } from '../../load/thread/ledger.ts'
import type { RunTask, ThreadEnd, ThreadPart, ToThread } from '../../load/thread/protocol.ts'
import { memoryParts } from '../../load/thread/shared-memory.ts'
import { realClock } from '../../measure/clock.ts'
import { compilePlan } from '../../workflow/plan.ts'
import type { Bus } from '../bus.ts'
import { Link } from '../link.ts'
import { type FromAgent, type Hello, type HostUse, read, type ToAgent } from '../messages.ts'
import { MIRROR, type Mirror, mirrorOf } from '../mirror.ts'
import { subjects } from '../subjects.ts'
import { type ClockOffset, clockOfAgent, type JoinedHost, join, shareOut } from './hosts.ts'

/**
 * Number of looks within which threads receive a change, in addition to the travel time: one here, and one of theirs.
 */
const HEARD = 2.5

/** Threads on other hosts, which run one plan together as those of one process do. */
export class RemoteThreads implements Threads {
  readonly lead = AGENTS_LEAD
  readonly #joined: Promise<void>
  #hosts: readonly OneHost[] = []
  readonly #roll: ReturnType<typeof callRoll>
  #callOff = () => {}
  #isClosed = false

  /** Asks the agents to join a run of this task, and gives each its share. */
  constructor(
    bus: Bus,
    agents: readonly Hello[],
    task: RunTask,
    parts: readonly ThreadPart[],
    onMessage: OnMessage,
    isNew: boolean,
  ) {
    const roll = callRoll(parts.length)
    this.#roll = roll
    const note: OnMessage = (thread, message) => {
      roll.note(thread, message)
      onMessage(thread, message)
    }
    const count = parts.length
    const shares = shareOut(agents, count)
    const title = `${task.document.file}#${task.workflowId}`
    const open = (run: string, host: JoinedHost) => new OneHost(bus, run, host, task, parts, note)
    this.#joined = join(bus, shares, title, open).then(hosts => {
      this.#hosts = hosts
      const plan = serialize(task)
      for (const [index, { first, threads }] of shares.entries())
        hosts[index]!.send({ type: 'share', share: { plan, first, threads, count, isNew } })
      this.#mirror()
    })
    this.#joined.catch(() => {})
  }

  async ready(): Promise<{ refused?: string }> {
    await this.#joined
    return this.#roll.ready
  }

  start(at: Milliseconds): void {
    for (const host of this.#hosts) host.send({ type: 'start', at: at + host.clock.offset })
  }

  send(thread: number, message: Exclude<ToThread, { type: 'start' }>): void {
    this.#hostOf(thread)?.send({ ...message, thread })
  }

  settle(at: Milliseconds): void {
    for (const host of this.#hosts) host.send({ type: 'settled', at })
  }

  hearing(): ProbeEvidence {
    return {
      lead: HEARD * MIRROR + 4 * Math.max(...this.#hosts.map(({ clock }) => clock.within)),
      delay: 2 * MIRROR,
      knownTo: now => Math.min(now, ...this.#hosts.map(host => host.knownTo)),
      lateSince: from => this.#hosts.map(host => host.lateSince(from)).find(late => late !== undefined),
    }
  }

  end(thread: number, cause: string): void {
    this.#hostOf(thread)?.end(thread, cause)
  }

  async ended(): Promise<ThreadEnd[]> {
    const ends = await this.#roll.ended
    await Promise.all(this.#hosts.map(host => host.parted.promise))
    return ends
  }

  hosts(): HostOfRun[] {
    return this.#hosts.map(host => host.figures)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#callOff()
    await this.#joined.catch(() => {})
    await Promise.all(this.#hosts.map(host => host.close()))
  }

  #hostOf(thread: number): OneHost | undefined {
    return this.#hosts.find(host => host.has(thread))
  }

  readonly #mirror = (): void => {
    if (this.#isClosed) return
    for (const host of this.#hosts) host.sendChanges()
    this.#callOff = realClock.after(MIRROR, this.#mirror)
  }
}

/** Time without a message after which an agent is lost. */
const LOST: Milliseconds = 3_000
const LOOK: Milliseconds = 250

/** Time at the end for a lost agent to receive that it is lost. */
const LAST_WORD: Milliseconds = 500

/** How long one may take to make its threads ready, which connect, and may import modules. */
const READY: Milliseconds = 60_000

/** Time for a thread to end on request, and for the host to report its usage after all threads have ended. */
const END: Milliseconds = 5_000

/** How well its clock has to be known at the end: a drift of 5 ms is a doubt. */
const DRIFT: Milliseconds = 1

/** The longest message of an agent, in bytes: histograms of its threads, compressed. */
const LONGEST = 64 * 1024 * 1024

/** Goes on within a sentence. */
const withoutStop = (sentence: string) => sentence.replace(/\.$/, '')

/** The coordinator's side of one agent. */
export class OneHost {
  /** Resolves when it has left the run: its threads have ended, and what it used is known, or it is lost. */
  readonly parted = new Deferred()
  /** How far its clock is ahead of ours, and how far off that may be. */
  clock: ClockOffset = { offset: 0, within: 0 }
  /** Until when all that it had to say is known, from the start of the run. */
  knownTo: Milliseconds = Number.NEGATIVE_INFINITY
  readonly #bus: Bus
  readonly #link: Link
  readonly #host: JoinedHost
  #used: HostUse | undefined
  readonly #late: { start: Milliseconds; by: Milliseconds }[] = []
  #drift: Milliseconds | undefined
  readonly #onMessage: OnMessage
  readonly #task: RunTask
  readonly #ledgers: readonly SharedArrayBuffer[]
  readonly #mirror: Mirror
  /** Threads that are not ready, and those that have not ended. */
  readonly #unready = new Set<number>()
  readonly #running = new Set<number>()
  #isLost = false
  readonly #timers: (() => void)[] = []
  #callOff = () => {}

  constructor(
    bus: Bus,
    run: string,
    host: JoinedHost,
    task: RunTask,
    parts: readonly ThreadPart[],
    onMessage: OnMessage,
  ) {
    this.#bus = bus
    this.#host = host
    this.#onMessage = onMessage
    this.#task = task
    const { hello, keyFor, first, threads } = host
    const { address } = hello
    for (let thread = first; thread < first + threads; thread++) {
      this.#unready.add(thread)
      this.#running.add(thread)
    }
    const own = parts.slice(first, first + threads)
    this.#ledgers = own.map(({ ledger }) => ledger)
    this.#mirror = mirrorOf(memoryParts(task.plan, own[0]!, this.#ledgers, first), 'byRun')
    this.#link = new Link({
      bus,
      says: subjects.toAgent(address, run),
      hears: subjects.fromAgent(address, run),
      keys: { says: keyFor('to agent'), hears: keyFor('from agent') },
      longest: LONGEST,
      onMessage: message => this.#take(read.fromAgent(message)),
      onFault: error => this.#lose(isUserError(error) ? withoutStop(error.message) : 'what it said makes no sense'),
    })
    this.#atLatest(READY, () => this.#unready.size === 0 || this.#lose('it was not ready within 60 s'))
    this.#look()
  }

  /** Compares its clock with ours, as it has to be before the load; rejects when it does not respond. */
  async compareClock(): Promise<void> {
    this.clock = await clockOfAgent(this.#bus, this.#host)
  }

  /** Delay of the worst stretch that began at `from` or later and arrived late. */
  lateSince(from: Milliseconds): string | undefined {
    const late = this.#late.filter(({ start }) => start >= from).map(({ by }) => by)
    if (late.length === 0) return undefined
    return `agent ${this.#host.hello.name} received the rate ${formatMs(Math.max(...late))} after it had begun`
  }

  get figures(): HostOfRun {
    const { hello, first, threads } = this.#host
    const { name: host, machine } = hello
    const clock: HostOfRun['clock'] = { ...this.clock, drift: this.#drift }
    return { host, machine, clock, first, threads, used: this.#used }
  }

  has(thread: number): boolean {
    return thread >= this.#host.first && thread < this.#host.first + this.#host.threads
  }

  send(message: ToAgent): void {
    this.#link.say(message)
  }

  /** Sends the changes in the coordinator's memory, if there are any. */
  sendChanges(): void {
    const changes = this.#mirror.take()
    if (changes.length > 0) this.send({ type: 'changes', changes })
  }

  /** Ends a thread that does not end by itself. */
  end(thread: number, cause: string): void {
    this.send({ type: 'end', thread, cause })
    this.#atLatest(END, () => !this.#running.has(thread) || this.#lose(`it did not end thread ${thread + 1} in 5 s`))
  }

  async close(): Promise<void> {
    this.#leave()
    if (!this.#isLost) this.send({ type: 'bye' })
    await atMost(this.#isLost ? LAST_WORD : LOST, this.#link.heard())
    this.#link.close()
  }

  #take(message: FromAgent): void {
    if (this.#isLost) return
    const lie = this.#lieOf(message)
    if (lie !== undefined) return this.#lose(lie)
    if (message.type === 'changes') {
      this.#mirror.apply(message.changes)
      this.knownTo = message.at
    } else if (message.type === 'late') this.#late.push(message)
    else if (message.type === 'ended') this.#takeEnd(message.thread, message.end)
    else if (message.type === 'used') {
      if (this.#running.size === 0) void this.#part(message.used)
    } else if (message.type === 'fault') this.#lose(withoutStop(message.message))
    else {
      if (message.type === 'ready') this.#unready.delete(message.thread)
      this.#onMessage(message.thread, message)
    }
  }

  /** A lie of a well-formed message: it cannot be true of this run. */
  #lieOf(message: FromAgent): string | undefined {
    if ('thread' in message && !this.has(message.thread))
      return `it speaks for thread ${message.thread + 1}, which it does not have`
    const { inputs, hooks } = this.#task
    if (message.type === 'need rows' || message.type === 'need row') {
      const wanted = inputs.per === 'vu' ? 'need row' : 'need rows'
      if (inputs.kind !== 'called' || message.type !== wanted) return 'it asks for inputs that it has'
    } else if (message.type === 'call') {
      const { hook, per } = message
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
    if (!new Ledger(this.#ledgers[thread - this.#host.first]).isBalanced)
      return `the books of its thread ${thread + 1} do not balance`
    return tried(() => mergeThreads(keys, [], [result])) === undefined ? 'its figures cannot be added up' : undefined
  }

  /** Without one of its threads, its load is not its share. */
  #takeEnd(thread: number, end: ThreadEnd): void {
    if (end.state !== 'lost') return this.#end(thread, end)
    const became = end.isEnded ? 'was ended' : 'was lost'
    this.#lose(`its load thread ${thread + 1} ${became}: ${end.cause}`)
  }

  #end(thread: number, end: ThreadEnd): void {
    if (!this.#running.delete(thread)) return
    this.#unready.delete(thread)
    this.#onMessage(thread, { type: 'ended', end: this.#named(end) })
    if (this.#running.size === 0) this.#atLatest(END, () => this.#leave())
  }

  /** Does something unless it has left by then. */
  #atLatest(limit: Milliseconds, late: () => void): void {
    this.#timers.push(realClock.after(limit, late))
  }

  /** A thread does not know on which host it is. */
  #named(end: ThreadEnd): ThreadEnd {
    if (end.state !== 'done' || end.result.health === undefined) return end
    const health = { ...end.result.health, host: this.#host.hello.name }
    return { ...end, result: { ...end.result, health } }
  }

  /** All its threads have ended: what it used is known, and how far its clock is by now. */
  async #part(used: HostUse): Promise<void> {
    this.#used = used
    for (const callOff of this.#timers.splice(0)) callOff()
    this.#atLatest(2 * END, () => this.#leave())
    const now = await clockOfAgent(this.#bus, this.#host, DRIFT).catch(() => undefined)
    this.#drift = now && now.offset - this.clock.offset
    this.#leave()
  }

  #leave(): void {
    for (const callOff of [this.#callOff, ...this.#timers.splice(0)]) callOff()
    this.parted.resolve()
  }

  /** It sends no more, or nothing usable: its earlier figures count. It ends its load if it still receives messages. */
  #lose(why: string): void {
    if (this.#isLost) return
    this.#isLost = true
    const { silence } = this.#link
    this.send({ type: 'bye', lost: why })
    const { name: host } = this.#host.hello
    for (const thread of [...this.#running]) this.#end(thread, { state: 'lost', cause: why, host, silence })
    this.#leave()
  }

  readonly #look = (): void => {
    const why = this.#link.whySilent('it', LOST)
    if (why !== undefined) this.#lose(why)
    else this.#callOff = realClock.after(LOOK, this.#look)
  }
}
