import { randomUUID } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import { failed } from '../../ground/fault.ts'
import { plain } from '../../ground/plain.ts'
import { packageVersion } from '../../ground/version.ts'
import { cpuQuota } from '../../load/plan/cores.ts'
import { epochTime } from '../../measure/clock.ts'
import { describeMachine, environmentOf } from '../../measure/environment.ts'
import type { Bus } from '../bus.ts'
import { Link } from '../link.ts'
import { type Hello, type Join, type Joined, PROTOCOL, type ToAgent } from '../protocol.ts'
import { newKeys } from '../seal.ts'
import { ASK, clockOf, joinOf, saidOf, toldOf } from '../subjects.ts'
import { type Rights, ShareRun } from './share-run.ts'

export interface AgentOptions {
  bus: Bus
  name: string
  /** Threads that it runs of each load. */
  threads: number
  /** Its part of a load, among the weights of all. Default: its threads. */
  weight?: number
  rights: Rights
  /** Told what happens, a line each. */
  log(line: string): void
  /** A run has ended. */
  onRun?(): void
}

/** A process that runs a share of loads, one run at a time, for as long as it is open. */
export class Agent {
  readonly #options: AgentOptions
  readonly #keys = newKeys()
  readonly #address: string
  readonly #closing: (() => void)[] = []
  #run: { run: ShareRun; id: string; ended: Promise<void> } | undefined
  #isDraining = false

  constructor(options: AgentOptions) {
    this.#options = options
    const { bus, name } = options
    this.#address = `${name}.${randomUUID()}`
    this.#closing.push(
      bus.subscribe(ASK, (_, reply) => reply && bus.publish(reply, serialize(this.#hello()))),
      bus.subscribe(clockOf(this.#address), (_, reply) => reply && bus.publish(reply, serialize(epochTime()))),
      bus.subscribe(joinOf(this.#address), (bytes, reply) => reply && bus.publish(reply, serialize(this.#join(bytes)))),
    )
  }

  get isBusy(): boolean {
    return this.#run !== undefined
  }

  /** Takes no more runs; resolves when the one that goes on has ended. */
  async drain(): Promise<void> {
    this.#isDraining = true
    await this.#run?.ended
    for (const close of this.#closing) close()
  }

  /** Ends the run that goes on. */
  async end(): Promise<void> {
    await this.#run?.run.over('the agent was ended')
  }

  #hello(): Hello {
    const { name, threads, weight = threads } = this.#options
    const address = this.#address
    const isBusy = this.isBusy || this.#isDraining
    return {
      protocol: PROTOCOL,
      name,
      address,
      version: packageVersion(),
      threads,
      weight,
      machine: describeMachine(environmentOf(cpuQuota())),
      isBusy,
      key: this.#keys.publicKey,
    }
  }

  #join(bytes: Uint8Array): Joined {
    try {
      return this.#joined(deserialize(bytes) as Join)
    } catch {
      return { state: 'refused', why: 'what it was asked cannot be read' }
    }
  }

  #joined({ protocol, version, run: id, from, title, plan }: Join): Joined {
    const { bus, log, rights } = this.#options
    const refused = (why: string): Joined => ({ state: 'refused', why })
    // Asked again, since the response was lost.
    if (this.#run?.id === id) return { state: 'joined' }
    if (protocol !== PROTOCOL || version !== packageVersion())
      return refused(`it has vitest-arazzo ${packageVersion()}, and the coordinator ${version}`)
    if (this.isBusy) return refused('it works on another run')
    if (this.#isDraining) return refused('it is being stopped')
    const asked = `${plain(from)} (${plain(title)})`
    let onEnded = () => {}
    const ended = new Promise<void>(resolve => {
      onEnded = resolve
    })
    const link = new Link({
      bus,
      says: saidOf(this.#address, id),
      hears: toldOf(this.#address, id),
      onMessage: message => run.hear(message as ToAgent),
      onFault: error => log(failed('read', `a message of ${asked}`, error.message)),
    })
    const run = new ShareRun({
      link,
      keys: this.#keys,
      plan,
      rights,
      onOver: why => {
        link.close()
        this.#run = undefined
        log(`ended ${asked}: ${why}`)
        onEnded()
        this.#options.onRun?.()
      },
    })
    this.#run = { run, id, ended }
    log(`joined ${asked}`)
    return { state: 'joined' }
  }
}
