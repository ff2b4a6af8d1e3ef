import { availableParallelism } from 'node:os'
import { didYouMean } from '../ground/errors.ts'
import type { Fault, Wrong } from '../ground/fault.ts'
import type { OptionFault } from '../ground/fields.ts'
import { given } from '../ground/given.ts'
import { isObject } from '../ground/object.ts'
import { pointerThrough } from '../ground/pointer.ts'
import { show } from '../ground/show.ts'
import { formatRate, type PerSecond } from '../ground/units.ts'
import { readBudget } from './bound.ts'
import type { Budget, TargetMetric } from './budget.ts'
import { iterations, type KeyGroup, resources, steps, target } from './keys.ts'
import { type RuleReading, readRule } from './rule.ts'
import { neverThere, type TargetFacts } from './target-facts.ts'

export interface BudgetContext {
  /** The steps that can have a budget, as in `LoadReport.steps`: `login`, `workflowId.stepId`. */
  steps: readonly string[]
  /** Whether the application is measured, and what it can be asked for; true where nothing is known of that. */
  target: boolean | TargetFacts
  /** Facts of the targets that have a name. */
  targets?: Readonly<Record<string, true | TargetFacts>>
  /** `any`: there may be targets besides, of which nothing is known. */
  others?: 'any'
  /** Capacity of the load: the highest rate that its search for the capacity may try. Absent when it searches none. */
  capacity?: { to: PerSecond }
  /** JSON Pointer under which the budgets stand, put before every problem's path. Default `''`. */
  problemsBase?: string
  /** Cores of the machine, for `'70% of machine'`. Default: those at hand. */
  cores?: number
}

/**
 * Reads budgets as users write them. Never throws: all that is wrong comes back at once, and the budgets that can be
 * read.
 */
export function readBudgets(input: unknown, context: BudgetContext): { budgets: Budget[]; problems: OptionFault[] } {
  const reader = new BudgetReader(context)
  reader.readAll(input)
  return { budgets: reader.budgets, problems: reader.problems }
}

class BudgetReader {
  readonly budgets: Budget[] = []
  readonly problems: OptionFault[] = []
  readonly #context: BudgetContext
  readonly #cores: number

  constructor(context: BudgetContext) {
    this.#context = context
    this.#cores = context.cores ?? availableParallelism()
  }

  readAll(input: unknown): void {
    for (const [key, value] of this.#entries(input, [], 'budgets')) {
      if (key === 'capacity') this.#readCapacity(value)
      else if (key === 'steps') this.#readSteps(value)
      else if (key === 'generator') this.#readGenerator(value)
      else if (key === 'targets') this.#readTargets(value)
      else if (key !== 'series' && target.measures(key) === undefined)
        this.#read([key], value, 'iterations', iterations)
      else if (this.#context.target) this.#readTarget([], key, value, this.#context.target)
      else this.#wrong([key], { found: 'no target process is known', advice: this.#noTarget(key) })
    }
  }

  #readCapacity(value: unknown): void {
    const { capacity } = this.#context
    if (capacity === undefined) {
      const advice = "Write load: { capacity: { latency: 'p99 < 100ms' } }, or ask for rps."
      this.#wrong(['capacity'], { found: 'the load does not search it', advice })
      return
    }
    const before = this.budgets.length
    this.#read(['capacity'], value, 'iterations', iterations)
    const { bound = 0 } = this.budgets[before] ?? {}
    if (bound <= capacity.to) return
    const [wanted, to] = [formatRate(bound), formatRate(capacity.to)]
    this.#wrong(['capacity'], { found: `it wants ${wanted}, and the search goes to ${to} only`, advice: 'Raise to.' })
  }

  #noTarget(key: string): string {
    const advice = 'Let the plugin start the application (server), or give target: { pid }.'
    const [name] = Object.keys(this.#context.targets ?? {})
    return name === undefined ? advice : `${advice} Of ${name} it is targets: { ${name}: { ${key}: … } }.`
  }

  #readTargets(input: unknown): void {
    const known = this.#context.targets ?? {}
    for (const [name, budgets] of this.#entries(input, ['targets'], 'budgets.targets')) {
      const facts = known[name] ?? (this.#context.others && true)
      if (facts === undefined) this.#unknownTarget(name)
      else {
        const path = ['targets', name]
        for (const [key, value] of this.#entries(budgets, path, `budgets.targets.${name}`))
          this.#readTarget(path, key, value, facts)
      }
    }
  }

  /** @param base of the target's budgets: `targets`, `db`; empty for the application's. */
  #readTarget(base: readonly string[], key: string, value: unknown, facts: true | TargetFacts): void {
    const path = [...base, key]
    if (key === 'series') {
      for (const [name, bound] of this.#entries(value, path, ['budgets', ...path].join('.')))
        this.#readSeries([...path, name], bound, facts)
      return
    }
    const metric = target.measures(key)?.metric as TargetMetric | undefined
    const never = metric && neverThere(metric, facts)
    if (never === undefined) this.#read(path, value, 'target', target)
    else this.#wrong(path, never)
  }

  #readSeries(path: readonly string[], value: unknown, facts: true | TargetFacts): void {
    const name = path.at(-1) ?? ''
    if (facts === true || facts.series.includes(name))
      return this.#read(path, value, 'target', { ...target, measures: () => ({ metric: 'series', series: name }) })
    const meant = didYouMean(name, facts.series)
    const advice =
      facts.series.length === 0
        ? "The target names none. Give it series: { queue: 'sum(app_queue_length)' }."
        : `Series are ${facts.series.join(', ')}.`
    this.#wrong(path, { found: 'the target has no such series', advice }, meant)
  }

  #readSteps(input: unknown): void {
    for (const [step, budgets] of this.#entries(input, ['steps'], 'budgets.steps')) {
      if (!this.#context.steps.includes(step)) this.#unknownStep(step)
      else {
        for (const [key, value] of this.#entries(budgets, ['steps', step], `budgets.steps.${step}`))
          this.#read(['steps', step, key], value, 'step', steps)
      }
    }
  }

  #readGenerator(input: unknown): void {
    for (const [key, value] of this.#entries(input, ['generator'], 'budgets.generator'))
      this.#read(['generator', key], value, 'generator', resources)
  }

  #read(path: readonly string[], value: unknown, of: Budget['of'], group: KeyGroup): void {
    const key = path.at(-1) ?? ''
    const measured = group.measures(key)
    const step = of === 'step' ? path[1] : undefined
    const named = of === 'target' && path[0] === 'targets' ? path[1] : undefined
    if (measured === undefined) this.#unknownKey(path, group)
    else {
      const written = this.#rule(path, value, measured)
      if (written === undefined) return
      const { bound, rule } = written
      const read = readBudget(given({ ...measured, path, of, step, target: named, ...rule }), bound, this.#cores)
      if ('wrong' in read) {
        const at = Object.is(bound, value) ? path : [...path, 'bound']
        this.#problem(at, { thing: `budget ${path.join('.')}`, ...read.wrong })
      } else this.budgets.push(read)
    }
  }

  /** A bound alone, or an object with more; undefined when that cannot be read. */
  #rule(
    path: readonly string[],
    value: unknown,
    measured: Pick<Budget, 'metric'>,
  ): Pick<RuleReading, 'bound' | 'rule'> | undefined {
    if (!isObject(value)) return { bound: value, rule: {} }
    const reading = readRule(value, measured)
    for (const { path: key, found, advice, hint } of reading.problems) {
      const at = key === '' ? path : [...path, key]
      this.#problem(at, { thing: `budget ${at.join('.')}`, found, advice }, hint)
    }
    return reading.problems.length > 0 ? undefined : reading
  }

  #entries(input: unknown, path: readonly string[], name: string): [string, unknown][] {
    if (input === undefined) return []
    if (isObject(input)) return Object.entries(input).filter(([, value]) => value !== undefined)
    const advice = `Write an object, such as { ${examples(path)} }.`
    this.#problem(path, { thing: name, found: `found ${show(input)}`, advice })
    return []
  }

  #unknownKey(path: readonly string[], group: KeyGroup): void {
    const key = path.at(-1) ?? ''
    const isPercentile = /^p[\d.]+$/.test(key) && group.measures('p99') !== undefined
    const found = isPercentile ? 'there is no such percentile' : 'unknown key'
    const advice = isPercentile
      ? 'Write one above p0 and below p100, such as p95 or p99.9; the highest value is max.'
      : `Known keys are ${group.shown}.`
    this.#problem(path, { thing: `budget ${path.join('.')}`, found, advice }, group.hint(key))
  }

  #unknownTarget(name: string): void {
    const names = Object.keys(this.#context.targets ?? {})
    const meant = didYouMean(name, names)
    const advice =
      names.length === 0
        ? `None has a name. Give it one: targets: { ${name}: { pid: 4711 } }.`
        : `Targets are ${names.join(', ')}.`
    this.#wrong(['targets', name], { found: 'there is no such target', advice }, meant)
  }

  #unknownStep(step: string): void {
    const { steps } = this.#context
    const nested = steps.find(one => one.endsWith(`.${step}`))
    const meant = nested ?? didYouMean(step, steps)
    const advice =
      steps.length === 0 ? 'The workflow has no steps that send requests.' : `Steps are ${steps.join(', ')}.`
    this.#wrong(['steps', step], { found: 'the workflow has no such step', advice }, meant)
  }

  /** @param meant what was probably meant. */
  #wrong(path: readonly string[], finding: Wrong, meant?: string): void {
    const hint = meant === undefined ? undefined : `Did you mean "${meant}"?`
    this.#problem(path, { thing: `budget ${path.join('.')}`, ...finding }, hint)
  }

  #problem(path: readonly string[], { advice, ...fault }: Omit<Fault, 'verb'>, hint?: string): void {
    const pointer = `${this.#context.problemsBase ?? ''}${pointerThrough(path)}`
    const what = [advice, hint].filter(one => one !== undefined).join(' ')
    this.problems.push(given({ path: pointer, verb: 'read', ...fault, advice: what || undefined }))
  }
}

function examples(path: readonly string[]): string {
  if (path.length === 0) return "p99: '100ms', errorRate: '0.1%'"
  if (path.at(-1) === 'series') return 'queue: 100'
  if (path[0] === 'targets') return path.length === 1 ? "db: { memory: '1GB' }" : "memory: '1GB'"
  if (path[0] === 'generator') return "memory: '200MB'"
  return path.length === 1 ? "login: { p99: '50ms' }" : "p99: '50ms'"
}
