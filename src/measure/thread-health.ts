import { performance } from 'node:perf_hooks'
import { given } from '../ground/given.ts'
import { CpuWaitMeter } from './cpu-wait.ts'
import { GcWatch } from './gc-pauses.ts'
import { LoopDelayWatch } from './loop-delay.ts'
import type { ThreadHealth } from './report.ts'
import { waitedForCore } from './run-queue.ts'
import { sparedByCores } from './spare-cores.ts'

/** Watches the thread that makes it. */
export class ThreadWatch {
  readonly #gc = new GcWatch()
  readonly #delay = new LoopDelayWatch()
  #utilization = performance.eventLoopUtilization()
  readonly #cpu = new CpuWaitMeter({ waited: waitedForCore, spared: sparedByCores })
  #health: ThreadHealth | undefined

  constructor() {
    this.#cpu.begin()
  }

  /** The measured window begins. */
  mark(): void {
    this.#gc.mark()
    this.#delay.mark()
    this.#utilization = performance.eventLoopUtilization()
    this.#cpu.begin()
  }

  /** The measured window ends; asked again it returns the same. */
  stop(): ThreadHealth {
    this.#health ??= this.#stop()
    return this.#health
  }

  #stop(): ThreadHealth {
    const cpu = this.#cpu.end()
    return given({
      eventLoopUtilization: performance.eventLoopUtilization(this.#utilization).utilization,
      delay: this.#delay.stop(),
      gc: this.#gc.stop(),
      waited: cpu?.share,
      longestWait: cpu?.longest,
      spareCores: cpu?.spare,
    })
  }
}
