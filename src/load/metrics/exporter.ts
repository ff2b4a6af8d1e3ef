import { epochTime, realClock } from '../../measure/clock.ts'
import type { LoadReport } from '../../measure/report.ts'
import { type Endpoint, openEndpoint } from './endpoint.ts'
import { figuresOf, type RunFigures } from './figures.ts'
import type { MetricsPlan } from './options.ts'
import { type Destination, destinationsOf } from './push.ts'
import { type Exposed, expose } from './registry.ts'

/** Tells others of a run's figures while it runs, and once more when it has ended. */
export class MetricsExporter {
  readonly #plan: MetricsPlan
  readonly #destinations: readonly Destination[]
  #endpoint: Endpoint | undefined
  #read: (() => RunFigures) | undefined
  #callOff = () => {}

  private constructor(plan: MetricsPlan) {
    this.#plan = plan
    this.#destinations = destinationsOf(plan)
  }

  /** Rejects when the port is taken, or a secret is not there. */
  static async open(plan: MetricsPlan): Promise<MetricsExporter> {
    const exporter = new MetricsExporter(plan)
    const { port } = plan
    if (port !== undefined) exporter.#endpoint = await openEndpoint(port, () => exporter.#expose())
    return exporter
  }

  /** Where the figures can be scraped. */
  get url(): string | undefined {
    return this.#endpoint?.url
  }

  /** The run begins. */
  start(read: () => RunFigures): void {
    this.#read = read
    if (this.#destinations.length === 0) return
    const tick = () => {
      void this.#push('push')
      this.#callOff = realClock.after(this.#plan.every, tick)
    }
    this.#callOff = realClock.after(this.#plan.every, tick)
  }

  /**
   * The run has ended: tells of its verdicts. Resolves to the report, with what could not be told among its warnings.
   */
  async finish(report: LoadReport): Promise<LoadReport> {
    this.#callOff()
    this.#read = () => figuresOf(report)
    await this.#push('pushLast')
    const told = this.#destinations.flatMap(({ warning }) => warning ?? [])
    return told.length === 0 ? report : { ...report, warnings: [...(report.warnings ?? []), ...told] }
  }

  close(): void {
    this.#callOff()
    this.#endpoint?.close()
  }

  #expose(): Exposed | undefined {
    return this.#read && expose(this.#read(), this.#plan)
  }

  async #push(how: 'push' | 'pushLast'): Promise<void> {
    const read = this.#read
    if (read === undefined) return
    const pushed = () => {
      const figures = read()
      return { exposed: expose(figures, this.#plan), start: figures.startedAt, now: epochTime() }
    }
    await Promise.all(this.#destinations.map(destination => destination[how](pushed)))
  }
}
