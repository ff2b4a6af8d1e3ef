import type { Milliseconds } from '../ground/units.ts'

/** Upper bounds of the buckets that durations are counted in; the last bucket has none. */
export const DURATION_BOUNDS: readonly Milliseconds[] = [
  ...[0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500],
  ...[1_000, 2_500, 5_000, 10_000],
]
