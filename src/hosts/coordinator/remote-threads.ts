import { serialize } from 'node:v8'
import type { Milliseconds } from '../../ground/units.ts'
import type { ProbeEvidence } from '../../load/capacity/probe-evidence.ts'
import { AGENTS_LEAD } from '../../load/plan/agents.ts'
import { type HostOfRun, type OnMessage, RollCall, type Threads } from '../../load/run/pool.ts'
import type { RunTask, ThreadEnd, ThreadPart, ToThread } from '../../load/thread/protocol.ts'
import { realClock } from '../../measure/clock.ts'
import type { Bus } from '../bus.ts'
import type { Hello } from '../messages.ts'
import { MIRROR } from '../mirror.ts'
import { join, shareOut } from './hosts.ts'
import { OneHost } from './one-host.ts'

/**
 * Number of looks within which threads receive a change, in addition to the travel time: one here, and one of theirs.
 */
const HEARD = 2.5

/** Threads on other hosts, which run one plan together as those of one process do. */
export class RemoteThreads implements Threads {
  readonly lead = AGENTS_LEAD
  readonly #joined: Promise<readonly OneHost[]>
  #hosts: readonly OneHost[] = []
  readonly #roll: RollCall
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
    const roll = new RollCall(parts.length)
    this.#roll = roll
    this.#joined = this.#join(bus, agents, task, parts, isNew, (thread, message) => {
      roll.note(thread, message)
      onMessage(thread, message)
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
    await Promise.all(this.#hosts.map(host => host.parted))
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

  async #join(
    bus: Bus,
    agents: readonly Hello[],
    task: RunTask,
    parts: readonly ThreadPart[],
    isNew: boolean,
    onMessage: OnMessage,
  ): Promise<readonly OneHost[]> {
    const plan = serialize(task)
    const count = parts.length
    const shares = shareOut(agents, count)
    const title = `${task.document.file}#${task.workflowId}`
    this.#hosts = await join(bus, shares, title, (run, host) => new OneHost(bus, run, host, task, parts, onMessage))
    for (const [index, { first, threads }] of shares.entries())
      this.#hosts[index]!.send({ type: 'share', share: { plan, first, threads, count, isNew } })
    this.#mirror()
    return this.#hosts
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
