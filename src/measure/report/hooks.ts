import { count, field, list, type Of, object, oneOf, text } from '../kinds.ts'
import { fields, keyed, lesser, ordered, type Rule, sum } from '../rules.ts'

const FAILURE = {
  /** Why, in one line. */
  message: field(text, lesser),
  /** How often. */
  count: field(count, sum),
}

/** Causes that are kept of each. */
const KEPT = 5

const sameCause = keyed<Of<typeof FAILURE>>(({ message }) => message, fields(FAILURE))

const HOOK = {
  /** Whether it runs before or after. */
  hook: field(oneOf('setup', 'teardown'), lesser),
  /** How often it runs: once a run, once a virtual user, or once an iteration. */
  per: field(oneOf('run', 'vu', 'iteration'), lesser),
  /** The workflow, as it was written, or `function`. */
  name: field(text, lesser),
  /** How often it ran. */
  runs: field(count, sum),
  /** How many of these failed. */
  failed: field(count, sum),
  /** How often it was left out, since an iteration had made nothing to clean up. */
  skipped: field(count, sum),
  /** Requests that it sent, which are in no other figure. */
  requests: field(count, sum),
  /** Its failures by cause, the most frequent first, five at most. */
  failures: field(list(object(FAILURE)), (a, b, at) =>
    ordered(sameCause(a, b, at) ?? [], ({ count }) => -count).slice(0, KEPT),
  ),
}

/** What became of a setup or a teardown. Its requests are in no latency, rate or budget. */
export interface HookFigures extends Of<typeof HOOK> {}

export const hookFigures = object(HOOK)

export const mergeHooks: Rule<HookFigures[]> = keyed<HookFigures>(
  ({ hook, per, name }) => [hook, per, name].join('\n'),
  fields(HOOK),
)

export function noFigures({ hook, per, name }: Pick<HookFigures, 'hook' | 'per' | 'name'>): HookFigures {
  return { hook, per, name, runs: 0, failed: 0, skipped: 0, requests: 0, failures: [] }
}

/** Counts a failure; of more causes than are kept only the number. */
export function addFailure(figures: HookFigures, message: string): void {
  figures.failed++
  const known = figures.failures.find(failure => failure.message === message)
  if (known) known.count++
  else if (figures.failures.length < KEPT) figures.failures.push({ message, count: 1 })
}

/** `setup.vu (#login) failed 1 of 4 times: step "login": …`; undefined where it never failed. */
export function describeHookFailure({ hook, per, name, runs, failed, failures }: HookFigures): string | undefined {
  if (failed === 0) return undefined
  const times = runs <= 1 ? '' : ` ${failed} of ${runs} times`
  return `${hook}.${per} (${name}) failed${times}: ${failures.map(({ message }) => message).join('; ')}`
}

/** Why a run has failed by its setup or its teardown, whatever its budgets say; undefined when neither failed. */
export function whyHooksFailed({ hooks = [] }: { hooks?: readonly HookFigures[] }): string | undefined {
  const failures = hooks.flatMap(hook => describeHookFailure(hook) ?? [])
  return failures.length === 0 ? undefined : failures.join('; ')
}
