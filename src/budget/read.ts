import { availableParallelism } from 'node:os'
import { didYouMean } from '../ground/errors.ts'
import { Fields, type OptionFault } from '../ground/fields.ts'
import { isObject } from '../ground/object.ts'
import { show } from '../ground/show.ts'
import { formatRate, type PerSecond } from '../ground/units.ts'
import { type Measurand, readBudget } from './bound.ts'
import type { Budget } from './budget.ts'
import { firstEvent, iterations, type KeyGroup, requests, resources, steps, target } from './keys.ts'
import { metricOf } from './metrics/index.ts'
import type { Metric } from './metrics/metric.ts'
import { isRelative, type RelativeBudget, readRelative } from './relative.ts'
import { readRule } from './rule.ts'
import { neverThere, type TargetFacts } from './target-facts.ts'

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
    const never = measured && neverThere(measured, facts)
    if (never === undefined) this.#read(fields, path, target, whose)
    else fields.fault(key, never.found, never.advice)
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

const OF_ALL: Whose = { of: 'iterations' }

function unknownKey(fields: Fields, key: string, group: KeyGroup): void {
  const isPercentile = /^p[\d.]+$/.test(key) && group.measures('p99') !== undefined
  const found = isPercentile ? 'there is no such percentile' : 'unknown key'
  const advice = isPercentile
    ? 'Write one above p0 and below p100, such as p95 or p99.9; the highest value is max.'
    : `Known keys are ${group.shown}.`
  fields.fault(key, found, [group.hint(key), advice].filter(Boolean).join(' '))
}

/** Suggestion, then the existing names; a single name only once. */
function namesOf(word: string, names: readonly string[], meant: string | undefined): string {
  const there = `${word} are ${names.join(', ')}.`
  if (meant === undefined) return there
  return names.length === 1 ? `Did you mean "${meant}"?` : `Did you mean "${meant}"? ${there}`
}
