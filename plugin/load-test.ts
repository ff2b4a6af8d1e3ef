import { dirname } from 'node:path'
import { describe, expect } from 'vitest'
import type { LoadOptions } from '../src/load/plan/options.ts'
import { callerFrames } from './runtime/caller.ts'
import { defineLoad, loadSuiteOptions, skipLoad } from './runtime/define-load.ts'
import { callSite } from './runtime/site.ts'

/** What a load test is given. A path in `workflow` is relative to the test file. */
export type LoadTestOptions = Omit<LoadOptions, 'signal' | 'onProgress'>

/** Makes the options of the load test of a case. */
type MakeOptions<Args extends unknown[]> = (...args: Args) => LoadTestOptions

/**
 * A suite that runs a workflow as load. Its first test runs the load; each budget is one more test.
 *
 * @example
 * loadTest('checkout at peak', {
 *   workflow: './shop.arazzo.yaml#checkout',
 *   load: { rps: 2_000, duration: '30s', rampUp: '5s' },
 *   budgets: { rps: 1_900, p99: '100ms', errorRate: '0.1%', memory: '200MB' },
 * })
 */
export interface LoadTest {
  (name: string, options: LoadTestOptions): void
  readonly skip: LoadTest
  readonly only: LoadTest
  /** A load test that is yet to be written. */
  todo(name: string, options?: LoadTestOptions): void
  skipIf(condition: unknown): LoadTest
  runIf(condition: unknown): LoadTest
  /**
   * One load test a case. Cases that are lists are spread over the arguments; `%s` and `$key` in the name are filled
   * in.
   */
  each<const Case extends readonly unknown[]>(
    cases: readonly Case[],
  ): (name: string, make: MakeOptions<[...Case]>) => void
  each<Case>(cases: readonly Case[]): (name: string, make: MakeOptions<[Case]>) => void
  /** Does as `each`, but a case that is a list stays one. */
  for<Case>(cases: readonly Case[]): (name: string, make: MakeOptions<[Case]>) => void
}

const variants = { run: describe, skip: describe.skip, only: describe.only } as const
type Variant = keyof typeof variants

function loadTests(variant: Variant): LoadTest {
  const suites = variants[variant]
  /** A load test that is skipped is not read either: its document may not be there yet. */
  const define = (options: LoadTestOptions, { site, folder }: Caller) =>
    variant === 'skip' ? skipLoad(options) : defineLoad(options, { folder }, site)

  function loadTest(name: string, options: LoadTestOptions): void {
    const caller = callerOf(loadTest)
    suites(name, loadSuiteOptions(), () => define(options, caller))
  }

  function each(cases: readonly unknown[]) {
    return function eachCase(name: string, make: MakeOptions<unknown[]>): void {
      const caller = callerOf(eachCase)
      suites.each(cases as unknown[])(name, loadSuiteOptions(), (...args: unknown[]) => define(make(...args), caller))
    }
  }

  function forEach(cases: readonly unknown[]) {
    return function forCase(name: string, make: MakeOptions<unknown[]>): void {
      const caller = callerOf(forCase)
      suites.for(cases)(name, loadSuiteOptions(), (item: unknown) => define(make(item), caller))
    }
  }

  return Object.defineProperties(loadTest, {
    skip: { get: () => loadTests('skip') },
    only: { get: () => loadTests('only') },
    todo: { value: (name: string) => describe.todo(name) },
    skipIf: { value: (condition: unknown) => (condition ? loadTests('skip') : loadTest) },
    runIf: { value: (condition: unknown) => (condition ? loadTest : loadTests('skip')) },
    each: { value: each },
    for: { value: forEach },
  }) as LoadTest
}

type Caller = ReturnType<typeof callerOf>

/** The folder of the test file, and where in the file `entry` was called. */
function callerOf(entry: (...args: never[]) => unknown) {
  return { folder: dirname(expect.getState().testPath!), site: callSite(callerFrames(entry)) }
}

export const loadTest: LoadTest = loadTests('run')
