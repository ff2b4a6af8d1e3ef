import { given } from '../ground/given.ts'
import type { Bytes, Milliseconds } from '../ground/units.ts'
import { growthOf, Trail } from './growth.ts'
import type { ResourceUsage } from './report.ts'

type MemoryFigures = Pick<ResourceUsage, 'memoryPeak' | 'memoryMean' | 'memoryStart' | 'memoryEnd' | 'memoryGrowth'>

const MINUTE: Milliseconds = 60_000

/** Memory over a window, of all looks in one measure. */
export class MemoryTrail {
  looks = 0
  #sum: Bytes = 0
  #peak: Bytes = 0
  #start: Bytes = 0
  #end: Bytes = 0
  readonly #trail = new Trail<{ at: Milliseconds; requests: number; memory: Bytes }>()

  add({ at, requests, spike = 0 }: { at: Milliseconds; requests: number; spike?: Bytes }, memory: Bytes): void {
    const isFirst = this.looks === 0
    if (isFirst) this.#start = memory
    this.looks++
    this.#sum += memory
    // The spike of the first look was before the window.
    this.#peak = Math.max(this.#peak, isFirst ? memory : memory + spike)
    this.#end = memory
    this.#trail.add({ at, requests, memory })
  }

  get figures(): MemoryFigures {
    return given({
      memoryPeak: this.#peak,
      memoryMean: this.looks > 0 ? this.#sum / this.looks : 0,
      memoryStart: this.#start,
      memoryEnd: this.#end,
      memoryGrowth: this.#growth(),
    })
  }

  #growth(): ResourceUsage['memoryGrowth'] {
    const { points } = this.#trail
    const perMinute = growthOf(points.map(({ at, memory }) => ({ x: at / MINUTE, y: memory })))
    const per1000Requests = growthOf(points.map(({ requests, memory }) => ({ x: requests / 1000, y: memory })))
    return perMinute && given({ perMinute, per1000Requests })
  }
}
