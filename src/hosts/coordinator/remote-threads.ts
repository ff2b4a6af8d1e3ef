import { serialize } from 'node:v8'
import { failed } from '../../ground/fault.ts'
import { given } from '../../ground/given.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { AGENTS_LEAD } from '../../load/plan/agents.ts'
import type { HostOfRun, TaskOfThread, ThreadEnd, ThreadEvents, Threads } from '../../load/run/pool.ts'
import {
  LEDGER_PLACES,
  limitPlaces,
  type Places,
  STOP_PLACES,
  WARM_UP_PLACES,
} from '../../load/thread/shared-places.ts'
import { realClock } from '../../measure/clock.ts'
import type { Bus } from '../bus.ts'
import { Link } from '../link.ts'
import { applyChanges, type Changes, ChangeWatch } from '../mirror.ts'
import type { FromAgent, Hello, HostUse, Share, SharedTask, ToAgent } from '../protocol.ts'
import { hashOf, seal } from '../seal.ts'
import { saidOf, toldOf } from '../subjects.ts'
import { clockOfAgent, type Host, join, shareOut } from './hosts.ts'

const MIRROR: Milliseconds = 100
/** Agents that were not heard for so long are lost. */
const LOST: Milliseconds = 3_000
const LOOK: Milliseconds = 250

interface Memory {
  shared: SharedArrayBuffer
  places: Places
}

/** Threads on other hosts, which run one plan together as those of one process do. */
export class RemoteThreads implements Threads {
  readonly lead = AGENTS_LEAD
  readonly #joined: Promise<readonly OneHost[]>
  #hosts: readonly OneHost[] = []
  readonly #watches: readonly ChangeWatch[]
  #callOff = () => {}
  #isClosed = false

  /** Asks the agents to join a run of these tasks, and gives each its share. */
  constructor(
    bus: Bus,
    agents: readonly Hello[],
    tasks: readonly TaskOfThread[],
    events: ThreadEvents,
    isNew: boolean,
  ) {
    const [{ stop, limit, plan }] = tasks as [TaskOfThread, ...TaskOfThread[]]
    const memory = limit && { shared: limit, places: limitPlaces(plan) }
    const initial: Share['memory'] = limit ? { limit: new Uint8Array(limit).slice() } : {}
    this.#watches = [
      new ChangeWatch('stop', stop, STOP_PLACES.told),
      ...(memory ? [new ChangeWatch('limit', memory.shared, memory.places.told)] : []),
    ]
    this.#joined = this.#join(bus, agents, tasks, { isNew, memory: initial }, (run, host) => {
      return new OneHost(bus, run, host, tasks, events, memory)
    })
    this.#joined.catch(() => {})
  }

  async ready(): Promise<{ refused?: string }> {
    const readiness = await Promise.all((await this.#joined).map(host => host.ready))
    return readiness.find(({ refused }) => refused !== undefined) ?? {}
  }

  start(at: Milliseconds): void {
    for (const host of this.#hosts) host.tell({ type: 'start', at: at + host.offset })
  }

  tell(thread: number, told: Parameters<Threads['tell']>[1]): void {
    this.#hostOf(thread)?.tell({ type: 'told', thread, told })
  }

  settle(at: Milliseconds): void {
    for (const host of this.#hosts) host.tell({ type: 'settled', at })
  }

  end(thread: number, cause: string): void {
    this.#hostOf(thread)?.tell({ type: 'end', thread, cause })
  }

  async ended(): Promise<ThreadEnd[]> {
    return (await Promise.all((await this.#joined).map(host => host.ended))).flat()
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

  async #join(
    bus: Bus,
    agents: readonly Hello[],
    tasks: readonly TaskOfThread[],
    rest: Pick<Share, 'isNew' | 'memory'>,
    open: (run: string, host: Host) => OneHost,
  ): Promise<readonly OneHost[]> {
    const plan = serialize(sharedOf(tasks[0]!))
    const title = `${tasks[0]!.document.file}#${tasks[0]!.workflowId}`
    const { run, hosts } = await join(bus, shareOut(agents, tasks.length), hashOf(plan), title)
    this.#hosts = hosts.map(host => open(run, host))
    const count = tasks.length
    for (const [index, { hello, first, threads }] of hosts.entries()) {
      const stripe = { first, width: threads, of: count }
      const share = { plan: seal(plan, hello.key), first, threads, count, stripe, ...rest }
      this.#hosts[index]!.tell({ type: 'share', share })
    }
    this.#mirror()
    return this.#hosts
  }

  #hostOf(thread: number): OneHost | undefined {
    return this.#hosts.find(host => host.has(thread))
  }

  readonly #mirror = (): void => {
    if (this.#isClosed) return
    const changes = this.#watches.flatMap(watch => watch.take() ?? [])
    if (changes.length > 0) for (const host of this.#hosts) host.tell({ type: 'changes', changes })
    this.#callOff = realClock.after(MIRROR, this.#mirror)
  }
}

/** What `.env` files say stays here: an agent has its own environment. */
function sharedOf(task: TaskOfThread): SharedTask {
  const {
    share: _,
    ledger: _1,
    stop: _2,
    counters: _3,
    limit: _4,
    warmUp: _5,
    search: _6,
    environment: _7,
    ...rest
  } = task
  return rest
}

/** The coordinator's side of one agent. */
class OneHost {
  readonly ready: Promise<{ refused?: string }>
  readonly ended: Promise<ThreadEnd[]>
  readonly #bus: Bus
  readonly #link: Link
  readonly #host: Host
  #used: HostUse | undefined
  #drift: Milliseconds | undefined
  readonly #events: ThreadEvents
  readonly #memory = new Map<string, Memory>()
  readonly #ends = new Map<number, ThreadEnd>()
  #onReady: (readiness: { refused?: string }) => void = () => {}
  #onEnded: (ends: ThreadEnd[]) => void = () => {}
  #callOff = () => {}

  constructor(
    bus: Bus,
    run: string,
    host: Host,
    tasks: readonly TaskOfThread[],
    events: ThreadEvents,
    limit: Memory | undefined,
  ) {
    this.#bus = bus
    this.#host = host
    this.#events = events
    const { address } = host.hello
    this.ready = new Promise(resolve => {
      this.#onReady = resolve
    })
    this.ended = new Promise(resolve => {
      this.#onEnded = resolve
    })
    for (let thread = host.first; thread < host.first + host.threads; thread++)
      this.#memory.set(`ledger ${thread}`, { shared: tasks[thread]!.ledger, places: LEDGER_PLACES })
    if (limit) this.#memory.set('limit', limit)
    const { warmUp } = tasks[0]!
    if (warmUp) this.#memory.set('warm-up', { shared: warmUp, places: WARM_UP_PLACES })
    this.#link = new Link({
      bus,
      says: toldOf(address, run),
      hears: saidOf(address, run),
      onMessage: message => this.#hear(message as FromAgent),
      onFault: error => this.#lose(`it said what cannot be read: ${error.message}`),
    })
    this.#look()
  }

  /** How far its clock is ahead of ours. */
  get offset(): Milliseconds {
    return this.#host.clock.offset
  }

  get figures(): HostOfRun {
    const { hello, clock, first, threads } = this.#host
    const { name: host, machine } = hello
    return given({ host, machine, clock: given({ ...clock, drift: this.#drift }), first, threads, used: this.#used })
  }

  has(thread: number): boolean {
    return thread >= this.#host.first && thread < this.#host.first + this.#host.threads
  }

  tell(message: ToAgent): void {
    this.#link.say(message)
  }

  async close(): Promise<void> {
    this.#callOff()
    this.tell({ type: 'bye' })
    await Promise.race([this.#link.heard(), new Promise<void>(done => realClock.after(LOST, done))])
    this.#link.close()
  }

  #hear(message: FromAgent): void {
    const events = this.#events
    if (message.type === 'ready') this.#onReady(given({ refused: message.refused }))
    else if (message.type === 'interval') events.onInterval(message.thread, message.counts)
    else if (message.type === 'asked') events.onAsk(message.thread, message.asked)
    else if (message.type === 'call') events.onCall(message.thread, message.call)
    else if (message.type === 'setup failed') events.onSetupFailed(message.cause)
    else if (message.type === 'changes') this.#apply(message.changes)
    else if (message.type === 'ended') this.#end(message.thread, message.end)
    else if (message.type === 'used' && this.#ends.size === this.#host.threads) void this.#part(message.used)
    else if (message.type === 'fault') this.#lose(message.message.replace(/\.$/, ''))
  }

  #apply(all: readonly Changes[]): void {
    for (const changes of all) {
      const memory = this.#memory.get(changes.name)
      if (memory === undefined) continue
      const { first, threads } = this.#host
      const places = Array.from({ length: threads }, (_, index) => memory.places.said(first + index)).flat()
      applyChanges(memory.shared, places, changes)
    }
  }

  #end(thread: number, end: ThreadEnd): void {
    if (this.#ends.has(thread) || !this.has(thread)) return
    const own = this.#named(end)
    this.#ends.set(thread, own)
    this.#events.onEnd(thread, own)
    if (this.#ends.size < this.#host.threads) return
    this.#onReady({})
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
    const { hello, clock } = this.#host
    const now = await clockOfAgent(this.#bus, hello.address).catch(() => undefined)
    this.#drift = now && now.offset - clock.offset
    this.#leave()
  }

  #leave(): void {
    this.#callOff()
    this.#onEnded([...this.#ends].sort(([a], [b]) => a - b).map(([, ended]) => ended))
  }

  /** It says no more, or nothing that can be used: what it had said counts. */
  #lose(why: string): void {
    const { first, threads, hello } = this.#host
    for (let thread = first; thread < first + threads; thread++)
      this.#end(thread, {
        state: 'lost',
        cause: failed('run', `the share of agent ${hello.name}`, why),
        host: hello.name,
      })
    this.#leave()
  }

  readonly #look = (): void => {
    if (this.#link.silence > LOST) this.#lose('it was not heard for 3 s')
    else this.#callOff = realClock.after(LOOK, this.#look)
  }
}
