import type { Comparison } from './comparison.ts'

export const COMPARISON_VERSION = 1

/** Content of `comparison.json`, next to the `result.json` of its load test: plain data. */
export interface StoredComparison {
  /** Version of this format. */
  version: typeof COMPARISON_VERSION
  /** Name of the load test. */
  name: string
  /** The test file or document that the load test stands in. */
  file: string
  /** Name of the load test in its file, as in `result.json`. */
  test?: string
  /** Vitest's project; absent where it has no name. */
  project?: string
  /** When it was made: ISO 8601. */
  at: string
  comparison: Comparison
}
