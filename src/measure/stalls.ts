// Hot file. Called for every response: two comparisons, unless 0.75 ms have passed since a turn of the event loop was
// last looked at.

import { closeSync, openSync, readSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setImmediate } from '../ground/timers.ts'
import type { Milliseconds, Share } from '../ground/units.ts'
import type { ApplicationWaits } from './application-waits.ts'
import { waitIn } from './proc-stat.ts'
import type { Stalls } from './report/thread.ts'

/** Data sources. */
interface StallSources {
  /**
   * How long the thread's event loop has waited for something to happen up to now, also while it was ready and had no
   * core.
   */
  idle(): Milliseconds
  /** How long the thread was ready to run and had no core; undefined where the system does not tell. */
  waited(): Milliseconds | undefined
  close(): void
}

/** Timers count in whole milliseconds: less than that is not late. */
const GRAIN: Milliseconds = 1
/**
 * Data that is read within this time after the loop's last look cannot be late. Turns within it are not distinguished,
 * and the system is not read again. It is less than a millisecond by the time of a turn with a few responses.
 */
const QUICK: Milliseconds = 0.75
/**
 * A loop that waited for less than this since it was looked at a few milliseconds ago has no time of its own in which
 * it may have had no core: the system, which takes microseconds to tell, is not asked. A thread that works without a
 * pause would ask at every turn.
 */
const FLEETING: Milliseconds = 0.1
const SHORT: Milliseconds = 4
/**
 * Requests that were held back by a stall are sent at once after it, and queue at the server: no longer than the stall
 * (if all arrivals of a busy period come later by at most S, so do all departures), and less and less. A server that is
 * busy for four fifths of its time recovers a fifth of a second per second.
 */
const MADE_UP: Share = 0.2
/** Wakes that are remembered, for requests that were sent in the wake of one and get their responses after others. */
const WAKES = 16

/** Effect of requests that a stall held back on requests sent from `at` on. */
interface Wake {
  at: Milliseconds
  size: Milliseconds
  /** The most that the server had to do at once meanwhile; infinite until its first turn is over. */
  work: Milliseconds
}

/**
 * Knows of each response that is read how long it may have been there: its thread was busy with what came before it, or
 * was ready to run and had no core. What lay in a socket while the event loop waited would have ended the wait; so what
 * is read now has come since the loop last looked, less the time it waited, but for what the thread itself had to wait
 * for a core then.
 */
export class StallMeter {
  readonly #sources: StallSources
  readonly #turn: (callback: () => void) => void
  /** Earliest time at which data of this turn may have been available. */
  #since: Milliseconds = 0
  #isInTurn = false
  /** When the last turn that was looked at began to read, and what was counted then. */
  #looked: Milliseconds = Number.NEGATIVE_INFINITY
  #idle: Milliseconds = 0
  #waited: Milliseconds = 0
  /** The stall after which it looked last, of which nothing may have been held back. */
  #stall: Milliseconds = 0
  #hasSentUnseen = false
  /** The latest first. */
  readonly #wakes: Wake[] = [{ at: Number.NEGATIVE_INFINITY, size: 0, work: 0 }]
  readonly #work = new ServerWork()
  /** The latest clock reading. */
  #now: Milliseconds = 0
  #seen: Stalls = { count: 0, time: 0, longest: 0 }
  readonly #knowsWaits: boolean
  /** Waits of the application for others; undefined where nothing looks at them. */
  readonly waits: ApplicationWaits | undefined

  /** @param turn calls back once, after all available data has been read. */
  constructor(
    turn: (callback: () => void) => void = setImmediate,
    sources: StallSources = realSources(),
    waits?: ApplicationWaits,
  ) {
    this.waits = waits
    this.#turn = turn
    this.#sources = sources
    const waited = sources.waited()
    this.#knowsWaits = waited !== undefined
    this.#waited = waited ?? 0
    this.#idle = sources.idle()
  }

  /** Stalls since the last `mark`; undefined if the system does not report all of them. */
  get seen(): Stalls | undefined {
    return this.#knowsWaits ? { ...this.#seen, ofApplication: this.waits?.seen } : undefined
  }

  /** @param gap between two iterations of the load that the server is to bear, all of this thread. */
  expects(gap: Milliseconds): void {
    this.#work.most = (1 - MADE_UP) * gap
  }

  mark(): void {
    this.#seen = { count: 0, time: 0, longest: 0 }
    this.waits?.mark()
  }

  /** The thread does something at `now`, a clock reading: reads a response, or begins what is due. */
  look(now: Milliseconds): void {
    if (!this.#isInTurn && now - this.#looked >= QUICK) this.#begin(now)
    this.#now = now
  }

  /** Part of a response time (sent at `sent`, read at `ended`) that the generator may have added. */
  ownOf(sent: Milliseconds, ended: Milliseconds): Milliseconds {
    this.look(ended)
    const late = this.#isInTurn ? ended - this.#since : 0
    const { at, size } = this.#wakes[0]!
    if (late <= GRAIN && size === 0 && sent >= at) return 0
    const wake = this.#wakeOf(sent)
    const own = (late > GRAIN ? late : 0) + Math.min(wake.work, this.#leftOf(wake, sent))
    return Math.min(own, ended - sent)
  }

  /**
   * A request is about to be sent; in the turn after a stall it may have been held back by that.
   * @param now a clock reading, where there is one: else a stall may have been before it that is seen only later.
   * @param step the request's, where one is sent for certain.
   */
  sends(now?: Milliseconds, step?: number): void {
    if (step !== undefined) this.#work.add(step)
    if (now !== undefined) this.look(now)
    else if (!this.#isInTurn) this.#hasSentUnseen = true
    if (this.#stall > GRAIN) this.#wake(this.#looked, this.#stall, Number.POSITIVE_INFINITY)
    this.#stall = 0
  }

  /** No request is in progress, in any thread: the server has served all requests that were held back. */
  rests(now: Milliseconds): void {
    if (this.#wakes[0]!.size > 0) this.#add({ at: now, size: 0, work: 0 })
    this.waits?.rests(now)
  }

  close(): void {
    this.#sources.close()
    this.waits?.close()
  }

  readonly #onTurn = () => {
    this.#isInTurn = false
  }

  #begin(now: Milliseconds): void {
    this.#isInTurn = true
    this.#turn(this.#onTurn)
    const gap = Number.isFinite(this.#looked) ? now - this.#looked : 0
    const idle = this.#sources.idle()
    const idled = idle - this.#idle
    const stall = idled < FLEETING && gap < SHORT ? gap : Math.min(gap, Math.max(0, gap - idled) + this.#waitedSince())
    const before = this.#looked
    const hasSentUnseen = this.#hasSentUnseen
    const turn = Math.max(0, this.#now - Math.max(0, before))
    const work = this.#work.endTurn(turn)
    const wake = this.#wakes[0]!
    wake.work = Number.isFinite(wake.work) ? Math.max(wake.work, work) : work
    // A request that was sent unseen may have come after the wait. Turns within a quick one wait in between.
    if (!hasSentUnseen || stall <= GRAIN) this.#work.passes(Math.max(0, idled - Math.min(turn, QUICK)))
    this.#hasSentUnseen = false
    this.#idle = idle
    this.#looked = now
    this.#since = now - stall
    this.#stall = stall
    if (stall <= GRAIN) return
    this.#seen.count++
    this.#seen.time += stall
    this.#seen.longest = Math.max(this.#seen.longest, stall)
    if (hasSentUnseen) this.#wake(before, stall, work)
  }

  #wake(from: Milliseconds, stall: Milliseconds, work: Milliseconds): void {
    const before = this.#wakes[0]!
    const at = Math.max(from, before.at)
    this.#add({ at, size: Math.max(stall, this.#leftOf(before, at)), work })
  }

  #waitedSince(): Milliseconds {
    const waited = this.#sources.waited()
    if (waited === undefined) return 0
    const since = waited - this.#waited
    this.#waited = waited
    return since
  }

  #add(wake: Wake): void {
    this.#wakes.unshift(wake)
    if (this.#wakes.length > WAKES) this.#wakes.pop()
  }

  /** The one in which a request was sent; the earliest that is known, of an older one. */
  #wakeOf(sent: Milliseconds): Wake {
    const wakes = this.#wakes
    for (let i = 0; i < wakes.length - 1; i++) if (sent >= wakes[i]!.at) return wakes[i]!
    return wakes.at(-1)!
  }

  #leftOf({ at, size }: Wake, sent: Milliseconds): Milliseconds {
    return size === 0 ? 0 : Math.max(0, size - MADE_UP * Math.max(0, sent - at))
  }
}

/**
 * The most that a server which bears the planned load has to do at once. The steps of an iteration together take it no
 * longer than `most`. The work to be done is convex in what each step takes, and so is greatest if one of them takes
 * all of that. Time passes for the server while the thread waits and while it reads. The requests of a turn may be
 * written together when all is read, and the time of writing does not count.
 */
class ServerWork {
  most: Milliseconds = Number.POSITIVE_INFINITY
  #passed: Milliseconds = 0
  /** Requests of the turn, and when all is done of those before it, by step. */
  readonly #sent: number[] = []
  readonly #doneAt: Milliseconds[] = []
  #allDoneAt: Milliseconds = 0

  add(step: number): void {
    if (this.most === Number.POSITIVE_INFINITY) return
    this.#sent[step] = (this.#sent[step] ?? 0) + 1
  }

  /** Returns what there is to do when the turn's requests are sent. */
  endTurn(length: Milliseconds): Milliseconds {
    if (this.most === Number.POSITIVE_INFINITY) return this.most
    this.passes(length)
    for (let step = 0; step < this.#sent.length; step++) {
      const sent = this.#sent[step] ?? 0
      if (sent === 0) continue
      const doneAt = Math.max(this.#doneAt[step] ?? 0, this.#passed) + sent * this.most
      this.#doneAt[step] = doneAt
      this.#allDoneAt = Math.max(this.#allDoneAt, doneAt)
      this.#sent[step] = 0
    }
    return Math.max(0, this.#allDoneAt - this.#passed)
  }

  passes(time: Milliseconds): void {
    this.#passed += time
  }
}

function realSources(): StallSources {
  const { nodeTiming } = performance
  let file: number | undefined
  try {
    file = openSync('/proc/thread-self/schedstat', 'r')
  } catch {}
  const buffer = Buffer.alloc(64)
  return {
    idle: () => nodeTiming.idleTime,
    waited() {
      if (file === undefined) return undefined
      return waitIn(buffer, readSync(file, buffer, 0, buffer.length, 0))
    },
    close() {
      if (file !== undefined) closeSync(file)
      file = undefined
    },
  }
}
