import { performance } from 'node:perf_hooks'
import type { Milliseconds, Share } from '../ground/units.ts'
import { CpuWaitMeter } from './cpu-wait.ts'
import { type GcPauses, GcWatch } from './gc-pauses.ts'
import { type LoopDelay, LoopDelayWatch } from './loop-delay.ts'
import { waitedForCore } from './run-queue.ts'
import { sparedByCores } from './spare-cores.ts'
import type { Stalls } from './stalls.ts'

/** How well a load thread could do its work in the measured window. */
export interface ThreadHealth {
  /** Share of the window in which its event loop was busy. */
  eventLoopUtilization: Share
  /** How late it got to what was due. */
  delay: LoopDelay
  gc: GcPauses
  /** Share of the window in which it was ready to run but no core was free for it. Linux only. */
  waited?: Share
  /** Most that it waited so within a second. Linux only. */
  longestWait?: Milliseconds
  /** Cores that it may run on and that did nothing in the window, on average. Linux only. */
  spareCores?: number
  /** Moments at which it got to what was due too late, as latencies know of them; absent where the system does not tell all of it. */
  stalls?: Stalls
}

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

  /** The measured window ends; asked again it answers the same. */
  stop(): ThreadHealth {
    this.#health ??= this.#stop()
    return this.#health
  }

  #stop(): ThreadHealth {
    const cpu = this.#cpu.end()
    return {
      eventLoopUtilization: performance.eventLoopUtilization(this.#utilization).utilization,
      delay: this.#delay.stop(),
      gc: this.#gc.stop(),
      ...(cpu && {
        waited: cpu.share,
        longestWait: cpu.longest,
        ...(cpu.spare !== undefined && { spareCores: cpu.spare }),
      }),
    }
  }
}
