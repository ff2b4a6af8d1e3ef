import type { Budget } from '../../budget/budget.ts'
import { withDefaults } from '../../http/authority.ts'
import { type MachineHealth, MachineWatch } from '../../measure/machine-watch.ts'
import type { TargetChange } from '../../measure/process-changes.ts'
import type { Interval, LoadReport, ResourceUsage } from '../../measure/report.ts'
import { createSelfProbe, type Metered, type Probe, ResourceMeter } from '../../measure/resources.ts'
import type { TargetOptions, Targets } from '../../measure/target.ts'
import { createTargetProbe } from '../../measure/target-probe.ts'

/** Resources used in the measured window, and other observations of the targets. */
export interface Usage {
  generator: ResourceUsage
  target?: ResourceUsage
  targets?: Record<string, ResourceUsage>
  /** Processes of the application and of named targets that ended. */
  changed: (TargetChange & { target?: string })[]
  machine: MachineHealth
}

/** Watches the application, other targets, the generator, and the machine. */
export class Meters {
  /** How many requests have got a response so far. */
  requests = () => 0
  readonly #generator: ResourceMeter
  readonly #target: ResourceMeter | undefined
  readonly #named: readonly (readonly [name: string, meter: ResourceMeter])[]
  readonly #machine = new MachineWatch()
  #read: Promise<Usage> | undefined

  /** Targets that could not be read when the run began, and that no budget needs. */
  readonly unread: string[] = []

  private constructor(target: Probe | undefined, named: readonly (readonly [name: string, probe: Probe])[]) {
    this.#generator = this.#meter(createSelfProbe())
    this.#target = target && this.#meter(target)
    this.#named = named.map(([name, probe]) => [name, this.#meter(probe)] as const)
  }

  /** Rejects if a target cannot be read that a budget needs. */
  static async open(
    { target, targets }: Targets,
    budgets: readonly Pick<Budget, 'of' | 'target'>[],
    ca?: string,
  ): Promise<Meters> {
    const trusted = ca && withDefaults(ca)
    const named = Object.entries(targets).map(([name, of]) => [name, probeOf(of, trusted)] as const)
    const meters = new Meters(target && probeOf(target, trusted), named)
    await Promise.all([meters.#generator, ...meters.#targets].map(meter => meter.start()))
    const seen = await Promise.all(meters.#targets.map(async meter => ({ meter, error: (await meter.read()).error })))
    const names = new Map(meters.#named.map(([name, meter]) => [meter, name]))
    for (const { meter, error } of seen) {
      if (error === undefined) continue
      if (budgets.some(budget => budget.of === 'target' && budget.target === names.get(meter))) {
        await meters.stop()
        throw error
      }
      meters.unread.push(`${error.message} No budget needs it, so that the run went on.`)
    }
    return meters
  }

  /** The measured window begins. */
  mark(): void {
    for (const meter of [this.#generator, ...this.#targets]) void meter.mark()
    this.#machine.mark()
  }

  /** The measured window ends; asked again it returns the same. */
  stop(): Promise<Usage> {
    if (this.#read === undefined) {
      this.#read = this.#stop()
      this.#read.catch(() => {}) // the report, which reads it last, rejects
    }
    return this.#read
  }

  /** Current usage of the application and other targets. */
  readonly latest = (): Pick<Interval, 'target' | 'targets'> => {
    const target = this.#target?.latest()
    const targets = this.#byName(meter => meter.latest())
    return { target, targets }
  }

  readonly latestOfGenerator = (): Interval['target'] => this.#generator.latest()

  /** Usage in the measured window so far. */
  readonly soFar = (): { generator?: ResourceUsage } & Pick<LoadReport, 'target' | 'targets'> => ({
    generator: this.#generator.soFar(),
    target: this.#target?.soFar(),
    targets: this.#byName(meter => meter.soFar()),
  })

  get #targets(): ResourceMeter[] {
    const named = this.#named.map(([, meter]) => meter)
    return this.#target === undefined ? named : [this.#target, ...named]
  }

  #meter(probe: Probe): ResourceMeter {
    return new ResourceMeter(probe, undefined, () => this.requests())
  }

  #byName<T>(of: (meter: ResourceMeter) => T | undefined): Record<string, T> | undefined {
    const found = this.#named.flatMap(([name, meter]) => {
      const value = of(meter)
      return value === undefined ? [] : [[name, value] as const]
    })
    return found.length === 0 ? undefined : Object.fromEntries(found)
  }

  async #stop(): Promise<Usage> {
    const machine = this.#machine.stop()
    const [generator, ...all] = await Promise.all(
      [this.#generator, ...this.#targets].map(async meter => ({ meter, metered: await meter.stop() })),
    )
    const usage = ({ meter, metered }: { meter: ResourceMeter; metered: Metered }) => metered.usage ?? meter.unseen()
    const names = new Map(this.#named.map(([name, meter]) => [meter, name]))
    const changed = all.flatMap(({ meter, metered: { changed } }): Usage['changed'] =>
      changed ? [{ ...changed, target: names.get(meter) }] : [],
    )
    const target = all.find(({ meter }) => meter === this.#target)
    const targets = this.#byName(meter => usage(all.find(one => one.meter === meter)!))
    return { generator: usage(generator!), target: target && usage(target), targets, changed, machine }
  }
}

/** A target that cannot be looked at at all fails in its first look, as others do. */
function probeOf(target: TargetOptions, ca: string | undefined): Probe {
  try {
    return createTargetProbe(target, ca)
  } catch (error) {
    return { subject: 'the target', sample: () => Promise.reject(error) }
  }
}
