import type { Milliseconds, Share } from '../ground/units.ts'
import { type Clock, realClock } from './clock.ts'

/** Time between two looks at what an application waits for. */
export const STARVATION_LOOK: Milliseconds = 200
/** An application that waits for no more than this is hardly held up. */
export const CALM: Share = 0.05
/** Cores that others may use without being noticed. */
export const OTHERS = 0.15

/** How long a thread had to wait for a core although it could have run. */
interface CpuWait {
  /** Share of the time that was looked at. */
  share: Share
  /** Longest wait within a second, which is more than any single response waited for it. */
  longest: Milliseconds
  /** Cores that it may run on and that did nothing meanwhile, on average; undefined when that is not known. */
  spare?: number
}

/** Counters of the system. */
interface CpuWaitSources {
  /** Total wait of the thread until now; undefined if the system does not report it. */
  waited(): Milliseconds | undefined
  /** Time in which the cores that it may run on have done nothing, added up. */
  spared?(): Milliseconds | undefined
}

/** A thread that waits for more of the time than this, and no core is spare, does not have the machine it needs. */
const STARVED: Share = 0.04
/**
 * With spare cores, waits are those from being woken up to running; not if they make up more than this: others have the
 * cores.
 */
export const CROWDED: Share = 0.1
/** Fewer spare cores count as zero. */
const SPARE = 0.1

/**
 * Whether something takes the thread's CPU. A thread is also said to wait while the one that woke it up gives way: that
 * takes some tens of microseconds each time, with nearly all of the machine idle.
 */
export function isStarved({ share, spare = 0 }: Pick<CpuWait, 'share' | 'spare'>): boolean {
  return share > (spare < SPARE ? STARVED : CROWDED)
}

/**
 * An iteration meets its own waits, those of the ones before it that made it late, and an API that then gets its
 * requests in lumps: each no more than the longest. What lies further from its bound than all three together is not
 * explained by them.
 */
const TIMES = 3

/** Whether waits of a starved thread may have brought a latency to the other side of a bound that is so far from it. */
export function isExplainedByWaits(distance: Milliseconds, longest: Milliseconds): boolean {
  return distance < TIMES * longest
}

const LOOK: Milliseconds = 100
const LOOKS_A_SECOND = 10

/** Watches how long a thread waits for a core, between `begin` and `end`. */
export class CpuWaitMeter {
  readonly #sources: CpuWaitSources
  readonly #clock: Clock
  #callOff = () => {}
  #from: { at: Milliseconds; waited: Milliseconds; spared: Milliseconds | undefined } | undefined
  /** Total waits at the last looks, for one second. */
  #seen: Milliseconds[] = []
  #longest: Milliseconds = 0

  constructor(sources: CpuWaitSources, clock: Clock = realClock) {
    this.#sources = sources
    this.#clock = clock
  }

  /** Begun again, it forgets what was before. */
  begin(): void {
    this.#callOff()
    const waited = this.#sources.waited()
    if (waited === undefined) return
    this.#seen = [waited]
    this.#longest = 0
    this.#from = { at: this.#clock.now(), waited, spared: this.#sources.spared?.() }
    this.#again()
  }

  /** Undefined when it has not begun, or the system does not tell. */
  end(): CpuWait | undefined {
    this.#callOff()
    const wait = this.soFar()
    this.#from = undefined
    return wait
  }

  /** Value that `end` would return now. */
  soFar(): CpuWait | undefined {
    const from = this.#from
    if (from === undefined) return undefined
    const waited = this.#look()
    const length = this.#clock.now() - from.at
    if (length <= 0) return undefined
    const spared = this.#sources.spared?.()
    return {
      share: (waited - from.waited) / length,
      longest: this.#longest,
      ...(spared !== undefined && from.spared !== undefined && { spare: (spared - from.spared) / length }),
    }
  }

  #again(): void {
    this.#callOff = this.#clock.after(LOOK, () => {
      this.#seen.push(this.#look())
      if (this.#seen.length > LOOKS_A_SECOND) this.#seen.shift()
      this.#again()
    })
  }

  #look(): Milliseconds {
    const waited = this.#sources.waited() ?? this.#seen.at(-1)!
    this.#longest = Math.max(this.#longest, waited - this.#seen[0]!)
    return waited
  }
}
