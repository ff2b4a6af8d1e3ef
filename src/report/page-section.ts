import type { OverallVerdict } from './overall.ts'

/** Further section of a load test's page: plain data, escaped where it is shown. */
export interface PageSection {
  /** `Head against base`. */
  title: string
  tone: Exclude<OverallVerdict['tone'], 'none'>
  /** The verdict in a word: `fail`. */
  word: string
  /** Findings, one sentence each, on the first screen. */
  sentences: readonly { tone: PageSection['tone']; text: string }[]
  /** Tables of text: the first column names the row, and those that `numbers` counts after it are figures. */
  tables: readonly { title: string; heads: readonly string[]; rows: readonly (readonly string[])[]; numbers: number }[]
  /** Sentences below the tables. */
  notes: readonly string[]
  /** Calls of both sides by CPU time; absent if they were not profiled. */
  icicle?: IcicleNode
}

/** Function in a call tree, with what it calls: CPU time for each request, in milliseconds. */
export interface IcicleNode {
  name: string
  base: number
  head: number
  children: readonly IcicleNode[]
}
