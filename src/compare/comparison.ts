import type { RelativeBudget } from '../budget/relative.ts'
import type { Milliseconds, Share } from '../ground/units.ts'
import type { Difference } from './differences.ts'
import type { SideName } from './pair.ts'

/** A build of the application, as a report names it. */
export interface Revision {
  /** Abbreviated hash of its commit, where it is known. */
  commit?: string
  /** Subject line of that commit. */
  subject?: string
  /** Branch or tag that it is of, where it is known. */
  branch?: string
  /** Whether it has changes that are not committed. */
  isChanged?: boolean
  /** Origin: a folder, a URL, `git merge-base`. */
  from: string
}

/** Result of a comparison for one budget. */
export interface ComparedBudget {
  budget: RelativeBudget
  verdict: 'pass' | 'fail' | 'inconclusive'
  /**
   * Change from base to head over all pairs: a share of base's figure, or an amount in the unit. `low` and `high` are
   * the ends of its 95 % interval. Absent where nothing was measured.
   */
  change?: Range
  /**
   * Change of a typical request, from the slices of blocks: without costs that occur in few of them, and without most
   * of the machine's noise. Only for CPU time per request.
   */
  typical?: Range
  /** Range of the change at the levels of the decision, for an undecided budget. */
  open?: Omit<Range, 'mean'>
  /** Mean figure of each side over all pairs, in the unit of the budget. */
  figures?: Record<SideName, number>
  /** Pairs of launches in which both sides had the figure. */
  pairs: number
  /** Change of each pair, in its order; absent where launches were not paired. */
  each?: number[]
  /** Standard deviation of one pair's change. */
  noise?: Share | number
  /** Rate of failures that the requests of all pairs are too few to show; of error rates. */
  unseen?: Share
  /** Chance of such changes, or worse, where the true one is what is allowed: signed-rank test; from 8 pairs on. */
  signedRank?: number
  /** Pairs that are still needed by what was seen; absent where no number of them would decide. */
  needed?: number
  /** Sentences without a full stop that explain it, or say which steps it does not cover. */
  remarks?: string[]
  /** Why it is not decided, or that there is nothing to decide by; empty otherwise. */
  why: string[]
}

export interface Range {
  mean: number
  low: number
  high: number
}

/** A bound that a commit of head has raised. */
export interface Acceptance {
  /** Key of the budget. */
  budget: string
  /** `+12 %`. */
  allowed: string
  /** Bound of the load test: `+5 %`. */
  instead: string
  /** Abbreviated hash. */
  commit: string
  author: string
}

/** A trailer of head's commits that is not for this load test. */
export interface OtherAcceptance {
  commit: string
  /** The whole trailer. */
  text: string
  /** The load test that it names; absent if it cannot be read. */
  test?: string
}

/** A step that base does not have: it is not compared. */
export interface NewStep {
  /** Its key, as in reports. */
  step: string
  /** `POST /payments`, to which base has no route. */
  route?: string
  /** Status of base's response. */
  status?: number
  /** Key of the new step without which it cannot run; absent of one whose route base does not have. */
  needs?: string
}

/** Responses to a step on both sides. */
export interface ComparedStep {
  step: string
  /** `GET /items`. */
  route?: string
  /** Responses by status. */
  statuses: Record<SideName, Record<string, number>>
  /** Bytes of a response body, on average; absent where a side had none. */
  bytes?: Record<SideName, number>
}

/** Head against base under the same load. Plain data. */
export interface Comparison {
  base: Revision
  head: Revision
  /** Further notes: a dirty tree, or the same commit on both sides. */
  notes: string[]
  /** Seed of its order, its ports and its load. */
  seed: number
  /** Pairs of launches that count; one more was thrown away before them. */
  pairs: number
  /** Pairs among these that have load for long and show only how memory grows. Absent if there are no such pairs. */
  longPairs?: number
  /** Time of one pair. */
  pairTook: Milliseconds
  /** Time of it all. */
  took: Milliseconds
  /** Responses that count, over all pairs. */
  requests: Record<SideName, number>
  /** Between which requests of a launch they lie; absent of a comparison of stored results. */
  measuredAt?: { from: number; to: number }
  budgets: ComparedBudget[]
  accepted?: Acceptance[]
  acceptedElsewhere?: OtherAcceptance[]
  /** Responses to each step; absent if nothing was measured. */
  steps?: ComparedStep[]
  /** Differences of the sides that are not in their code; absent if they were not looked at. */
  differences?: Difference[]
  /** Steps that were left out, since base does not have them; absent where it has all. */
  newSteps?: NewStep[]
  /** Other changes that may explain it: steps by slowdown, CPU, memory, errors. */
  beside: ComparedBudget[]
  /** Why there are no figures at all. */
  cause?: string
}

/** How a comparison stands while it runs. */
export interface Standing {
  /** Pairs that count so far. */
  pairs: number
  elapsed: Milliseconds
  /** When no new pair is begun any more. */
  maxDuration: Milliseconds
  budgets: readonly ComparedBudget[]
}
