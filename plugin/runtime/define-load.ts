import { TestRunner, test } from 'vitest'
import type { Budget } from '../../src/budget/budget.ts'
import type { Location } from '../../src/errors.ts'
import { describePlan } from '../../src/load/load-plan.ts'
import type { LoadOptions } from '../../src/load/options.ts'
import { readShape } from '../../src/load/shape.ts'
import { positionedError } from '../failure/positioned-error.ts'
import { type LoadCase, LoadOptionsError, readLoadCase } from './load-case.ts'
import { LoadSuite } from './load-suite.ts'
import { settings } from './settings.ts'
import type { Site } from './site.ts'

/** Of every suite of a load test: time-outs are lifted, for others' load tests may have to be waited for. */
export function loadSuiteOptions() {
  // Only the plugin has told Vitest what the tag means; without it Vitest refuses the word.
  const tags = settings() ? { tags: ['load'] } : {}
  return { concurrent: false, shuffle: false, timeout: 0, retry: 0, repeats: 0, ...tags } as const
}

/**
 * To be called within the `describe` of a load test: reads it, and registers the test of the load and one for each
 * budget. What is wrong with the options is thrown, and fails the test file when it is collected.
 *
 * @param from the folder that paths are relative to.
 */
export async function defineLoad(options: LoadOptions, from: string, site: Site): Promise<void> {
  const suite = TestRunner.getCurrentSuite()
  const loadCase = await read(options, from, site)
  const load = new LoadSuite(suite.name, loadCase)
  place(site.placeOf(''), () => {
    test(describePlan(loadCase.plan), context => load.load(context, site.framesOf('')))
  })
  for (const budget of loadCase.budgets) {
    const path = pathOf(budget)
    place(site.placeOf(path), () => {
      test(budget.title, context => load.budget(budget, context, site.framesOf(path)))
    })
  }
}

async function read(options: LoadOptions, from: string, site: Site): Promise<LoadCase> {
  try {
    return await readLoadCase(options, from)
  } catch (error) {
    if (!(error instanceof LoadOptionsError)) throw error
    throw positionedError(
      error.name,
      error.message,
      error.problems.flatMap(problem => site.framesOf(problem.path)),
    )
  }
}

/** JSON Pointer of a budget below the options. */
function pathOf({ key, of, step }: Budget): string {
  const tokens =
    of === 'step'
      ? ['steps', step!, key.slice(`steps.${step}.`.length)]
      : of === 'generator'
        ? key.split('.')
        : [key]
  return ['/budgets', ...tokens.map(token => token.replaceAll('~', '~0').replaceAll('/', '~1'))].join('/')
}

/** Vitest takes a test's location from the stack of its registration; here that leads into this module. */
function place(at: Location | undefined, register: () => void): void {
  const { tasks, suite } = TestRunner.getCurrentSuite()
  register()
  if (suite?.location)
    Object.assign(tasks.at(-1)!, { location: at ? { line: at.line, column: at.column } : suite.location })
}

/** A load test that is skipped still shows what it would have been. */
export function skipLoad({ load }: Pick<LoadOptions, 'load'>): void {
  const { plan } = readShape(load)
  test(plan ? describePlan(plan) : 'load', () => {})
}
