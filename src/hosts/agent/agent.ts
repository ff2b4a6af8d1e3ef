import { randomUUID } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import { Deferred } from '../../ground/deferred.ts'
import { plain } from '../../ground/plain.ts'
import { limitReach } from '../../ground/reach.ts'
import { tried } from '../../ground/tried.ts'
import { packageVersion } from '../../ground/version.ts'
import { cpuQuota } from '../../load/plan/cores.ts'
import { epochTime } from '../../measure/clock.ts'
import { describeMachine, environmentOf } from '../../measure/environment.ts'
import type { Bus } from '../bus.ts'
import { Link } from '../link.ts'
import { type Hello, type Join, type Joined, PROTOCOL, read } from '../messages.ts'
import { agree, type KeyFor, newKeys, opened, PUBLIC_KEY } from '../seal.ts'
import { subjects } from '../subjects.ts'
import { type Rights, ShareRun } from './share-run.ts'

interface AgentOptions {
  bus: Bus
  name: string
  /** Threads that it runs of each load. */
  threads: number
  rights: Rights
  /** Runs that it joins with the same keys, each of which it notes down. Default 1,000. */
  runsOfKeys?: number
  /** Receives log lines. */
  log(line: string): void
  /** A run has ended. */
  onRun?(): void
}

const NOTHING = new Uint8Array(0)
/** Bytes of a share without its plan: memory of a search or a limit. */
const SLACK = 16_000_000
const RUNS_OF_KEYS = 1_000

/** A process that runs a share of loads, one run at a time, for as long as it is open. */
export class Agent {
  readonly #options: AgentOptions
  #keys = newKeys()
  readonly #address: string
  readonly #closing: (() => void)[] = []
  #run: { run: ShareRun; id: string; keyFor: KeyFor; ended: Promise<void> } | undefined
  /** Ids of runs that it joined with its keys: a recorded run that is published again begins nothing. */
  readonly #joined = new Set<string>()
  #isDraining = false

  constructor(options: AgentOptions) {
    this.#options = options
    const { bus, name, rights } = options
    limitReach(rights.reach)
    this.#address = `${name}.${randomUUID()}`
    this.#closing.push(
      bus.subscribe(subjects.ask, bytes => this.#onAsk(bytes)),
      bus.subscribe(subjects.clock(this.#address), (bytes, reply) => reply && bus.publish(reply, this.#clock(bytes))),
      bus.subscribe(subjects.join(this.#address), (bytes, reply) => reply && bus.publish(reply, this.#join(bytes))),
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

  /** A recorded question can be opened only with the keys of its time. */
  #renewKeys(): void {
    if (this.#joined.size < (this.#options.runsOfKeys ?? RUNS_OF_KEYS)) return
    this.#keys = newKeys()
    this.#joined.clear()
  }

  #onAsk(bytes: Uint8Array): void {
    const asked = tried(() => read.ask(deserialize(bytes)))
    if (asked) this.#options.bus.publish(subjects.fromAgent(this.#address, asked.ask), serialize(this.#hello()))
  }

  #hello(): Hello {
    const { name, threads } = this.#options
    const address = this.#address
    const isBusy = this.isBusy || this.#isDraining
    return {
      protocol: PROTOCOL,
      name,
      address,
      version: packageVersion(),
      threads,
      machine: describeMachine(environmentOf(cpuQuota())),
      isBusy,
      key: this.#keys.publicKey,
    }
  }

  /** Without agreed keys, the response is empty. */
  #clock(bytes: Uint8Array): Uint8Array {
    const keyFor = this.#run?.keyFor
    return (keyFor && tried(() => opened(keyFor, 'clock', bytes).sealed(epochTime()))) ?? NOTHING
  }

  #join(bytes: Uint8Array): Uint8Array {
    const keyFor = tried(() => agree(this.#keys, bytes.subarray(0, PUBLIC_KEY)))
    const question = keyFor && tried(() => opened(keyFor, 'join', bytes.subarray(PUBLIC_KEY)))
    if (!question) return NOTHING
    try {
      return question.sealed(this.#respond(read.join(question.asked), keyFor))
    } catch (error) {
      return question.sealed({ state: 'refused', why: (error as Error).message })
    }
  }

  #respond({ protocol, version, run: id, from, title }: Join, keyFor: KeyFor): Joined {
    const { bus, log, rights } = this.#options
    const refused = (why: string): Joined => ({ state: 'refused', why })
    // Asked again, since the response was lost.
    if (this.#run?.id === id) return { state: 'joined' }
    if (protocol !== PROTOCOL || version !== packageVersion())
      return refused(`it has vitest-arazzo ${packageVersion()}, and the coordinator ${version}`)
    if (this.#joined.has(id)) return refused('it has run its part of this run')
    if (this.isBusy) return refused('it works on another run')
    if (this.#isDraining) return refused('it is being stopped')
    this.#joined.add(id)
    const asked = `${plain(from)} (${plain(title)})`
    const ended = new Deferred()
    const link = new Link({
      bus,
      says: subjects.fromAgent(this.#address, id),
      hears: subjects.toAgent(this.#address, id),
      keys: { says: keyFor('from agent'), hears: keyFor('to agent') },
      onMessage: message => run.take(read.toAgent(message)),
      longest: rights.limits.plan + SLACK,
      onFault: error => run.refuse(error),
    })
    const run = new ShareRun({
      link,
      rights,
      onOver: why => {
        link.close()
        this.#run = undefined
        this.#renewKeys()
        log(`ended ${asked}: ${why}`)
        ended.resolve()
        this.#options.onRun?.()
      },
    })
    this.#run = { run, id, keyFor, ended: ended.promise }
    log(`joined ${asked}`)
    return { state: 'joined' }
  }
}
