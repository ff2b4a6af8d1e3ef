import { freemem, totalmem } from 'node:os'
import type { Launch, LaunchEnd, MeasuredPair, SideName } from './pair.ts'

type Launches = Record<SideName, Launch>

interface Kept {
  launches: Launches
  /** Number of the load test that had it last. */
  turn: number
}

/** Share by which the requests to both sides may differ: what they left behind has to be alike. */
const ALIKE = 0.1
/** Share of the machine's memory that has to be free for one more. */
const FREE = 0.25

/**
 * Pairs of launches that one load test leaves to the next one: what starts and warms up an application costs most of a
 * comparison's time. A comparison never has the same pair twice.
 */
export class KeptLaunches {
  readonly #isWanted: () => boolean
  #pairs: Kept[] = []
  #turn = 0
  /** Load test that takes no more of them. */
  #refused = 0
  #notes: string[] = []

  /** @param isWanted whether another load test follows. */
  constructor(isWanted: () => boolean) {
    this.#isWanted = isWanted
  }

  /** A load test begins. */
  next(): void {
    this.#turn++
  }

  /** The pair that was kept first by an earlier load test, if there is one. */
  take(): Launches | undefined {
    if (this.#refused === this.#turn) return undefined
    const kept = this.#pairs.find(({ turn }) => turn < this.#turn)
    this.#drop(kept)
    return kept?.launches
  }

  /** The load test starts all further pairs afresh. */
  refuse(): void {
    this.#refused = this.#turn
  }

  /** Launches that ended by themselves after one load test and before the next. */
  takeNotes(): string[] {
    return this.#notes.splice(0)
  }

  /** Keeps the pair instead of its end, if it can be of use. */
  keep(launches: Launches, measured: MeasuredPair): boolean {
    const { base, head } = measured
    const isFine = base.cause === undefined && head.cause === undefined
    const areAlike = Math.abs(Math.log(head.askedInAll / base.askedInAll)) <= ALIKE
    const { ended: baseEnds } = launches.base
    const { ended: headEnds } = launches.head
    const isOurs = baseEnds !== undefined && headEnds !== undefined
    if (!isFine || !areAlike || !isOurs || !this.#isWanted() || freemem() < FREE * totalmem()) return false
    launches.base.asked = base.askedInAll
    launches.head.asked = head.askedInAll
    const kept = { launches, turn: this.#turn }
    this.#pairs.push(kept)
    void baseEnds().then(end => this.#lose(kept, 'base', end))
    void headEnds().then(end => this.#lose(kept, 'head', end))
    return true
  }

  async close(): Promise<void> {
    await Promise.all(this.#pairs.splice(0).map(stop))
  }

  /** One of them has ended: the other is of no use. */
  #lose(kept: Kept, side: SideName, { how }: LaunchEnd): void {
    if (!this.#pairs.includes(kept)) return
    this.#notes.push(`${side} ${how} after the load of one load test and before that of the next`)
    this.#drop(kept)
    void stop(kept)
  }

  #drop(kept: Kept | undefined): void {
    this.#pairs = this.#pairs.filter(one => one !== kept)
  }
}

const stop = ({ launches }: Kept) => Promise.all([launches.base.stop(), launches.head.stop()])
