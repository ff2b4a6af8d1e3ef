import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Budget } from '../../budget/budget.ts'
import { type AnswerGroup, DURATION_BOUNDS } from '../../measure/answers.ts'
import type { RunFigures } from './figures.ts'

export interface Naming {
  /** Before all names. */
  prefix?: string
  /** Of all series. */
  labels?: Readonly<Record<string, string>>
}

export interface Exposed {
  /** In the text format of Prometheus. */
  text(): Promise<string>
  /** By metric. */
  metrics(): Promise<Metric[]>
  contentType: string
}

export interface Metric {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  values: MetricValue[]
}

export interface MetricValue {
  labels: Readonly<Record<string, string | number>>
  value: number
  /** Of histograms: `…_bucket`, `…_sum`, `…_count`. */
  metricName?: string
}

/** What a budget's figures are measured in, by Prometheus' base units, and how many of them one of ours is. */
const UNITS: Readonly<Record<Budget['metric'], { unit: string; scale: number }>> = {
  rps: { unit: 'per_second', scale: 1 },
  iterationRate: { unit: 'per_second', scale: 1 },
  capacity: { unit: 'per_second', scale: 1 },
  mean: { unit: 'seconds', scale: 0.001 },
  max: { unit: 'seconds', scale: 0.001 },
  percentile: { unit: 'seconds', scale: 0.001 },
  errorRate: { unit: 'ratio', scale: 1 },
  dropped: { unit: 'ratio', scale: 1 },
  memory: { unit: 'bytes', scale: 1 },
  memoryMean: { unit: 'bytes', scale: 1 },
  memoryGrowth: { unit: 'bytes_per_minute', scale: 1 },
  cpu: { unit: 'cores', scale: 1 },
  cpuPerRequest: { unit: 'seconds', scale: 0.001 },
  eventLoopDelay: { unit: 'seconds', scale: 0.001 },
  gcPause: { unit: 'seconds', scale: 0.001 },
  heap: { unit: 'bytes', scale: 1 },
  series: { unit: 'value', scale: 1 },
}

function unitOf({ metric, as, per }: Budget): { unit: string; scale: number } {
  if (metric === 'dropped' && as === 'count') return { unit: 'count', scale: 1 }
  return per === '1000 requests' ? { unit: 'bytes_per_request', scale: 0.001 } : UNITS[metric]
}

/** The series of a run, made anew from its figures: all of them are totals, or readings of the moment. */
export function expose(figures: RunFigures, { prefix = '', labels = {} }: Naming = {}): Exposed {
  const registry = new Registry()
  registry.setDefaultLabels(labels)
  const make = new Maker(registry, prefix)
  addRequests(make, figures)
  addIterations(make, figures)
  addResources(make, figures)
  addBudgets(make, figures)
  return {
    text: () => registry.metrics(),
    metrics: async () => (await registry.getMetricsAsJSON()) as unknown as Metric[],
    contentType: registry.contentType,
  }
}

function addRequests(make: Maker, { workflow, answers }: RunFigures): void {
  const by = ['workflow', 'step', 'method', 'status']
  const requests = make.counter('requests_total', 'Requests sent, by how they were answered.', by)
  const durations = make.durations('request_duration_seconds', 'From sending a request to its last byte.', by)
  const errors = make.counter('errors_total', 'Attempts that failed, by kind of failure.', [...by, 'kind'])
  for (const group of answers) {
    const labels = { workflow, step: group.step, method: group.method, status: group.status }
    if (group.requests > 0) requests.inc(labels, group.requests)
    durations.add(labels, group)
    for (const [kind, count] of Object.entries(group.errors)) errors.inc({ ...labels, kind }, count)
  }
}

function addIterations(make: Maker, { workflow, arrivals, limit }: RunFigures): void {
  const { started, passed, failed, aborted, dropped } = arrivals
  const ended = make.counter('iterations_total', 'Iterations that ended, by how they did.', [
    'workflow',
    'state',
  ])
  for (const [state, count] of Object.entries({ passed, failed, aborted }))
    ended.inc({ workflow, state }, count)
  make
    .counter('dropped_total', 'Iterations that were due and never began.', ['workflow'])
    .inc({ workflow }, dropped)
  const vus = make.gauge('vus', 'Virtual users that run an iteration.', ['workflow'])
  vus.set({ workflow }, started - passed - failed - aborted)
  make.gauge('concurrency_limit', 'Virtual users allowed.', ['workflow']).set({ workflow }, limit)
}

const MEMORY = 'Resident memory: now; after the run, the most of its measured window.'
const CPU = 'CPU in cores: now; after the run, the mean of its measured window.'

function addResources(make: Maker, { targets, generator }: RunFigures): void {
  const memory = make.gauge('target_memory_bytes', MEMORY, ['target'])
  const cpu = make.gauge('target_cpu_cores', CPU, ['target'])
  for (const [target, used] of Object.entries(targets)) {
    memory.set({ target }, used.memory)
    cpu.set({ target }, used.cpu)
  }
  if (generator === undefined) return
  make.gauge('generator_memory_bytes', MEMORY).set(generator.memory)
  make.gauge('generator_cpu_cores', CPU).set(generator.cpu)
  if (generator.eventLoopUtilization !== undefined)
    make
      .gauge('generator_event_loop_utilization_ratio', 'Of the busiest load thread.')
      .set(generator.eventLoopUtilization)
}

const VERDICTS = ['pass', 'fail', 'inconclusive'] as const

function addBudgets(make: Maker, { workflow, budgets }: RunFigures): void {
  const by = ['workflow', 'budget', 'unit']
  const bounds = make.gauge('budget_bound', 'What a budget allows.', [...by, 'operator'])
  const values = make.gauge('budget_value', 'What a budget was judged by.', by)
  const verdicts = make.gauge('budget_verdict', '1 for the verdict on a budget, 0 for the others.', [
    ...['workflow', 'budget', 'verdict'],
  ])
  for (const { budget, value, verdict } of budgets) {
    const { unit, scale } = unitOf(budget)
    const labels = { workflow, budget: budget.key, unit }
    bounds.set({ ...labels, operator: budget.operator }, scaled(budget.bound, scale))
    if (value !== undefined) values.set(labels, scaled(value, scale))
    if (verdict === undefined) continue
    for (const one of VERDICTS)
      verdicts.set({ workflow, budget: budget.key, verdict: one }, one === verdict ? 1 : 0)
  }
}

/** Without the dust of the multiplication: 50 ms are 0.05 s. */
function scaled(value: number, scale: number): number {
  return scale === 1 ? value : Number((value * scale).toPrecision(12))
}

class Maker {
  readonly #registry: Registry
  readonly #prefix: string

  constructor(registry: Registry, prefix: string) {
    this.#registry = registry
    this.#prefix = prefix
  }

  counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter(this.#options(name, help, labelNames))
  }

  gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge(this.#options(name, help, labelNames))
  }

  durations(name: string, help: string, labelNames: string[]): DurationHistogram {
    return new DurationHistogram(this.#options(name, help, labelNames))
  }

  #options(name: string, help: string, labelNames: string[]) {
    return { name: this.#prefix + name, help, labelNames, registers: [this.#registry] }
  }
}

/** A histogram whose buckets were counted elsewhere: the load threads count, and observing each request again would cost as much. */
class DurationHistogram extends Histogram {
  readonly #options: { name: string; help: string }
  readonly #values: MetricValue[] = []

  constructor(options: { name: string; help: string; labelNames: string[]; registers: Registry[] }) {
    super({ ...options, buckets: DURATION_BOUNDS.map(inSeconds) })
    this.#options = options
  }

  add(labels: Record<string, string>, { buckets, durations }: AnswerGroup): void {
    let count = 0
    const add = (suffix: string, value: number, more: Record<string, string | number> = {}) =>
      this.#values.push({
        labels: { ...labels, ...more },
        value,
        metricName: `${this.#options.name}_${suffix}`,
      })
    const total = buckets.reduce((sum, value) => sum + value, 0)
    if (total === 0) return
    for (const [i, value] of buckets.entries()) {
      count += value
      const bound = DURATION_BOUNDS[i]
      add('bucket', count, { le: bound === undefined ? '+Inf' : inSeconds(bound) })
    }
    add('sum', durations / 1000)
    add('count', total)
  }

  override async get() {
    const { name, help } = this.#options
    const told = { name, help, type: 'histogram', aggregator: 'sum', values: this.#values }
    return told as unknown as Awaited<ReturnType<Histogram['get']>>
  }

  /** What the text is made of. */
  getForPromString() {
    return this.get()
  }
}

function inSeconds(ms: number): number {
  return ms / 1000
}
