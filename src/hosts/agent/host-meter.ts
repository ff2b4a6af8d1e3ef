import type { Milliseconds } from '../../ground/units.ts'
import { type LoadPlan, windowOf } from '../../load/plan/load-plan.ts'
import { type Clock, realClock } from '../../measure/clock.ts'
import { MachineWatch } from '../../measure/machine-watch.ts'
import { createSelfProbe, ResourceMeter } from '../../measure/resources.ts'
import type { HostUse } from '../messages.ts'

/** Watches this process, and the machine, over the measured window of a plan. */
export class HostMeter {
  readonly #meter = new ResourceMeter(createSelfProbe())
  readonly #machine = new MachineWatch()
  readonly #clock: Clock
  readonly #timers: (() => void)[] = []
  #read: Promise<HostUse> | undefined

  constructor(clock: Clock = realClock) {
    this.#clock = clock
    void this.#meter.start()
  }

  /** @param wait time until the plan begins. */
  begin(plan: LoadPlan, wait: Milliseconds): void {
    const { from, to } = windowOf(plan)
    const at = (moment: Milliseconds, callback: () => void) =>
      this.#timers.push(this.#clock.after(Math.max(0, wait + moment), callback))
    at(from, () => {
      void this.#meter.mark()
      this.#machine.mark()
    })
    at(to, () => void this.stop())
  }

  /** The window ends; asked again it returns the same. */
  stop(): Promise<HostUse> {
    for (const callOff of this.#timers.splice(0)) callOff()
    this.#read ??= this.#stop()
    return this.#read
  }

  async #stop(): Promise<HostUse> {
    const machine = this.#machine.stop()
    const { usage } = await this.#meter.stop()
    return { generator: usage ?? this.#meter.unseen(), machine }
  }
}
