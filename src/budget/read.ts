import { availableParallelism } from 'node:os'
import { didYouMean } from '../ground/errors.ts'
import type { Finding } from '../ground/fault.ts'
import { Fields, type OptionFault } from '../ground/fields.ts'
import { isObject } from '../ground/object.ts'
import { removedOption } from '../ground/removed-names.ts'
import { show } from '../ground/show.ts'
import { formatMs, formatRate, type Milliseconds, type PerSecond } from '../ground/units.ts'
import type { TargetOptions, Targets } from '../measure/target.ts'
import { type Measurand, readBudget } from './bound.ts'
import type { Budget } from './budget.ts'
import { firstEvent, iterations, type KeyGroup, requests, resources, steps, target } from './keys.ts'
import { metricOf } from './metrics/index.ts'
import type { Metric } from './metrics/metric.ts'
import { isRelative, type RelativeBudget, readRelative } from './relative.ts'

export interface BudgetContext {
  /** The steps that can have a budget, as in `LoadReport.steps`: `login`, `workflowId.stepId`. */
  steps: readonly string[]
  /** Steps that read event streams. Default: any step may. */
  streams?: readonly string[]
  /** Steps whose responses are checked against an OpenAPI description, and fail by it. Default: any may. */
  contracts?: readonly string[]
  /** Whether the application is measured, and what it can be asked for; true where nothing is known of that. */
  target: boolean | TargetFacts
  /** Facts of the targets that have a name. */
  targets?: Readonly<Record<string, true | TargetFacts>>
  /** Names of the applications that a target may be. */
  applications?: readonly string[]
  /** `any`: there may be further targets whose properties are unknown. */
  others?: 'any'
  /** Capacity of the load: the highest rate that its search for the capacity may try. Absent when it searches none. */
  capacity?: { to: PerSecond }
  /** Whether there may be a base to compare with. Default: no, and a relative bound is a fault. */
  base?: boolean
  /** Model of the load, where it is known. */
  model?: 'open' | 'closed'
  /** JSON Pointer under which the budgets stand, put before every problem's path. Default `''`. */
  problemsBase?: string
  /** Cores of the machine, for `'70% of machine'`. Default: the usable ones. */
  cores?: number
}

interface ReadBudgets {
  budgets: Budget[]
  /** Budgets with a relative bound. */
  relative: RelativeBudget[]
  problems: OptionFault[]
}

/**
 * Reads budgets as users write them. Never throws: all that is wrong comes back at once, and the budgets that can be
 * read.
 */
export function readBudgets(input: unknown, context: BudgetContext): ReadBudgets {
  const fields = new Fields(isObject(input) ? input : {}, '', [], context.problemsBase)
  if (input !== undefined && !isObject(input))
    fields.fault('', `${show(input)} is not an object`, like("p99: '100ms', errorRate: '0.1%'"))
  const reader = new BudgetReader(context)
  reader.readAll(fields)
  const named = (thing: string) => (thing === '' ? 'budgets' : `budget ${thing}`)
  const { budgets, relative } = reader
  return { budgets, relative, problems: fields.faults.map(one => ({ ...one, thing: named(one.thing) })) }
}

const like = (example: string) => `Write an object, such as { ${example} }.`

type Whose = Pick<Budget, 'of' | 'step' | 'target' | 'latency'>

/** Each method reads a field of some, or all of them; `path` are the keys that lead to these. */
class BudgetReader {
  readonly budgets: Budget[] = []
  readonly relative: RelativeBudget[] = []
  readonly #context: BudgetContext
  readonly #cores: number

  constructor(context: BudgetContext) {
    this.#context = context
    this.#cores = context.cores ?? availableParallelism()
  }

  readAll(fields: Fields): void {
    for (const key of fields.keys) {
      if (key === 'capacity') this.#readCapacity(fields)
      else if (key === 'steps') this.#readSteps(fields)
      else if (key === 'requests')
        this.#readEach(fields.within(key, like("p99: '50ms'")), [key], requests, { of: 'requests' })
      else if (key === 'firstEvent') this.#readFirstEvent(fields, [key], { of: 'requests' })
      else if (key === 'generator')
        this.#readEach(fields.within(key, like("memory: '200MB'")), [key], resources, { of: 'generator' })
      else if (key === 'targets') this.#readTargets(fields)
      else if (key !== 'series' && target.measures(key) === undefined) this.#read(fields, [key], iterations, OF_ALL)
      else if (this.#context.target) this.#readTarget(fields, [key], this.#context.target, { of: 'target' })
      else fields.fault(key, 'no target process is known', this.#noTarget(key))
    }
  }

  #readCapacity(fields: Fields): void {
    const { capacity } = this.#context
    if (capacity === undefined) {
      const advice = "Write load: { capacity: { latency: 'p99 < 100ms' } }, or ask for rps."
      return fields.fault('capacity', 'the load does not search it', advice)
    }
    const before = this.budgets.length
    this.#read(fields, ['capacity'], iterations, OF_ALL)
    const { bound = 0, operator } = this.budgets[before] ?? {}
    const [wanted, to] = [formatRate(bound), formatRate(capacity.to)]
    if (bound > capacity.to || (bound === capacity.to && operator === '>'))
      fields.fault('capacity', `it wants ${wanted}, and the search goes to ${to} only`, 'Raise to.')
  }

  #noTarget(key: string): string {
    const { applications = [] } = this.#context
    const [name] = applications.length > 0 ? applications : Object.keys(this.#context.targets ?? {})
    const advice =
      applications.length > 0
        ? `There are several applications: write which, target: '${name}'.`
        : 'Let the plugin start the application (server), or give target: { pid }.'
    return name === undefined ? advice : `${advice} Of ${name} it is targets: { ${name}: { ${key}: … } }.`
  }

  #readTargets(fields: Fields): void {
    const known = this.#context.targets ?? {}
    const targets = fields.within('targets', like("db: { memory: '1GB' }"))
    for (const name of targets?.keys ?? []) {
      const facts = known[name] ?? (this.#context.others && true)
      if (facts === undefined) {
        const names = Object.keys(known)
        const none = `None has a name. Give it one: targets: { ${name}: { pid: 4711 } }.`
        const advice = names.length === 0 ? none : namesOf('Targets', names, didYouMean(name, names))
        targets!.fault(name, 'there is no such target', advice)
        continue
      }
      const budgets = targets!.within(name, like("memory: '1GB'"))
      for (const key of budgets?.keys ?? [])
        this.#readTarget(budgets!, ['targets', name, key], facts, { of: 'target', target: name })
    }
  }

  #readTarget(fields: Fields, path: readonly string[], facts: true | TargetFacts, whose: Whose): void {
    const key = path.at(-1)!
    if (key === 'series') {
      const series = fields.within(key, like('queue: 100'))
      for (const name of series?.keys ?? []) this.#readSeries(series!, [...path, name], facts, whose)
      return
    }
    const measured = target.measures(key)
    // Launches of a comparison have the probe if a budget needs it.
    const never = measured && !areRelative(fields.get(key)) ? neverThere(measured, facts) : undefined
    if (never === undefined && key === 'roundTrips') this.#readRoundTrips(fields, path, whose)
    else if (never === undefined) this.#read(fields, path, target, whose)
    else fields.fault(key, never.found, never.advice)
  }

  /** A bound for all round trips together, or one for each destination. */
  #readRoundTrips(fields: Fields, path: readonly string[], whose: Whose): void {
    const value = fields.get('roundTrips')
    if (!isObject(value) || 'bound' in value || Object.keys(value).length === 0)
      return this.#read(fields, path, target, whose)
    const to = fields.within('roundTrips', like("'127.0.0.1:5432': 2"))
    for (const name of to?.keys ?? []) {
      if (!/:\d+$|^\//.test(name)) to!.fault(name, 'it is no destination', "Write such as '127.0.0.1:5432'.")
      else {
        const measures = () => ({ metric: 'roundTrips', destination: name.replace(LOCAL, '127.0.0.1:') }) as const
        this.#read(to!, [...path, name], { ...target, measures }, whose)
      }
    }
  }

  #readSeries(fields: Fields, path: readonly string[], facts: true | TargetFacts, whose: Whose): void {
    const name = path.at(-1)!
    if (facts === true || facts.series.includes(name))
      return this.#read(fields, path, { ...target, measures: () => ({ metric: 'series', series: name }) }, whose)
    const advice =
      facts.series.length === 0
        ? "The target names none. Give it series: { queue: 'sum(app_queue_length)' }."
        : namesOf('Series', facts.series, didYouMean(name, facts.series))
    fields.fault(name, 'the target has no such series', advice)
  }

  #readSteps(fields: Fields): void {
    const known = this.#context.steps
    const of = fields.within('steps', like("login: { p99: '50ms' }"))
    for (const step of of?.keys ?? []) {
      if (known.includes(step)) {
        this.#readStep(of!.within(step, like("p99: '50ms'")), step)
        continue
      }
      const meant = known.find(one => one.endsWith(`.${step}`)) ?? didYouMean(step, known)
      const advice =
        known.length === 0 ? 'The workflow has no steps that send requests.' : namesOf('Steps', known, meant)
      of!.fault(step, 'the workflow has no such step', advice)
    }
  }

  #readStep(fields: Fields | undefined, step: string): void {
    const whose: Whose = { of: 'step', step }
    for (const key of fields?.keys ?? []) {
      if (key === 'firstEvent') this.#readFirstEvent(fields!, ['steps', step, key], whose)
      else this.#read(fields!, ['steps', step, key], steps, whose)
    }
  }

  #readFirstEvent(fields: Fields, path: readonly string[], whose: Whose): void {
    this.#lacks('stream', fields, 'firstEvent', whose.step)
    const of = fields.within('firstEvent', like("p99: '200ms'"))
    this.#readEach(of, path, firstEvent, { ...whose, latency: 'firstEvent' })
  }

  /** Whether a budget needs events or an OpenAPI description that the load does not have. */
  #lacks(needs: Metric['needs'], fields: Fields, key: string, step: string | undefined): boolean {
    const { streams, contracts } = this.#context
    const known = needs === 'stream' ? streams : needs === 'contract' ? contracts : undefined
    if (known === undefined || (step === undefined ? known.length > 0 : known.includes(step))) return false
    const isAny = step === undefined
    if (needs === 'stream') {
      const found = isAny ? 'no step reads an event stream' : 'the step reads no event stream'
      fields.fault(key, found, 'Say how with x-events, such as x-events: { most: 1 }.')
    } else {
      const found = `no response${isAny ? '' : ' of the step'} is checked against an OpenAPI description`
      fields.fault(key, found, "Describe its responses, with checks: 'error'.")
    }
    return true
  }

  #readEach(fields: Fields | undefined, path: readonly string[], group: KeyGroup, whose: Whose): void {
    for (const key of fields?.keys ?? []) this.#read(fields!, [...path, key], group, whose)
  }

  /** A bound, or a list of one that is absolute and one that speaks of the base. */
  #read(fields: Fields, path: readonly string[], group: KeyGroup, whose: Whose): void {
    const key = path.at(-1)!
    const value = fields.get(key)
    const measured = group.measures(key)
    if (measured === undefined) return unknownKey(fields, key, group)
    if (this.#lacks(metricOf(measured).needs, fields, key, whose.step)) return
    const before = [this.budgets.length, this.relative.length] as const
    for (const bound of Array.isArray(value) ? value : [value]) this.#readBound(fields, bound, path, measured, whose)
    if (!Array.isArray(value)) return
    const [own, ofBase] = [this.budgets.length - before[0], this.relative.length - before[1]]
    if (value.length === 0) fields.fault(key, 'the list is empty', "Write such as ['100ms', 'base + 10%'].")
    else if (own > 1 || ofBase > 1)
      fields.fault(
        key,
        `it holds ${own > 1 ? own : ofBase} bounds of one kind`,
        'Give one, and one that speaks of the base.',
      )
  }

  /** A bound alone, or an object with more. */
  #readBound(
    fields: Fields,
    value: unknown,
    path: readonly string[],
    measured: NonNullable<ReturnType<KeyGroup['measures']>>,
    whose: Whose,
  ): void {
    const key = path.at(-1)!
    const object = isObject(value) ? fields.part(key, value) : undefined
    const rule = object ? readRule(object, measured) : {}
    if (rule === undefined) return
    const measurand = { ...measured, path, ...whose, ...rule }
    const bound = object ? object.get('bound') : value
    const read = isRelative(bound) ? this.#readRelative(measurand, bound) : readBudget(measurand, bound, this.#cores)
    if ('allowed' in read) this.relative.push(read)
    else if (!('wrong' in read)) this.budgets.push(read)
    else if (object) object.fault('bound', read.wrong.found, read.wrong.advice)
    else fields.fault(key, read.wrong.found, read.wrong.advice)
  }

  #readRelative(of: Measurand, bound: string): ReturnType<typeof readRelative> {
    const { base, model } = this.#context
    if (base) return readRelative(of, bound, model)
    const advice = "Use loadTest, with the plugin's option compare, or write an absolute bound."
    return { wrong: { found: 'there is no base to compare with here', advice } }
  }
}

/** Names of this machine, which the probe reports as its address. */
const LOCAL = /^(?:localhost|\[::1\]):/

const OF_ALL: Whose = { of: 'iterations' }

function unknownKey(fields: Fields, key: string, group: KeyGroup): void {
  const isPercentile = /^p[\d.]+$/.test(key) && group.measures('p99') !== undefined
  const found = isPercentile ? 'there is no such percentile' : 'unknown key'
  const advice = isPercentile
    ? 'Write one above p0 and below p100, such as p95 or p99.9; the highest value is max.'
    : `Known keys are ${group.shown}.`
  fields.fault(key, found, removedOption(key) ?? [group.hint(key), advice].filter(Boolean).join(' '))
}

/** Suggestion, then the existing names; a single name only once. */
function namesOf(word: string, names: readonly string[], meant: string | undefined): string {
  const there = `${word} are ${names.join(', ')}.`
  if (meant === undefined) return there
  return names.length === 1 ? `Did you mean "${meant}"?` : `Did you mean "${meant}"? ${there}`
}

/**
 * Budgets with the ones that they imply: a load test that allows no error allows no request to be sent again, unless it
 * has a budget for that.
 */
export function withImplied(budgets: readonly Budget[]): Budget[] {
  const allowsNone = ({ metric, of, bound, operator }: Budget) =>
    metric === 'errorRate' && of !== 'step' && bound === 0 && operator === '<='
  if (!budgets.some(allowsNone) || budgets.some(({ metric }) => metric === 'resent')) return [...budgets]
  return [...budgets, readBudget({ path: ['resent'], metric: 'resent', of: 'iterations' }, 0, 1) as Budget]
}

const TIMES = ['hold', 'everyWindow']
const KEYS = ['bound', 'abortOnFail', ...TIMES]
/** Names of the bound in other tools. */
const BOUNDS = new Set(['max', 'min', 'limit', 'threshold', 'value', 'target', 'budget'])
const HOLD: Milliseconds = 2_000
const SECOND: Milliseconds = 1_000

/**
 * Reads the other fields of a budget object: `{ bound: '1%', abortOnFail: true, hold: '2s', everyWindow: '10s' }`.
 * Undefined if it has a fault.
 */
function readRule(
  fields: Fields,
  { metric }: Pick<Budget, 'metric'>,
): Pick<Budget, 'abort' | 'everyWindow'> | undefined {
  const before = fields.faults.length
  fields.checkKeys(KEYS, KEYS, key => (BOUNDS.has(key) && !fields.has('bound') ? 'bound' : didYouMean(key, KEYS)))
  if (!fields.has('bound') && fields.faults.length === before)
    fields.fault('', 'it has no bound', "Add one, such as bound: '100ms'.")
  const aborts = fields.flag('abortOnFail')
  const [hold, everyWindow] = [fields.length('hold', HOLD), windowOf(fields, metric)]
  const { late } = metricOf({ metric })
  if (late !== undefined) {
    for (const key of ['abortOnFail', ...TIMES]) if (fields.has(key)) fields.fault(key, late, 'Remove it.')
  } else if ((fields.get('abortOnFail') ?? false) === false && fields.has('hold')) {
    fields.fault('hold', 'it says when to end the run', 'Add abortOnFail: true.')
  }
  if (fields.faults.length > before) return undefined
  return { ...(aborts && { abort: { hold } }), ...(everyWindow > 0 && { everyWindow }) }
}

function windowOf(fields: Fields, metric: Budget['metric']): Milliseconds {
  const every = fields.length('everyWindow', 0)
  const { late, family } = metricOf({ metric })
  if (!fields.has('everyWindow') || late !== undefined) return every
  if (family === 'resources')
    fields.fault('everyWindow', `${metric} is judged over the whole measured window`, 'Remove it.')
  else if (every < SECOND || every % SECOND > 0)
    fields.fault('everyWindow', `${formatMs(every)} is not a whole number of seconds`, "Write such as '10s'.")
  if (fields.has('hold'))
    fields.fault('hold', 'a window that is missed is reason enough', 'Remove it, or make windows longer.')
  return every
}

/** Available data of a target. */
export interface TargetFacts {
  kind: 'process' | 'prometheus'
  /** Whether its Node processes report figures. */
  node: boolean
  series: readonly string[]
}

/** Facts of targets as they were read. */
export function factsOf({ target, targets }: Targets): {
  target: false | TargetFacts
  targets: Record<string, TargetFacts>
} {
  return {
    target: target === undefined ? false : factsOfTarget(target),
    targets: Object.fromEntries(Object.entries(targets).map(([name, one]) => [name, factsOfTarget(one)])),
  }
}

function factsOfTarget(target: TargetOptions): TargetFacts {
  if (typeof target !== 'object' || target === null) return { kind: 'process', node: false, series: [] }
  if ('prometheus' in target) return { kind: 'prometheus', node: false, series: Object.keys(target.series ?? {}) }
  return { kind: 'process', node: target.probe !== undefined, series: [] }
}

/** Whether all bounds of a value speak of the base. */
const areRelative = (value: unknown): boolean =>
  isObject(value) ? Object.values(value).length > 0 && Object.values(value).every(areRelative) : isRelative(value)

/** Why a figure will never be there; undefined when it may. `true`: nothing is known. */
function neverThere(of: Pick<Budget, 'metric'>, facts: true | TargetFacts): Finding | undefined {
  if (facts === true || metricOf(of).needs !== 'probe' || facts.node) return undefined
  const advice = {
    process: 'Let the plugin load it (server: { probe: true }), or give the folder in which they listen as probe.',
    prometheus: "Give the series that holds it a name, such as series: { lag: 'nodejs_eventloop_lag_p99_seconds' }.",
  }
  return { found: 'only Node processes with the probe loaded tell it', advice: advice[facts.kind] }
}
