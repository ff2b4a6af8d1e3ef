import { type MachineHealth, MachineWatch } from '../measure/machine-watch.ts'
import type { Interval, ResourceUsage } from '../measure/report.ts'
import {
  createProcessTreeProbe,
  createSelfProbe,
  type ProcessChange,
  ResourceMeter,
} from '../measure/resources.ts'

/** What was used in the measured window, and what else happened to those who used it. */
export interface Usage {
  generator: ResourceUsage
  target?: ResourceUsage
  /** Processes of the application that ended. */
  changed?: ProcessChange
  machine: MachineHealth
}

/** Watches the application, if its process is known, the generator, and the machine. */
export class Meters {
  readonly #generator = new ResourceMeter(createSelfProbe())
  readonly #target: ResourceMeter | undefined
  readonly #machine = new MachineWatch()
  #read: Promise<Usage> | undefined

  private constructor(target: ResourceMeter | undefined) {
    this.#target = target
  }

  /** Rejects when the application's process is not there. */
  static async open(pid: number | undefined): Promise<Meters> {
    const target = pid === undefined ? undefined : new ResourceMeter(createProcessTreeProbe(pid))
    const meters = new Meters(target)
    await Promise.all([target?.start(), meters.#generator.start()])
    const seen = await target?.read()
    if (seen?.error !== undefined) {
      await meters.stop()
      throw seen.error
    }
    return meters
  }

  /** The measured window begins. */
  mark(): void {
    void this.#generator.mark()
    void this.#target?.mark()
    this.#machine.mark()
  }

  /** The measured window ends; asked again it answers the same. */
  stop(): Promise<Usage> {
    this.#read ??= this.#stop()
    return this.#read
  }

  /** What the application uses at the moment. */
  readonly latest = (): Interval['target'] => this.#target?.latest()

  readonly latestOfGenerator = (): Interval['target'] => this.#generator.latest()

  /** What has been used in the measured window so far. */
  readonly soFar = (): { generator?: ResourceUsage; target?: ResourceUsage } => ({
    generator: this.#generator.soFar(),
    target: this.#target?.soFar(),
  })

  async #stop(): Promise<Usage> {
    const machine = this.#machine.stop()
    const [generator, target] = await Promise.all([this.#generator.stop(), this.#target?.stop()])
    return {
      generator: generator.usage ?? NOTHING_SEEN,
      ...(target?.usage && { target: target.usage }),
      ...(target?.changed && { changed: target.changed }),
      machine,
    }
  }
}

const NOTHING_SEEN: ResourceUsage = {
  memoryPeak: 0,
  memoryMean: 0,
  memoryStart: 0,
  memoryEnd: 0,
  cpu: 0,
  cores: 0,
  samples: 0,
  of: 'this process',
}
