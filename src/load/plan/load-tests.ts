import type { Budgets } from '../../budget/budget.ts'
import { type BudgetContext, readBudgets } from '../../budget/read.ts'
import { factsOf } from '../../budget/target-facts.ts'
import { LOAD_TEST_FIELD } from '../../document/check/extensions.ts'
import type { Extension, Workflow } from '../../document/model.ts'
import { failed, type Location, type Problem, type ProblemCode } from '../../ground/errors.ts'
import { isObject } from '../../ground/object.ts'
import { readTargets, withPort } from '../../measure/target.ts'
import { readMetrics } from '../metrics/options.ts'
import { placeWithin } from './extension-place.ts'
import type { LoadOptions } from './options.ts'
import { readShape, searchOf } from './shape.ts'
import { TRANSPORTS } from './transport-choice.ts'

/** Stands for `{port}` until the application runs. */
export const ANY_PORT = '1'

/** A load test that stands in a document. */
export interface DocumentLoadTest {
  name: string
  at: Location
  options: Pick<LoadOptions, 'load' | 'budgets' | 'transport' | 'metrics' | 'target' | 'targets'>
  /** Where what stands, by its JSON Pointer within the options: `/load/duration`, `/budgets/p99`. */
  places: Readonly<Record<string, Location>>
}

/** What budgets are checked against; without it they are only taken over. */
export interface LoadTestContext {
  /** Keys of the steps: `login`, `workflowId.stepId`. */
  steps: readonly string[]
  /** What will be known of the application, and of targets that are not the test's own. */
  target: BudgetContext['target']
  targets?: BudgetContext['targets']
}

/**
 * The load tests of a workflow's `x-load-test`: an object, or a list of objects with a `name`. Those that cannot be
 * read are left out, and `problems` says why.
 */
export function readLoadTests(
  workflow: Workflow,
  context?: LoadTestContext,
): { tests: DocumentLoadTest[]; problems: Problem[] } {
  const extension = workflow.extensions[LOAD_TEST_FIELD]
  if (extension === undefined) return { tests: [], problems: [] }
  const reader = new LoadTestReader(extension, context)
  reader.readAll(workflow.workflowId)
  return { tests: reader.tests, problems: reader.problems }
}

/** What stands beside the load's own fields. */
const BESIDES = ['name', 'budgets', 'transport', 'metrics', 'target', 'targets']

class LoadTestReader {
  readonly tests: DocumentLoadTest[] = []
  readonly problems: Problem[] = []
  readonly #extension: Extension
  readonly #context: LoadTestContext | undefined
  readonly #names = new Set<string>()

  constructor(extension: Extension, context: LoadTestContext | undefined) {
    this.#extension = extension
    this.#context = context
  }

  readAll(workflowId: string): void {
    const { value } = this.#extension
    if (!Array.isArray(value)) this.#read(value, '', LOAD_TEST_FIELD, `${workflowId} under load`)
    else if (value.length === 0) {
      const message = failed('read', LOAD_TEST_FIELD, 'it is an empty list')
      this.#problem('invalid-load-test', '', message, 'Write a load test, or leave the field out.')
    } else for (const [i, item] of value.entries()) this.#read(item, `/${i}`, `${LOAD_TEST_FIELD}[${i}]`, undefined)
  }

  /** @param unnamed the name of a test that has none; undefined where it needs one. */
  #read(value: unknown, base: string, title: string, unnamed: string | undefined): void {
    const before = this.problems.length
    const fields = isObject(value) ? value : {}
    const reading = readShape(value, { name: title, besides: BESIDES })
    const { shape, problems } = reading
    for (const { path, message, hint } of problems) this.#problem('invalid-load-test', base + path, message, hint)
    if (!isObject(value)) return

    const name = this.#name(fields.name, base, title, unnamed)
    const targets = this.#targets(fields, base)
    const context = { problemsBase: `${base}/budgets`, ...searchOf(reading, fields) }
    this.#checkBudgets(fields.budgets, context, targets)
    const transport = this.#transport(fields.transport, base, title)
    const metrics = this.#metrics(fields.metrics, `${base}/metrics`)
    if (shape === undefined || name === undefined || this.problems.length > before) return
    const budgets = fields.budgets as Budgets | undefined
    this.tests.push({
      name,
      at: this.#place(base),
      options: {
        load: shape,
        ...(budgets !== undefined && { budgets }),
        ...(transport && { transport }),
        ...(metrics && { metrics }),
        ...targets,
      },
      places: this.#placesBelow(base),
    })
  }

  #name(given: unknown, base: string, title: string, unnamed: string | undefined): string | undefined {
    const name = given ?? unnamed
    if (typeof name !== 'string' || name.trim() === '') {
      const found = given === undefined ? 'it has no name' : 'its name is no text'
      const advice = 'Tests in a list need a name to be told apart by.'
      this.#problem(
        'invalid-load-test',
        given === undefined ? base : `${base}/name`,
        failed('read', title, found),
        advice,
      )
      return undefined
    }
    if (this.#names.has(name)) {
      this.#problem(
        'invalid-load-test',
        `${base}/name`,
        failed('read', title, `there is another "${name}"`),
        'Give each its own name.',
      )
      return undefined
    }
    this.#names.add(name)
    return name
  }

  #transport(given: unknown, base: string, title: string): LoadOptions['transport'] {
    const transport = TRANSPORTS.find(name => name === given)
    if (given !== undefined && transport === undefined) {
      const found = `its transport is ${JSON.stringify(given)}`
      const advice = "Use 'auto', 'wire' or 'undici'."
      this.#problem('invalid-load-test', `${base}/transport`, failed('read', title, found), advice)
    }
    return transport
  }

  /** As written: the port of the application is not known yet. */
  #targets({ target, targets }: Record<string, unknown>, base: string): Pick<LoadOptions, 'target' | 'targets'> {
    const given = { ...(target !== undefined && { target }), ...(targets !== undefined && { targets }) }
    for (const { path, message, hint } of readTargets(withPort(given, ANY_PORT)).problems)
      this.#problem('invalid-load-test', base + path, message, hint)
    return given as Pick<LoadOptions, 'target' | 'targets'>
  }

  #metrics(given: unknown, base: string): LoadOptions['metrics'] {
    const { plan, faults } = readMetrics(given, { isDocument: true })
    for (const { path, message, hint } of faults) this.#problem('invalid-load-test', base + path, message, hint)
    return plan && (given as LoadOptions['metrics'])
  }

  #checkBudgets(
    budgets: unknown,
    context: Pick<BudgetContext, 'problemsBase' | 'capacity'>,
    written: Pick<LoadOptions, 'target' | 'targets'>,
  ): void {
    if (this.#context === undefined) return
    const own = factsOf(readTargets(written))
    const target = own.target || this.#context.target
    const targets = { ...this.#context.targets, ...own.targets }
    const { problems } = readBudgets(budgets, { ...this.#context, target, targets, ...context })
    for (const { path, message, hint } of problems) this.#problem('invalid-budget', path, message, hint)
  }

  #problem(code: ProblemCode, pointer: string, message: string, hint?: string): void {
    this.problems.push({ code, severity: 'error', message, at: this.#place(pointer), ...(hint && { hint }) })
  }

  #place(pointer: string): Location {
    return placeWithin(this.#extension, pointer)
  }

  #placesBelow(base: string): Record<string, Location> {
    const below: Record<string, Location> = {}
    for (const [pointer, at] of Object.entries(this.#extension.places)) {
      if (pointer !== base && !pointer.startsWith(`${base}/`)) continue
      const path = pointer.slice(base.length)
      const isShape = path !== '' && path !== '/name' && !/^\/(budgets|transport|metrics|targets?)(\/|$)/.test(path)
      below[isShape ? `/load${path}` : path] = at
    }
    return below
  }
}
