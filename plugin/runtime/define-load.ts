import { type TestContext, TestRunner, test } from 'vitest'
import type { Budget } from '../../src/budget/budget.ts'
import { testNameOf } from '../../src/budget/name.ts'
import { ArazzoError } from '../../src/ground/errors.ts'
import { pointerThrough } from '../../src/ground/pointer.ts'
import { describePlan } from '../../src/load/plan/load-plan.ts'
import type { Around, LoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import { type Frame, positionedError } from '../failure/positioned-error.ts'
import { CompareSuite } from './compare-suite.ts'
import { LoadOptionsError, readLoadCase } from './load-case.ts'
import { LoadSuite } from './load-suite.ts'
import { configurationError, knownSettings, startError } from './settings.ts'
import { sharedSides } from './shared-sides.ts'
import type { Site } from './site.ts'

/** Options of every suite of a load test: without time-outs, for others' load tests may have to be waited for. */
export function loadSuiteOptions() {
  // The tag is defined by the plugin. Without it Vitest refuses the tag.
  const isKnown = knownSettings() !== undefined || configurationError() !== undefined
  const tags = isKnown ? { tags: ['load'] } : {}
  return { concurrent: false, shuffle: false, timeout: 0, retry: 0, repeats: 0, ...tags } as const
}

/**
 * To be called within the `describe` of a load test: reads it, and registers the test of the load and one for each
 * budget. If each budget speaks of the base, the load is only run in the comparison, and has no test. What is wrong
 * with the options is thrown, and fails the test file when it is collected.
 *
 * @param around its document, or the folder that paths are relative to.
 */
export async function defineLoad(options: LoadOptions, around: Where, site: Site): Promise<void> {
  const suite = TestRunner.getCurrentSuite()
  // Present only where Vitest was asked for locations.
  const { location } = suite.suite ?? {}
  if (location) place(suite.suite!, site.placeOf(''))
  const fault = configurationError()
  const loadTest = fault ? undefined : await readUnless(startError(), options, around, site)
  if (loadTest === undefined) return failLoad(options, fault ?? startError()!)
  const compared = new CompareSuite(suite.name, loadTest)
  const refusal = compared.refusal(budget => site.framesOf(pointerOf(budget)))
  if (refusal !== undefined) return failLoad(options, refusal)
  if (loadTest.relative.length > 0) sharedSides.expect(compared)
  const suiteOfLoad = new LoadSuite(suite.name, loadTest)
  const add = (name: string, path: string, run: (context: TestContext, site: readonly Frame[]) => Promise<void>) => {
    test(name, context => run(context, site.framesOf(path)))
    if (location) place(suite.tasks.at(-1)!, site.placeOf(path) ?? location)
  }
  if (!compared.isAlone) add(describePlan(loadTest.load), '', (...given) => suiteOfLoad.load(...given))
  for (const budget of loadTest.budgets)
    add(testNameOf(budget), pointerOf(budget), (...given) => suiteOfLoad.budget(budget, ...given))
  for (const budget of loadTest.relative)
    add(testNameOf(budget), pointerOf(budget), (...given) => compared.budget(budget, ...given))
}

const pointerOf = ({ path }: Pick<Budget, 'path'>) => pointerThrough(['budgets', ...path])

type Where = Pick<Around, 'document' | 'folder'>

/** Undefined if it cannot be read because the application may have failed to start. */
async function readUnless(failure: Error | undefined, ...given: Parameters<typeof read>) {
  return read(...given).catch(error => {
    if (failure === undefined) throw error
    return undefined
  })
}

async function read(options: LoadOptions, around: Where, site: Site): Promise<LoadTest> {
  try {
    return await readLoadCase(options, { ...around, base: true, unknownHere: ['signal', 'onProgress'] })
  } catch (error) {
    if (error instanceof LoadOptionsError) {
      const frames = error.faults.flatMap(({ path }) => site.framesOf(path))
      throw positionedError(error.name, error.message, frames)
    }
    throw error instanceof ArazzoError ? positionedError(error.name, error.message, site.framesOf('')) : error
  }
}

/** Vitest takes the location of a test from the stack of its registration; here that leads into this module. */
function place(task: object, at: { line: number; column: number } | undefined): void {
  if (at) Object.assign(task, { location: { line: at.line, column: at.column } })
}

/** A load test that is skipped still shows what it would have been. */
export function skipLoad(options: Partial<Pick<LoadOptions, 'load'>> = {}): void {
  test.skip(titleOf(options.load), () => {})
}

/** A load test of which only its load can be read fails by what keeps it from running. */
function failLoad({ load }: Pick<LoadOptions, 'load'>, failure: Error): void {
  test(titleOf(load), () => {
    throw failure
  })
}

function titleOf(load: LoadOptions['load'] | undefined): string {
  const { plan } = readShape(load)
  return plan ? describePlan(plan) : 'load'
}
