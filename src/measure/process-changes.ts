import type { Milliseconds } from '../ground/units.ts'
import type { Reading } from './probe.ts'
import type { Replaced } from './report/usage.ts'

/** How a target was replaced within a window. */
export interface TargetChange {
  /** Roots that ended: processes that no other process of the target started. */
  ended: number[]
  /** Roots that began. */
  began: number[]
  /** How it shows, if the processes themselves are not known. */
  how?: string
}

interface Life {
  since: Milliseconds
  until: Milliseconds
  isRoot: boolean
  /** Whether it was there when the window began. */
  isOld: boolean
}

/** A process that was there for a shorter time is a child that did its work. */
const SETTLED: Milliseconds = 750

/**
 * Ended and new processes, look by look. A target whose root ends is another one from then on. A child that ends while
 * its root lives is replaced, and the target stays the same.
 */
export class ProcessChanges {
  #living = new Map<number, Life>()
  #ended: { pid: number; life: Life }[] = []
  #how: string | undefined
  #isMarked = true

  /** The window begins with the next look. */
  mark(): void {
    this.#isMarked = true
  }

  add({
    at,
    pids,
    roots = pids,
    restarted,
  }: Pick<Reading, 'pids' | 'roots' | 'restarted'> & { at: Milliseconds }): void {
    const [before, isMarked] = [this.#living, this.#isMarked]
    this.#isMarked = false
    if (isMarked) [this.#ended, this.#how] = [[], undefined]
    // A restart that shows in the first look of a window happened before the window.
    else this.#how ??= restarted
    if (pids === undefined) return
    const rootSet = new Set(roots)
    this.#living = new Map(
      pids.map(pid => {
        const { since = at, isOld = isMarked } = before.get(pid) ?? {}
        return [pid, { since, until: at, isRoot: rootSet.has(pid), isOld: isOld || isMarked }]
      }),
    )
    if (isMarked) return
    for (const [pid, life] of before) if (!this.#living.has(pid)) this.#ended.push({ pid, life })
  }

  /** Nothing of the target is there any more. */
  end(): void {
    this.add({ at: 0, pids: [] })
  }

  get changed(): TargetChange | undefined {
    const living = [...this.#living].filter(([, { isRoot }]) => isRoot)
    const ended = this.#ended.filter(({ life }) => life.isRoot)
    // All may be short-lived: one that crashes as soon as it was started, again and again.
    const isNoneLeft = !living.some(([, { isOld }]) => isOld)
    const gone = ended.filter(({ life }) => isSettled(life) || (isNoneLeft && life.isOld)).map(({ pid }) => pid)
    if (gone.length === 0) return this.#how === undefined ? undefined : { ended: [], began: [], how: this.#how }
    return { ended: [...new Set(gone)], began: living.filter(([, { isOld }]) => !isOld).map(([pid]) => pid) }
  }

  get replaced(): Replaced | undefined {
    const children = (lives: Life[]) => lives.filter(({ isRoot }) => !isRoot)
    const ended = children(this.#ended.map(({ life }) => life)).filter(isSettled)
    const living = children([...this.#living.values()])
    const began = [...ended, ...living].filter(({ isOld }) => !isOld)
    return ended.length === 0 ? undefined : { ended: ended.length, began: began.length }
  }
}

const isSettled = ({ since, until }: Life): boolean => until - since >= SETTLED
