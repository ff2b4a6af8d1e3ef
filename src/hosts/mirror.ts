import { failure } from '../ground/fault.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { ByteRange } from '../load/thread/shared-places.ts'

/** How often the memory that threads share is compared with that of the coordinator, where somebody waits for it. */
export const MIRROR: Milliseconds = 100
/** The same of books that are only shown while the run goes on. */
export const SHOWN: Milliseconds = 500

/** What has changed in one memory: pieces of bytes, by the place of their first. */
export interface Changes {
  /** Name of the memory. */
  name: string
  pieces: { at: number; bytes: Uint8Array }[]
}

/** Cells of 4 bytes that are compared and sent together; a multiple of what is written at once. */
const GRAIN = 16
const BYTES = Int32Array.BYTES_PER_ELEMENT

/** Finds what has changed in parts of a shared memory since it was last asked. */
export class ChangeWatch {
  readonly #name: string
  readonly #memory: Int32Array
  readonly #ranges: readonly ByteRange[]
  readonly #seen: Int32Array

  /**
   * @param ranges what this side writes; all that is there counts as known to the other side. What was written last has
   *   to stand last, where it says that the rest is there.
   */
  constructor(name: string, memory: SharedArrayBuffer, ranges: readonly ByteRange[]) {
    this.#name = name
    this.#memory = new Int32Array(memory)
    this.#ranges = ranges
    this.#seen = new Int32Array(this.#memory)
  }

  /** Undefined when nothing has. */
  take(): Changes | undefined {
    const pieces: Changes['pieces'] = []
    for (const range of this.#ranges) {
      const [first, last] = [range.from / BYTES, range.to / BYTES]
      for (let at = first; at < last; at += GRAIN) {
        const from = at
        while (at < last && this.#take(at, Math.min(at + GRAIN, last))) at += GRAIN
        if (at > from) pieces.push(this.#piece(from, Math.min(at, last)))
      }
    }
    return pieces.length > 0 ? { name: this.#name, pieces } : undefined
  }

  /** Takes what has changed between two cells, if anything has. */
  #take(from: number, to: number): boolean {
    const [memory, seen] = [this.#memory, this.#seen]
    let at = from
    while (at < to && memory[at] === seen[at]) at++
    for (let cell = at; cell < to; cell++) seen[cell] = memory[cell]!
    return at < to
  }

  #piece(from: number, to: number): Changes['pieces'][number] {
    return { at: from * BYTES, bytes: new Uint8Array(this.#seen.buffer.slice(from * BYTES, to * BYTES)) }
  }
}

/**
 * Writes what has changed on the other side, in whole cells, so that no thread reads half a number. What lies outside
 * of the ranges that the other side may write is refused.
 */
export function applyChanges(memory: SharedArrayBuffer, ranges: readonly ByteRange[], { pieces }: Changes): void {
  for (const { at, bytes } of pieces) {
    const end = at + bytes.length
    if (!ranges.some(({ from, to }) => at >= from && end <= to) || at % 4 !== 0 || bytes.length % 4 !== 0)
      throw failure('read', 'changes', `${bytes.length} bytes at ${at} lie outside of the memory that may be written`)
    const own = new Uint8Array(bytes)
    let done = 0
    if (at % 8 === 0) {
      const cells = new BigInt64Array(own.buffer, 0, Math.floor(own.length / 8))
      const target = new BigInt64Array(memory, at, cells.length)
      for (const [index, cell] of cells.entries()) Atomics.store(target, index, cell)
      done = cells.length * 8
    }
    const rest = new Int32Array(own.buffer, done)
    const target = new Int32Array(memory, at + done, rest.length)
    for (const [index, cell] of rest.entries()) Atomics.store(target, index, cell)
  }
}
