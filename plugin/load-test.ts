import { dirname } from 'node:path'
import { describe, expect } from 'vitest'
import { asUserError, failed } from '../src/ground/fault.ts'
import type { LoadOptions } from '../src/load/plan/options.ts'
import type { WorkflowRef } from '../src/workflow/functional.ts'
import { loadSuiteOptions } from './runtime/settings.ts'
import { callerFrames, callSite } from './runtime/site.ts'
import type { LoadOptionsFor } from './typed.ts'

/** Options of a load test. A path in `workflow` is relative to the test file. */
export type LoadTestOptions = Omit<LoadOptions, 'signal' | 'onProgress' | 'metrics'>

/** Makes the options of the load test of a case. */
type MakeOptions<Args extends unknown[]> = (...args: Args) => LoadTestOptions

/** Registers load tests. */
export interface LoadTest {
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
  <const Ref extends WorkflowRef>(name: string, options: LoadOptionsFor<Ref, LoadTestOptions>): void
  /** Registers it and does not run it; its document is not read either. */
  readonly skip: LoadTest
  /** Runs it and nothing else of its file but what is `only` too; in CI that fails, unless `allowOnly` is set. */
  readonly only: LoadTest
  /** Load tests take turns in any case, with one another and with all other tests: the same as without. */
  readonly sequential: LoadTest
  /**
   * Throws a TypeError: two loads at the same time would distort each other. To run two workflows at the same time, use
   * one load test with a workflow that contains both.
   */
  readonly concurrent: never
  /** Throws a TypeError that says so: `runLoad` in a `test.fails` expects one certain failure. */
  readonly fails: never
  /** A load test that is yet to be written; of its options nothing is read. */
  todo(name: string, options?: LoadTestOptions): void
  /** Skips it where the condition holds: `loadTest.skipIf(process.env.CI)('…', { … })`. */
  skipIf(condition: unknown): LoadTest
  /** Runs it only where the condition holds. */
  runIf(condition: unknown): LoadTest
  /**
   * One load test a case. Cases that are lists are spread over the arguments; `%s` and `$key` in the name are filled
   * in. A table in a template literal has an object a row.
   *
   * @example
   * loadTest.each([10, 100])('%s users', vus => ({ workflow: './shop.arazzo.yaml', load: { vus, duration: '10s' } }))
   */
  each<const Case extends readonly unknown[]>(
    cases: readonly Case[],
  ): (name: string, make: MakeOptions<[...Case]>) => void
  each<Case>(cases: readonly Case[]): (name: string, make: MakeOptions<[Case]>) => void
  // biome-ignore lint/suspicious/noExplicitAny: as Vitest has it
  each(table: TemplateStringsArray, ...values: unknown[]): (name: string, make: MakeOptions<[any]>) => void
  /** Does as `each`, but a case that is a list stays one. */
  for<Case>(cases: readonly Case[]): (name: string, make: MakeOptions<[Case]>) => void
  // biome-ignore lint/suspicious/noExplicitAny: as Vitest has it
  for(table: TemplateStringsArray, ...values: unknown[]): (name: string, make: MakeOptions<[any]>) => void
}

// Options are used because `describe.skip` and `describe.only` lose their effect in `for`.
const variants = { run: {}, skip: { skip: true }, only: { only: true } } as const
type Variant = keyof typeof variants

/** Cases of `each` and `for`: a list, or the parts of a template literal. */
type Cases = [cases: readonly unknown[], ...values: unknown[]]
/** Vitest's type for them, which separates the forms. */
type Spread = (...cases: Cases) => (name: string, options: object, define: (...args: unknown[]) => unknown) => void

function loadTests(variant: Variant): LoadTest {
  const suiteOptions = () => ({ ...loadSuiteOptions(), ...variants[variant] })
  /** A load test that is skipped is not read either: its document may not be there yet. */
  const define = async (options: LoadTestOptions, { site, folder }: Caller) => {
    // The modules behind it take longer to load than all others that a test imports.
    const { defineLoad, skipLoad } = await import('./runtime/define-load.ts')
    return variant === 'skip' ? skipLoad(options) : defineLoad(options, { folder }, site)
  }

  function loadTest(name: string, options: LoadTestOptions): void {
    const caller = callerOf(loadTest)
    describe(name, suiteOptions(), () => define(options, caller))
  }

  const casesOf = (form: 'each' | 'for', argumentsOf: (args: unknown[]) => unknown[]) =>
    function ofCases(...cases: Cases) {
      if (variant !== 'skip') assertCases(form, cases)
      return function oneCase(name: string, make: MakeOptions<unknown[]>): void {
        const caller = callerOf(oneCase)
        const spread = (describe[form] as unknown as Spread).bind(describe)
        spread(...cases)(name, suiteOptions(), (...args) => define(make(...argumentsOf(args)), caller))
      }
    }

  return Object.defineProperties(loadTest, {
    // Vitest lets `only` win over `skip`, in either order.
    skip: { get: () => (variant === 'only' ? loadTest : loadTests('skip')) },
    only: { get: () => loadTests('only') },
    sequential: { get: () => loadTest },
    concurrent: { get: () => refuse('concurrent', 'two loads at the same time distort each other', CONCURRENT) },
    fails: { get: () => refuse('fails', 'it is several tests, and which of them is to fail is not said', FAILS) },
    todo: { value: (name: string) => describe.todo(name) },
    skipIf: { value: (condition: unknown) => (condition ? loadTests('skip') : loadTest) },
    runIf: { value: (condition: unknown) => (condition ? loadTest : loadTests('skip')) },
    each: { value: casesOf('each', args => args) },
    for: { value: casesOf('for', ([item]) => [item]) },
  }) as unknown as LoadTest
}

/** Without cases there would be no load test, and a file that has others would pass without it. */
function assertCases(form: string, [cases, ...values]: Cases): void {
  const isTable = Array.isArray(cases) && 'raw' in cases
  if (isTable ? values.length > 0 : !Array.isArray(cases) || cases.length > 0) return
  refuse(form, 'there are no cases, so that nothing would run', 'Give it at least one, or write loadTest.skip or todo.')
}

const CONCURRENT = 'Leave it out, or put the steps of both into one workflow.'
const FAILS = 'Use runLoad and a matcher in test.fails.'

function refuse(form: string, found: string, advice: string): never {
  throw asUserError(new TypeError(failed('use', `loadTest.${form}`, found, advice)))
}

type Caller = ReturnType<typeof callerOf>

/** The folder of the test file, and where in the file `entry` was called. */
function callerOf(entry: (...args: never[]) => unknown) {
  return { folder: dirname(expect.getState().testPath!), site: callSite(callerFrames(entry)) }
}

export const loadTest: LoadTest = loadTests('run')
