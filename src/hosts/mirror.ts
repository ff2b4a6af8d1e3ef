import type { ByteRange } from '../load/thread/shared-places.ts'

/** What has changed in one memory: pieces of bytes, by the place of their first. */
export interface Changes {
  /** Name of the memory. */
  name: string
  pieces: { at: number; bytes: Uint8Array }[]
}

/** Bytes that are compared and sent together; a multiple of what is written at once. */
const GRAIN = 64

/** Finds what has changed in parts of a shared memory since it was last asked. */
export class ChangeWatch {
  readonly #name: string
  readonly #memory: Uint8Array
  readonly #ranges: readonly ByteRange[]
  readonly #seen: Uint8Array

  /** @param ranges what this side writes; all that is there counts as known to the other side. */
  constructor(name: string, memory: SharedArrayBuffer, ranges: readonly ByteRange[]) {
    this.#name = name
    this.#memory = new Uint8Array(memory)
    this.#ranges = ranges
    this.#seen = this.#memory.slice()
  }

  /** Undefined when nothing has. */
  take(): Changes | undefined {
    const pieces: Changes['pieces'] = []
    for (const { from, to } of this.#ranges)
      for (let at = from; at < to; at += GRAIN) {
        const end = Math.min(at + GRAIN, to)
        if (!this.#isChanged(at, end)) continue
        const bytes = this.#memory.slice(at, end)
        this.#seen.set(bytes, at)
        const last = pieces.at(-1)
        if (last !== undefined && last.at + last.bytes.length === at) last.bytes = Buffer.concat([last.bytes, bytes])
        else pieces.push({ at, bytes })
      }
    return pieces.length > 0 ? { name: this.#name, pieces } : undefined
  }

  #isChanged(from: number, to: number): boolean {
    for (let at = from; at < to; at++) if (this.#memory[at] !== this.#seen[at]) return true
    return false
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
      throw new RangeError(`a change of ${bytes.length} bytes at ${at} lies outside of what may be written`)
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
