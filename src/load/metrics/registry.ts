import { unitOf } from '../../budget/metrics/index.ts'
import { failed } from '../../ground/fault.ts'
import { plainColumns } from '../../ground/plain.ts'
import { packageVersion } from '../../ground/version.ts'
import { DURATION_BOUNDS } from '../../measure/latency-counts.ts'
import type { AnswerGroup } from '../../measure/report.ts'
import type { RunFigures } from './figures.ts'

export interface Naming {
  /** Text before all names. Default: `arazzo_load_`. */
  prefix?: string
  /** Labels of all series. */
  labels?: Readonly<Record<string, string>>
  /** Commit of the tested code: a label of `info`. */
  commit?: string
}

/** Default prefix of all series. */
const PREFIX = 'arazzo_load_'

/** The series of a run, made anew from its figures: all of them are totals, or readings of the moment. */
export function expose(figures: RunFigures, { prefix = PREFIX, labels = {}, commit }: Naming = {}): Metric[] {
  const make = maker(prefix, labels)
  addInfo(make, figures, commit)
  addRequests(make, figures)
  addEvents(make, figures)
  addIterations(make, figures)
  addResources(make, figures)
  addRoundTrips(make, figures)
  addHosts(make, figures)
  addBudgets(make, figures)
  return make.metrics
}

const STATES = ['running', 'completed', 'cut short', 'not run'] as const

function addInfo(make: Maker, { workflow, startedAt, state }: RunFigures, commit: string | undefined): void {
  const info = make.series('gauge', 'info', 'Always 1: version of vitest-arazzo, and commit of the tested code.')
  info.add({ workflow, version: packageVersion(), ...(commit !== undefined && { commit }) }, 1)
  make.series('gauge', 'start_time_seconds', 'When the run began, since the epoch.').add({ workflow }, startedAt / 1000)
  const states = make.series('gauge', 'run_state', '1 for the state of the run, 0 for the others.')
  for (const one of STATES) states.add({ workflow, state: one }, one === (state ?? 'running') ? 1 : 0)
}

const RETRIED = 'Attempts retried after a status below 500 that the description lists; they are no errors.'

function addRequests(make: Maker, { workflow, responses }: RunFigures): void {
  const requests = make.series('counter', 'requests_total', 'Requests sent, by the status of their responses.')
  const durations = make.durations('request_duration_seconds', 'From sending a request to its last byte.')
  const errors = make.series('counter', 'errors_total', 'Attempts that failed, by kind of failure.')
  const retries: [Labels, number][] = []
  for (const group of responses) {
    const labels = { workflow, step: group.step, method: group.method, status: group.status }
    if (group.requests > 0) requests.add(labels, group.requests)
    durations.add(labels, group)
    if (group.retried !== undefined) retries.push([labels, group.retried])
    for (const [kind, count] of Object.entries(group.errors)) errors.add({ ...labels, kind }, count)
  }
  if (retries.length === 0) return
  const retried = make.series('counter', 'retried_total', RETRIED)
  for (const [labels, count] of retries) retried.add(labels, count)
}

/** Series of runs that read event streams. */
function addEvents(make: Maker, { workflow, responses }: RunFigures): void {
  const groups = responses.filter(({ events }) => events !== undefined)
  if (groups.length === 0) return
  const events = make.series('counter', 'events_total', 'Server-sent events that came.')
  const help = 'From sending a request to the first event of its stream.'
  const firsts = make.durations('first_event_duration_seconds', help)
  for (const { step, events: count = 0, firstEvents } of groups) {
    events.add({ workflow, step }, count)
    if (firstEvents !== undefined) firsts.add({ workflow, step }, firstEvents)
  }
}

function addIterations(make: Maker, { workflow, arrivals, limit, iterationTimes }: RunFigures): void {
  const { started, passed, failed, aborted, dropped } = arrivals
  const ended = make.series('counter', 'iterations_total', 'Iterations that ended, by how they did.')
  for (const [state, count] of Object.entries({ passed, failed, aborted })) ended.add({ workflow, state }, count)
  const times = make.durations('iteration_duration_seconds', 'Response time of iterations that passed or failed.')
  if (iterationTimes !== undefined) times.add({ workflow }, iterationTimes)
  make.series('counter', 'dropped_total', 'Iterations that were due and never began.').add({ workflow }, dropped)
  const vus = make.series('gauge', 'vus', 'Virtual users that run an iteration.')
  vus.add({ workflow }, started - passed - failed - aborted)
  make.series('gauge', 'concurrency_limit', 'Virtual users allowed.').add({ workflow }, limit)
}

const MEMORY = 'Resident memory: now; after the run, the most of its measured window.'
const CPU = 'CPU in cores: now; after the run, the mean of its measured window.'

function addResources(make: Maker, { targets, generator }: RunFigures): void {
  const memory = make.series('gauge', 'target_memory_bytes', MEMORY)
  const cpu = make.series('gauge', 'target_cpu_cores', CPU)
  for (const [target, used] of Object.entries(targets)) {
    if (used.memory !== undefined) memory.add({ target }, used.memory)
    if (used.cpu !== undefined) cpu.add({ target }, used.cpu)
  }
  if (generator === undefined) return
  if (generator.memory !== undefined) make.series('gauge', 'generator_memory_bytes', MEMORY).add({}, generator.memory)
  if (generator.cpu !== undefined) make.series('gauge', 'generator_cpu_cores', CPU).add({}, generator.cpu)
  if (generator.eventLoopUtilization !== undefined)
    make
      .series('gauge', 'generator_event_loop_utilization_ratio', 'Of the busiest load thread.')
      .add({}, generator.eventLoopUtilization)
}

/** Series of targets with the probe, when the run has ended. */
function addRoundTrips(make: Maker, { targets }: RunFigures): void {
  const rows = Object.entries(targets).flatMap(([target, { roundTrips: { requests, to } = { requests: 0, to: {} } }]) =>
    Object.entries(requests > 0 ? to : {}).map(
      ([destination, { count, waited }]) =>
        [{ target, destination }, count / requests, waited / 1_000 / requests] as const,
    ),
  )
  if (rows.length === 0) return
  const trips = make.series('gauge', 'target_round_trips_per_request', 'Round trips to another service.')
  const waits = make.series('gauge', 'target_round_trip_wait_seconds_per_request', 'Time in which a response was due.')
  for (const [labels, count, waited] of rows) {
    trips.add(labels, count)
    waits.add(labels, waited)
  }
}

/** Series of runs by agents on several hosts. */
function addHosts(make: Maker, { workflow, hosts }: RunFigures): void {
  if (hosts === undefined) return
  const up = make.series('gauge', 'host_up', '1 for a host that runs its share of the load, 0 for one that was lost.')
  const begun = make.series('counter', 'host_iterations_started_total', 'Iterations that a host has begun.')
  for (const { host, started, isLost } of hosts) {
    up.add({ workflow, host }, isLost ? 0 : 1)
    begun.add({ workflow, host }, started)
  }
}

const VERDICTS = ['pass', 'fail', 'inconclusive'] as const

function addBudgets(make: Maker, { workflow, budgets }: RunFigures): void {
  const bounds = make.series('gauge', 'budget_bound', 'What a budget allows.')
  const values = make.series('gauge', 'budget_value', 'What a budget was judged by.')
  const verdicts = make.series('gauge', 'budget_verdict', '1 for the verdict on a budget, 0 for the others.')
  for (const { budget, value, verdict } of budgets) {
    const [unit, scale] = unitOf(budget).exported
    const labels = { workflow, budget: budget.key, unit }
    bounds.add({ ...labels, operator: budget.operator }, scaled(budget.bound, scale))
    if (value !== undefined) values.add(labels, scaled(value, scale))
    if (verdict === undefined) continue
    for (const one of VERDICTS) verdicts.add({ workflow, budget: budget.key, verdict: one }, one === verdict ? 1 : 0)
  }
}

/** Scales without the dust of the multiplication: 50 ms are 0.05 s. */
const scaled = (value: number, scale: number): number => (scale === 1 ? value : Number((value * scale).toPrecision(12)))

type Maker = ReturnType<typeof maker>

/** @param ofAll labels of all series; a series' own come before them. */
function maker(prefix: string, ofAll: Labels) {
  const metrics: Metric[] = []
  const series = (type: Metric['type'], name: string, help: string) => {
    const metric: Metric = { name: checkedName(prefix + name), help, type, values: [] }
    metrics.push(metric)
    return {
      add: (labels: Labels, value: number, buckets?: readonly number[]) =>
        metric.values.push({ labels: { ...labels, ...ofAll, ...labels }, value, buckets }),
    }
  }
  /**
   * A histogram whose buckets were counted elsewhere: the load threads count, and observing each request again would
   * cost as much.
   */
  const durations = (name: string, help: string) => {
    const { add } = series('histogram', name, help)
    return {
      add(labels: Labels, { buckets, durations }: Pick<AnswerGroup, 'buckets' | 'durations'>): void {
        if (buckets.some(count => count > 0)) add(labels, durations / 1000, buckets)
      },
    }
  }
  return { metrics, series, durations }
}

export interface Metric {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  values: MetricValue[]
}

type Labels = Readonly<Record<string, string | number>>

interface MetricValue {
  labels: Labels
  /** In a histogram, the sum. */
  value: number
  /** Counts of a histogram between the bounds and beyond the last. */
  buckets?: readonly number[]
}

/** Bounds of buckets in seconds. */
const BOUNDS: readonly number[] = DURATION_BOUNDS.map(bound => bound / 1000)

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** A name as the text format has them; without, scrapers refuse the page as a whole. */
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

export function checkedName(name: string): string {
  if (NAME.test(name)) return name
  const advice = 'Use letters, digits, underscores and colons, and no digit at the beginning.'
  throw new TypeError(failed('expose', `the metric ${JSON.stringify(name)}`, 'Prometheus has no such names', advice))
}

/** Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export function textOf(metrics: readonly Metric[]): string {
  const blocks = metrics.map(({ name, help, type, values }) =>
    [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...values.flatMap(one => samplesOf(name, one))].join(
      '\n',
    ),
  )
  return `${blocks.join('\n\n')}\n`
}

function samplesOf(name: string, { labels, value, buckets }: MetricValue): string[] {
  const sample = (name: string, labels: Labels, value: number) => `${name}${inBraces(labels)} ${written(value)}`
  if (buckets === undefined) return [sample(name, labels, value)]
  let count = 0
  const counted = buckets.map((own, i) => {
    count += own
    return sample(`${name}_bucket`, { ...labels, le: BOUNDS[i] ?? '+Inf' }, count)
  })
  return [...counted, sample(`${name}_sum`, labels, value), sample(`${name}_count`, labels, count)]
}

function inBraces(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(String(value)).replaceAll('"', '\\"')}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** Keeps the number of characters, so that two names stay two series. */
const escaped = (text: string): string => plainColumns(text).replaceAll('\\', '\\\\').replaceAll('\n', '\\n')

function written(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'
}
