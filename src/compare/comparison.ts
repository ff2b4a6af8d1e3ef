import { comparedOf, METRICS } from '../budget/metrics/index.ts'
import type { RelativeBudget } from '../budget/relative.ts'
import { failure } from '../ground/fault.ts'
import { faultsOf } from '../ground/issues.ts'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'
import * as z from '../ground/zod.ts'
import * as kinds from '../measure/kinds.ts'
import { cause } from '../measure/report/cause.ts'

const { flag, list, number, object, optional, text } = kinds

/*
 * Fields of a comparison, once for its types and for reading comparison.json. Objects are open: a later version of the
 * package may add fields.
 */

const ofSides = <T>(kind: kinds.Kind<T, false>) => object({ base: kind, head: kind })

/** A number that JSON does not have, and writes as null: what it stands for. */
function numberOr(missing: number): kinds.Kind<number, false> {
  return { schema: z.union([z.number(), z.literal(null)]).transform(end => end ?? missing), isOptional: false }
}

const ENDS = {
  /** An end that is not known is infinite. */
  low: numberOr(Number.NEGATIVE_INFINITY),
  high: numberOr(Number.POSITIVE_INFINITY),
}
const RANGE = { mean: number, ...ENDS }

export interface Range extends kinds.Of<typeof RANGE> {}

const REVISION = {
  /** Abbreviated hash of its commit, where it is known. */
  commit: optional(text),
  /** Subject line of that commit. */
  subject: optional(text),
  /** Branch or tag that it is of, where it is known. */
  branch: optional(text),
  /** Whether it has changes that are not committed. */
  isChanged: optional(flag),
  /** Origin: a folder, a URL, `git merge-base`. */
  from: text,
}

/** A build of the application, as a report names it. */
export interface Revision extends kinds.Of<typeof REVISION> {}

type Key = keyof typeof METRICS
const COMPARED = (Object.keys(METRICS) as Key[]).filter(metric => comparedOf({ metric })) as [Key, ...Key[]]
const budget = object({
  key: text,
  path: list(text),
  metric: kinds.oneOf(...COMPARED),
  operator: kinds.oneOf('<', '<=', '>', '>='),
  step: optional(text),
  quantile: optional(number),
  destination: optional(text),
  per: optional(kinds.only('1000 requests')),
  allowed: kinds.anyOf(object({ factor: number }), object({ amount: number })),
}) as kinds.Kind<unknown, false> as kinds.Kind<RelativeBudget, false>

const COMPARED_BUDGET = {
  budget,
  verdict: kinds.oneOf('pass', 'fail', 'inconclusive'),
  /**
   * Change from base to head over all pairs: a share of base's figure, or an amount in the unit. `low` and `high` are
   * the ends of its 95 % interval. Absent where nothing was measured.
   */
  change: optional(object(RANGE)),
  /**
   * Change of a typical request, from the slices of blocks: without costs that occur in few of them, and without most
   * of the machine's noise. Only for CPU time per request.
   */
  typical: optional(object(RANGE)),
  /** Range of the change at the levels of the decision, for an undecided budget. */
  open: optional(object(ENDS)),
  /** Mean figure of each side over all pairs, in the unit of the budget. */
  figures: optional(ofSides(number)),
  /** Pairs of launches in which both sides had the figure. */
  pairs: number,
  /** Change of each pair, in its order; absent where launches were not paired. */
  each: optional(list(numberOr(Number.NaN))),
  /** Standard deviation of one pair's change. */
  noise: optional(number),
  /** Rate of failures that the requests of all pairs are too few to show; of error rates. */
  unseen: optional(number),
  /** Chance of such changes, or worse, where the true one is what is allowed: signed-rank test; from 8 pairs on. */
  signedRank: optional(number),
  /** Pairs that are still needed by what was seen; absent where no number of them would decide. */
  needed: optional(number),
  /** Sentences without a full stop that explain it, or say which steps it does not cover. */
  remarks: optional(list(text)),
  /** Why it is not decided, or that there is nothing to decide by; empty otherwise. */
  why: list(text),
  /** Cause in the application, of a budget that failed; absent if none was looked for. */
  cause: optional(cause),
}

/** Result of a comparison for one budget. */
export interface ComparedBudget extends kinds.Of<typeof COMPARED_BUDGET> {}

const ACCEPTANCE = {
  /** Key of the budget. */
  budget: text,
  /** `+12 %`. */
  allowed: text,
  /** Bound of the load test: `+5 %`. */
  instead: text,
  /** Abbreviated hash. */
  commit: text,
  author: text,
}

/** A bound that a commit of head has raised. */
export interface Acceptance extends kinds.Of<typeof ACCEPTANCE> {}

const OTHER_ACCEPTANCE = {
  commit: text,
  /** The whole trailer. */
  text,
  /** The load test that it names; absent if it cannot be read. */
  test: optional(text),
}

const NEW_STEP = {
  /** Its key, as in reports. */
  step: text,
  /** `POST /payments`, to which base has no route. */
  route: optional(text),
  /** Status of base's response. */
  status: optional(number),
  /** Key of the new step without which it cannot run; absent of one whose route base does not have. */
  needs: optional(text),
}

/** A step that base does not have: it is not compared. */
export interface NewStep extends kinds.Of<typeof NEW_STEP> {}

const COMPARED_STEP = {
  step: text,
  /** `GET /items`. */
  route: optional(text),
  /** Responses by status. */
  statuses: ofSides(kinds.byName(number)),
  /** Bytes of a response body, on average; absent where a side had none. */
  bytes: optional(ofSides(number)),
}

/** Responses to a step on both sides. */
export interface ComparedStep extends kinds.Of<typeof COMPARED_STEP> {}

const DIFFERENCE = { what: text, base: text, head: text }

/** A trait that base and head do not have alike. */
export interface Difference extends kinds.Of<typeof DIFFERENCE> {}

const COMPARISON = {
  base: object(REVISION),
  head: object(REVISION),
  /** Further notes: a dirty tree, or the same commit on both sides. */
  notes: list(text),
  /** Seed of its order, its ports and its load. */
  seed: number,
  /** Pairs of launches that count; one more was thrown away before them. */
  pairs: number,
  /** Pairs among these that have load for long and show only how memory grows. Absent if there are no such pairs. */
  longPairs: optional(number),
  /** Milliseconds of one pair. */
  pairTook: number,
  /** Milliseconds of it all. */
  took: number,
  /** Responses that count, over all pairs. */
  requests: ofSides(number),
  /** Between which requests of a launch they lie; absent of a comparison of stored results. */
  measuredAt: optional(object({ from: number, to: number })),
  budgets: list(object(COMPARED_BUDGET)),
  accepted: optional(list(object(ACCEPTANCE))),
  acceptedElsewhere: optional(list(object(OTHER_ACCEPTANCE))),
  /** Responses to each step; absent if nothing was measured. */
  steps: optional(list(object(COMPARED_STEP))),
  /** Differences of the sides that are not in their code; absent if they were not looked at. */
  differences: optional(list(object(DIFFERENCE))),
  /** Steps that were left out, since base does not have them; absent where it has all. */
  newSteps: optional(list(object(NEW_STEP))),
  /** Other changes that may explain it: steps by slowdown, CPU, memory, errors. */
  beside: list(object(COMPARED_BUDGET)),
  /** Why there are no figures at all. */
  cause: optional(text),
}

/** Head against base under the same load. Plain data. */
export interface Comparison extends kinds.Of<typeof COMPARISON> {}

/** How a comparison stands while it runs. */
export interface Standing {
  /** Pairs that count so far. */
  pairs: number
  elapsed: Milliseconds
  /** When no new pair is begun any more. */
  maxDuration: Milliseconds
  budgets: readonly ComparedBudget[]
}

const VERSION = 1
const STORED = {
  /** Version of this format. */
  version: kinds.only(VERSION),
  /** Name of the load test. */
  name: text,
  /** The test file or document that the load test stands in. */
  file: text,
  /** Name of the load test in its file, as in `result.json`. */
  test: optional(text),
  /** Vitest's project; absent where it has no name. */
  project: optional(text),
  /** When it was made: ISO 8601. */
  at: kinds.moment,
  comparison: object(COMPARISON),
}

/** Content of `comparison.json`, next to the `result.json` of its load test: plain data. */
export interface StoredComparison extends kinds.Of<typeof STORED> {}

/** Whether a value is meant to be a comparison: nothing else that this package writes has one. */
export function isComparison(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'comparison' in value
}

const AS_WRITTEN = 'Give a comparison.json as it was written.'

/** The value of a comparison.json. Throws with everything that is wrong with it. */
export function comparisonOf(value: unknown, file: string): StoredComparison {
  const { version } = value as { version?: unknown }
  if (typeof version === 'number' && version > VERSION) {
    const found = `it is of version ${version}, and this package knows version ${VERSION}`
    throw failure('read', file, found, 'Use a newer vitest-arazzo.')
  }
  if (tried(() => JSON.stringify(value)) === undefined)
    throw failure('read', file, 'it is nested too deeply', AS_WRITTEN)
  const parsed = kinds.schemaOf(object(STORED)).safeParse(value)
  if (parsed.success) return parsed.data as StoredComparison
  throw failure('read', file, `it is not a comparison: ${faultsOf(parsed.error.issues).join('; ')}`, AS_WRITTEN)
}
