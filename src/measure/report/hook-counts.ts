import type { HookFigures } from '../report.ts'

/* Needs no schemas: load threads and test files load it. */

/** Causes that are kept of each hook. */
export const KEPT_CAUSES = 5

/** Figures of a hook that has not run yet. */
export function noFigures({ hook, per, name }: Pick<HookFigures, 'hook' | 'per' | 'name'>): HookFigures {
  return { hook, per, name, runs: 0, failed: 0, skipped: 0, requests: 0, failures: [] }
}

/** Counts a failure; of more causes than are kept only the number. */
export function addFailure(figures: HookFigures, message: string): void {
  figures.failed++
  const known = figures.failures.find(failure => failure.message === message)
  if (known) known.count++
  else if (figures.failures.length < KEPT_CAUSES) figures.failures.push({ message, count: 1 })
}

/** `setup.vu (#login) failed 1 of 4 times: step "login": …`; undefined where it never failed. */
export function describeHookFailure({ hook, per, name, runs, failed, failures }: HookFigures): string | undefined {
  if (failed === 0) return undefined
  const times = runs <= 1 ? '' : ` ${failed} of ${runs} times`
  return `${hook}.${per} (${name}) failed${times}: ${failures.map(({ message }) => message).join('; ')}`
}

/** Reason why a run failed by its setup or teardown, regardless of its budgets. Undefined if neither failed. */
export function whyHooksFailed({ hooks = [] }: { hooks?: readonly HookFigures[] }): string | undefined {
  const failures = hooks.flatMap(hook => describeHookFailure(hook) ?? [])
  return failures.length === 0 ? undefined : failures.join('; ')
}
