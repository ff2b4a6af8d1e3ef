import type { Interval, ResourceUsage } from '../measure/report.ts'
import { createProcessTreeProbe, createSelfProbe, ResourceMeter } from '../measure/resources.ts'

/** Watches the application, if its process is known, and the generator. */
export class Meters {
  readonly #generator = new ResourceMeter(createSelfProbe())
  readonly #target: ResourceMeter | undefined
  #read: Promise<{ generator: ResourceUsage; target?: ResourceUsage }> | undefined

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
  }

  /** The measured window ends; asked again it answers the same. */
  stop(): Promise<{ generator: ResourceUsage; target?: ResourceUsage }> {
    this.#read ??= this.#stop()
    return this.#read
  }

  /** What the application uses at the moment. */
  readonly latest = (): Interval['target'] => this.#target?.latest()

  async #stop() {
    const [generator, target] = await Promise.all([this.#generator.stop(), this.#target?.stop()])
    return {
      generator: generator.usage ?? NOTHING_SEEN,
      ...(target?.usage && { target: target.usage }),
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
