import type { Milliseconds } from '../ground/units.ts'

/** Upper bounds of the buckets that durations of requests are counted in; the last bucket has none. */
export const DURATION_BOUNDS: readonly Milliseconds[] = [
  ...[0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500],
  ...[1_000, 2_500, 5_000, 10_000],
]

/** Attempts at one step that ended alike, over the whole run, warm-up and ramps included. */
export interface AnswerGroup {
  /** The step's key, as in `steps`, or that of a step that runs a workflow. */
  step: string
  /** `GET`; `SEND` and `RECEIVE` of messages; `none` of a step that runs a workflow. */
  method: string
  /** `200`; `none` when nobody answered; `other`: one of those that came after the step's first ten. */
  status: string
  /** Sent, answered or not. */
  requests: number
  /** The sum of the service times of those that reached a server. */
  durations: Milliseconds
  /** How many of these took at most 0.5, 1, 2.5, 5, 10, … 10,000 ms but longer than the bound before, and how many longer than all. */
  buckets: number[]
  /** Failed attempts by kind, as in `errors`. */
  errors: Record<string, number>
}

/** The groups of several runs as those of one. */
export function mergeAnswers(lists: readonly (readonly AnswerGroup[])[]): AnswerGroup[] {
  const merged = new Map<string, AnswerGroup>()
  for (const group of lists.flat()) {
    const key = [group.step, group.method, group.status].join('\n')
    const known = merged.get(key)
    if (known === undefined) {
      merged.set(key, { ...group, buckets: [...group.buckets], errors: { ...group.errors } })
      continue
    }
    known.requests += group.requests
    known.durations += group.durations
    known.buckets = known.buckets.map((count, i) => count + (group.buckets[i] ?? 0))
    for (const [kind, count] of Object.entries(group.errors))
      known.errors[kind] = (known.errors[kind] ?? 0) + count
  }
  return [...merged.values()]
}
