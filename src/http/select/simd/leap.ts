import { OPEN_BRACE } from '../bytes.ts'
import type { Stack } from '../stack.ts'
import { base, bring, end } from './bring.ts'
import { theScan } from './memory.ts'

const ARRAYS = 2
const OBJECTS = 4
const IN_STRING = 1
const ESCAPED = 2

/** Whether the machine has SIMD. */
export const canLeap = (): boolean => theScan() !== undefined

/**
 * Passes over containers by their brackets alone, across as many chunks as it takes: in sound JSON, to where `pass`
 * comes, in a fraction of the time. A fault goes unseen, or makes it come anywhere.
 */
export class Leap {
  isUnderWay = false
  /** How many of that kind are open. */
  #depth = 0
  #kind = ARRAYS
  #mode = 0

  /** The next byte stands in these containers, or, where there are none, opens the outermost. */
  begin({ containers, depth }: Stack, opening: number, isInString: boolean, isEscaped: boolean): void {
    const outermost = depth === 0 ? opening : containers[1]!
    this.isUnderWay = true
    this.#kind = outermost === OPEN_BRACE ? OBJECTS : ARRAYS
    this.#depth = 0
    for (let n = 1; n <= depth; n++) if (containers[n] === outermost) this.#depth++
    this.#mode = (isInString ? IN_STRING : 0) | (isEscaped ? ESCAPED : 0)
  }

  stop(): void {
    this.isUnderWay = false
  }

  /** The place behind the outermost; -1 if the chunk ends before. */
  over(bytes: Uint8Array, from: number, to: number): number {
    const scan = theScan()!
    let p = from
    while (p < to) {
      bring(bytes, p, to)
      const behind = scan.leap(base + p, base + end, this.#depth, this.#kind, this.#mode)
      if (behind !== 0) {
        this.isUnderWay = false
        return behind - base
      }
      this.#depth = scan.openAt.value
      this.#mode = scan.modeAt.value
      p = end
    }
    return -1
  }
}
