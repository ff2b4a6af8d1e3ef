import type { Milliseconds } from '../../ground/units.ts'

interface Entry<T> {
  at: Milliseconds
  item: T
}

/** What is due at some time, the earliest first: a binary heap. */
export class TimeQueue<T> {
  readonly #entries: Entry<T>[] = []

  /** When the earliest is due. */
  get next(): Milliseconds | undefined {
    return this.#entries[0]?.at
  }

  push(at: Milliseconds, item: T): void {
    const entries = this.#entries
    const entry = { at, item }
    let i = entries.push(entry) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (entries[parent]!.at <= at) break
      entries[i] = entries[parent]!
      i = parent
    }
    entries[i] = entry
  }

  /** The earliest, if it is due by then. */
  take(by: Milliseconds): T | undefined {
    const [first] = this.#entries
    if (first === undefined || first.at > by) return undefined
    const last = this.#entries.pop()!
    if (this.#entries.length > 0) this.#sink(last)
    return first.item
  }

  #sink(entry: Entry<T>): void {
    const entries = this.#entries
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= entries.length) break
      if (child + 1 < entries.length && entries[child + 1]!.at < entries[child]!.at) child++
      if (entries[child]!.at >= entry.at) break
      entries[i] = entries[child]!
      i = child
    }
    entries[i] = entry
  }
}
