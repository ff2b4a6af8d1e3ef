import { count, field, list, type Of, object, oneOf, text } from '../kinds.ts'
import { fields, keyed, lesser, ordered, type Rule, sum } from '../rules.ts'
import { KEPT_CAUSES } from './hook-counts.ts'

const FAILURE = {
  /** Why, in one line. */
  message: field(text, lesser),
  /** How often. */
  count: field(count, sum),
}

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
    ordered(sameCause(a, b, at) ?? [], ({ count }) => -count).slice(0, KEPT_CAUSES),
  ),
}

/** Result of a setup or a teardown. Its requests are in no latency, rate or budget. */
export interface HookFigures extends Of<typeof HOOK> {}

export const hookFigures = object(HOOK)

export const mergeHooks: Rule<HookFigures[]> = keyed<HookFigures>(
  ({ hook, per, name }) => [hook, per, name].join('\n'),
  fields(HOOK),
)
