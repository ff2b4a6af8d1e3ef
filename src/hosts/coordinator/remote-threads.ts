import { serialize } from 'node:v8'
import type { Milliseconds } from '../../ground/units.ts'
import type { Hearing } from '../../load/capacity/hearing.ts'
import { AGENTS_LEAD } from '../../load/plan/agents.ts'
import type { HostOfRun, TaskOfThread, ThreadEnd, ThreadEvents, Threads } from '../../load/run/pool.ts'
import { limitPlaces, SCHEDULE_PLACES, STOP_PLACES } from '../../load/thread/shared-places.ts'
import { realClock } from '../../measure/clock.ts'
import type { Bus } from '../bus.ts'
import { ChangeWatch, MIRROR } from '../mirror.ts'
import type { Hello, Share, SharedTask } from '../protocol.ts'
import { type JoinedHost, join, shareOut } from './hosts.ts'
import { OneHost } from './one-host.ts'

/** Looks in which threads have heard of what is told, beside the time that it travels: one here, and one of theirs. */
const HEARD = 2.5

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
    const [{ stop, limit, plan, search }] = tasks as [TaskOfThread, ...TaskOfThread[]]
    const told = [
      ...(limit ? [{ name: 'limit', shared: limit, places: limitPlaces(plan) }] : []),
      ...(search ? [{ name: 'schedule', shared: search.schedule, places: SCHEDULE_PLACES }] : []),
    ]
    const memory = Object.fromEntries(told.map(({ name, shared }) => [name, new Uint8Array(shared).slice()]))
    this.#watches = [
      new ChangeWatch('stop', stop, STOP_PLACES.told),
      ...told.map(({ name, shared, places }) => new ChangeWatch(name, shared, places.told)),
    ]
    this.#joined = this.#join(bus, agents, tasks, { isNew, memory }, (run, host) => {
      return new OneHost(bus, run, host, tasks, events)
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

  hearing(): Hearing {
    return {
      lead: HEARD * MIRROR + 4 * Math.max(...this.#hosts.map(host => host.within)),
      delay: 2 * MIRROR,
      knownTo: now => Math.min(now, ...this.#hosts.map(host => host.knownTo)),
      lateSince: from => this.#hosts.map(host => host.lateSince(from)).find(late => late !== undefined),
    }
  }

  end(thread: number, cause: string): void {
    this.#hostOf(thread)?.end(thread, cause)
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
    open: (run: string, host: JoinedHost) => OneHost,
  ): Promise<readonly OneHost[]> {
    const plan = serialize(sharedOf(tasks[0]!))
    const title = `${tasks[0]!.document.file}#${tasks[0]!.workflowId}`
    const count = tasks.length
    const shares = shareOut(agents, count)
    this.#hosts = await join(bus, shares, title, open)
    for (const [index, { first, threads }] of shares.entries()) {
      const stripe = { first, width: threads, of: count }
      const share = { plan, first, threads, count, stripe, ...rest }
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
