// Hot file. Called for every response while others have the application's cores: allocates nothing.

import { closeSync, openSync, readSync } from 'node:fs'
import { tried } from '../ground/tried.ts'
import type { Milliseconds, Share } from '../ground/units.ts'
import { waitIn } from './proc-stat.ts'

/** Data sources. */
interface WaitSource {
  /** How long the application was ready to run and had no core, up to now; a wait counts when it is over. */
  waited(): Milliseconds
  close(): void
}

/** Values that were read this recently are not read again. */
const QUICK: Milliseconds = 0.1
/**
 * An application makes up for what a wait held up in the time in which it would have had nothing to do: one that is
 * busy for four fifths of its time, for a fifth of a second in each.
 */
const MADE_UP: Share = 0.2
/** Requests that share the cores with a backlog are served more slowly and meet more later requests. */
const SLOWER = 1.25
/** Waits that are remembered. */
const MOST = 4_096

/**
 * Knows of each request for how long the application, meanwhile, was ready to run and had no core; and how much it had
 * to make up for when the request came.
 */
export class ApplicationWaits {
  readonly #source: WaitSource
  /** By number of the change, modulo `MOST`: time of the change, total wait, and remaining backlog. */
  readonly #at = new Float64Array(MOST)
  readonly #upTo = new Float64Array(MOST)
  readonly #left = new Float64Array(MOST)
  /** The latest change. */
  #last = 0
  #looked: Milliseconds = Number.NEGATIVE_INFINITY
  #marked: Milliseconds = 0

  constructor(source: WaitSource) {
    this.#source = source
    this.#at[0] = Number.NEGATIVE_INFINITY
    this.#upTo[0] = source.waited()
    this.mark()
  }

  /** Since the last `mark`. */
  get seen(): Milliseconds {
    return this.#upTo[this.#last % MOST]! - this.#marked
  }

  mark(): void {
    this.#marked = this.#upTo[this.#last % MOST]!
  }

  /** By how much a request may have taken longer, of which both times are clock readings. */
  of(sent: Milliseconds, ended: Milliseconds): Milliseconds {
    if (ended - this.#looked >= QUICK) this.#look(ended)
    const before = this.#before(sent)
    const since = this.#upTo[this.#last % MOST]! - this.#upTo[before]!
    return Math.min(ended - sent, SLOWER * since + this.#leftAt(before, sent))
  }

  /** No request is in progress any more: all is made up for. */
  rests(now: Milliseconds): void {
    const last = this.#last % MOST
    if (this.#left[last]! > 0) this.#add(now, this.#upTo[last]!, 0)
  }

  close(): void {
    this.#source.close()
  }

  #look(now: Milliseconds): void {
    this.#looked = now
    const last = this.#last % MOST
    const waited = this.#source.waited()
    const since = waited - this.#upTo[last]!
    if (since <= 0) return
    const left = this.#left[last]! > 0 ? this.#leftAt(last, now - since) : 0
    this.#add(now, waited, left + SLOWER * since)
  }

  #add(at: Milliseconds, upTo: Milliseconds, left: Milliseconds): void {
    const next = ++this.#last % MOST
    this.#at[next] = at
    this.#upTo[next] = upTo
    this.#left[next] = left
  }

  /** Place of the last change that was seen by then; of the earliest that is known if it came later. */
  #before(at: Milliseconds): number {
    let [low, high] = [Math.max(0, this.#last - MOST + 1), this.#last]
    if (this.#at[high % MOST]! <= at) return high % MOST
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#at[middle % MOST]! <= at) low = middle
      else high = middle - 1
    }
    return low % MOST
  }

  #leftAt(place: number, at: Milliseconds): Milliseconds {
    const left = this.#left[place]!
    return left === 0 ? 0 : Math.max(0, left - MADE_UP * Math.max(0, at - this.#at[place]!))
  }
}

/** Reading a thread's wait takes a load thread two microseconds. */
const MOST_THREADS = 8

/**
 * Threads of the application that waited for a core while other programs used some: who watches the machine lists
 * them, and load threads read of each how long it has waited.
 */
export class StarvedThreads {
  readonly buffer: SharedArrayBuffer
  /** How many, and process and thread of each. */
  readonly #cells: Int32Array

  /** @param buffer list of another thread; by default a new list. */
  constructor(buffer = new SharedArrayBuffer((1 + 2 * MOST_THREADS) * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#cells = new Int32Array(buffer)
  }

  get count(): number {
    return Atomics.load(this.#cells, 0)
  }

  /** Does nothing with a thread that is listed, nor if there are too many. */
  add(pid: number, thread: number): void {
    const { count } = this
    if (count === MOST_THREADS || Array.from({ length: count }, (_, i) => this.#cells[2 * i + 2]).includes(thread))
      return
    this.#cells[2 * count + 1] = pid
    this.#cells[2 * count + 2] = thread
    Atomics.store(this.#cells, 0, count + 1)
  }

  fileOf(index: number): string {
    return `/proc/${this.#cells[2 * index + 1]}/task/${this.#cells[2 * index + 2]}/schedstat`
  }
}

/** Reads how long the listed threads have waited since they were listed, all together. */
export function waitsOf(buffer: SharedArrayBuffer): WaitSource {
  const threads = new StarvedThreads(buffer)
  const known: { file: number | undefined; from: Milliseconds; waited: Milliseconds }[] = []
  const bytes = Buffer.alloc(64)
  const read = (file: number) => tried(() => waitIn(bytes, readSync(file, bytes, 0, bytes.length, 0)))
  const open = (path: string) => {
    const file = tried(() => openSync(path, 'r'))
    const from = (file === undefined ? undefined : read(file)) ?? 0
    known.push({ file, from, waited: from })
  }
  return {
    waited() {
      for (const { count } = threads; known.length < count; ) open(threads.fileOf(known.length))
      let sum = 0
      for (const thread of known) {
        // One that has ended is not there to be read any more.
        if (thread.file !== undefined) thread.waited = read(thread.file) ?? thread.waited
        sum += thread.waited - thread.from
      }
      return sum
    },
    close() {
      for (const { file } of known.splice(0)) if (file !== undefined) closeSync(file)
    },
  }
}
