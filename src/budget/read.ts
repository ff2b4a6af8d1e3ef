import { availableParallelism } from 'node:os'
import { didYouMean } from '../errors.ts'
import { readBudget } from './bound.ts'
import type { Budget } from './budget.ts'
import { iterations, type KeyGroup, resources, steps } from './keys.ts'
import { type RuleReading, readRule } from './rule.ts'

export interface BudgetContext {
  /** The steps that can have a budget, as in `LoadReport.steps`: `login`, `workflowId.stepId`. */
  steps: readonly string[]
  /** Whether the application's process is known, for `memory` and `cpu`. */
  target: boolean
  /** JSON Pointer under which the budgets stand, put before every problem's path. Default `''`. */
  problemsBase?: string
  /** Cores of the machine, for `'70% of machine'`. Default: those at hand. */
  cores?: number
}

/** A fault in the budgets as written. */
export interface BudgetProblem {
  /** JSON Pointer, below `problemsBase`: `/steps/login/p99`. */
  path: string
  message: string
  hint?: string
}

const noTarget =
  'no target process is known. Let the plugin start the application (server), or give target: { pid }.'

/** Reads budgets as users write them. Never throws: all that is wrong comes back at once, and the budgets that can be read. */
export function readBudgets(
  input: unknown,
  context: BudgetContext,
): { budgets: Budget[]; problems: BudgetProblem[] } {
  const reader = new BudgetReader(context)
  reader.readAll(input)
  return { budgets: reader.budgets, problems: reader.problems }
}

class BudgetReader {
  readonly budgets: Budget[] = []
  readonly problems: BudgetProblem[] = []
  readonly #context: BudgetContext
  readonly #cores: number

  constructor(context: BudgetContext) {
    this.#context = context
    this.#cores = context.cores ?? availableParallelism()
  }

  readAll(input: unknown): void {
    for (const [key, value] of this.#entries(input, [], 'budgets')) {
      if (key === 'steps') this.#readSteps(value)
      else if (key === 'generator') this.#readGenerator(value)
      else if (key !== 'memory' && key !== 'cpu') this.#read([key], value, 'iterations', iterations)
      else if (this.#context.target) this.#read([key], value, 'target', resources)
      else this.#problem([key], `Failed to read budget ${key}: ${noTarget}`)
    }
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
    const name = path.join('.')
    const measured = group.measures(key)
    const step = of === 'step' ? path[1] : undefined
    if (measured === undefined) this.#unknownKey(path, group)
    else {
      const written = this.#rule(path, value, measured)
      if (written === undefined) return
      const { bound, rule } = written
      const measurand = { ...measured, key: name, of, ...(step !== undefined && { step }), ...rule }
      const read = readBudget(measurand, bound, this.#cores)
      if ('problem' in read) this.#problem(path, `Failed to read budget ${name}: ${read.problem}`)
      else this.budgets.push(read)
    }
  }

  /** A bound alone, or an object with more; undefined when that cannot be read. */
  #rule(
    path: readonly string[],
    value: unknown,
    measured: Pick<Budget, 'metric'>,
  ): Pick<RuleReading, 'bound' | 'rule'> | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { bound: value, rule: {} }
    const reading = readRule(value, measured)
    for (const { path: key, found, hint } of reading.problems) {
      const at = key === '' ? path : [...path, key]
      this.#problem(at, `Failed to read budget ${at.join('.')}: ${found}`, hint)
    }
    return reading.problems.length > 0 ? undefined : reading
  }

  #entries(input: unknown, path: readonly string[], name: string): [string, unknown][] {
    if (input === undefined) return []
    if (typeof input === 'object' && input !== null && !Array.isArray(input))
      return Object.entries(input).filter(([, value]) => value !== undefined)
    const found = Array.isArray(input) ? 'a list' : JSON.stringify(input)
    this.#problem(
      path,
      `Failed to read ${name}: found ${found}. Write an object, such as { ${examples(path)} }.`,
    )
    return []
  }

  #unknownKey(path: readonly string[], group: KeyGroup): void {
    const key = path.at(-1) ?? ''
    const why = /^p[\d.]+$/.test(key)
      ? 'there is no such percentile. Write one above p0 and below p100, such as p95 or p99.9; the highest value is max.'
      : `unknown key. Known keys are ${group.shown}.`
    this.#problem(path, `Failed to read budget ${path.join('.')}: ${why}`, group.hint(key))
  }

  #unknownStep(step: string): void {
    const { steps } = this.#context
    const nested = steps.find(one => one.endsWith(`.${step}`))
    const meant = nested ?? didYouMean(step, steps)
    const found =
      steps.length === 0 ? 'The workflow has no steps that send requests.' : `Steps are ${steps.join(', ')}.`
    this.#problem(
      ['steps', step],
      `Failed to read budget steps.${step}: the workflow has no such step. ${found}`,
      meant === undefined ? undefined : `Did you mean "${meant}"?`,
    )
  }

  #problem(path: readonly string[], message: string, hint?: string): void {
    const pointer = path.map(token => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
    const problem = { path: `${this.#context.problemsBase ?? ''}${pointer}`, message }
    this.problems.push(hint === undefined ? problem : { ...problem, hint })
  }
}

function examples(path: readonly string[]): string {
  if (path.length === 0) return "p99: '100ms', errorRate: '0.1%'"
  if (path[0] === 'generator') return "memory: '200MB'"
  return path.length === 1 ? "login: { p99: '50ms' }" : "p99: '50ms'"
}
