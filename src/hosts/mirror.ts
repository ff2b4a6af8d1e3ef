import { failure } from '../ground/fault.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { MemoryPart } from '../load/thread/shared-memory.ts'
import type { Changes } from './messages.ts'

/** Interval at which the threads' shared memory is compared with the coordinator's, if it is waited for. */
export const MIRROR: Milliseconds = 100
/** Interval for counters that are only displayed during the run. */
export const SHOWN: Milliseconds = 500

/** Cells of 4 bytes that are compared and sent together; a multiple of the size of a write. */
const GRAIN = 16
const BYTES = Int32Array.BYTES_PER_ELEMENT

export type Mirror = ReturnType<typeof mirrorOf>

/**
 * One side of memories that two hosts have alike: finds what this side has changed, and writes what the other has.
 *
 * @param parts all that is there counts as known to the other side. What was written last has to stand last in the
 *   ranges, where it says that the rest is there.
 * @param side which of the ranges this side writes.
 */
export function mirrorOf(parts: readonly MemoryPart[], side: 'byRun' | 'byThreads') {
  const other = side === 'byRun' ? 'byThreads' : 'byRun'
  /** Content that the other side has, by part. */
  const seen = parts.map(({ memory }) => new Int32Array(new Int32Array(memory)))
  return {
    /** Changes of this side since the last call. */
    take: (): Changes =>
      parts.flatMap((part, i) => {
        const pieces = part[side].flatMap(range => changedIn(new Int32Array(part.memory), seen[i]!, range))
        return pieces.length > 0 ? [{ name: part.name, pieces }] : []
      }),
    /**
     * Writes what has changed on the other side, in whole cells, so that no thread reads half a number. What lies
     * outside of the ranges that the other side may write is refused.
     */
    apply(changes: Changes): void {
      for (const { name, pieces } of changes) {
        const part = parts.find(one => one.name === name)
        if (part) for (const piece of pieces) write(part.memory, part[other], piece)
      }
    },
  }
}

type ByteRange = MemoryPart['byRun'][number]
type Piece = Changes[number]['pieces'][number]

function changedIn(memory: Int32Array, seen: Int32Array, range: ByteRange): Piece[] {
  const pieces: Piece[] = []
  const [first, last] = [range.from / BYTES, range.to / BYTES]
  for (let at = first; at < last; at += GRAIN) {
    const from = at
    while (at < last && takeCells(memory, seen, at, Math.min(at + GRAIN, last))) at += GRAIN
    const to = Math.min(at, last)
    if (at > from) pieces.push({ at: from * BYTES, bytes: new Uint8Array(seen.buffer.slice(from * BYTES, to * BYTES)) })
  }
  return pieces
}

/** Takes what has changed between two cells, if anything has. */
function takeCells(memory: Int32Array, seen: Int32Array, from: number, to: number): boolean {
  let at = from
  while (at < to && memory[at] === seen[at]) at++
  for (let cell = at; cell < to; cell++) seen[cell] = memory[cell]!
  return at < to
}

function write(memory: SharedArrayBuffer, places: readonly ByteRange[], { at, bytes }: Piece): void {
  const end = at + bytes.length
  if (!places.some(({ from, to }) => at >= from && end <= to) || at % 4 !== 0 || bytes.length % 4 !== 0)
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
