import type { Verdict } from '../measure/report.ts'
import type { OverallVerdict } from './overall.ts'

/** Further section of a load test's page: plain data, escaped where it is shown. */
export interface PageSection {
  /** `Head against base`. */
  title: string
  tone: Exclude<OverallVerdict['tone'], 'none'>
  /** The verdict in a word: `fail`. */
  word: string
  /** Reason why it did not reach its end. */
  fault?: string | undefined
  /** Its budgets. */
  cards: readonly Card[]
  /** Tables of text: the first column names the row, and those that `numbers` counts after it are figures. */
  tables: readonly { title: string; heads: readonly string[]; rows: readonly (readonly string[])[]; numbers: number }[]
  /** Sentences below the tables. */
  notes: readonly string[]
  /** Calls of both sides by CPU time; absent if they were not profiled. */
  icicle?: IcicleNode
}

/** Budget of a comparison. */
export interface Card {
  verdict: Verdict['verdict']
  name: string
  /** The change. */
  value: string
  /** Figures of both sides, the interval, the bound. */
  facts: readonly string[]
  /** Why it is undecided, and the cause; sentences. */
  texts: readonly string[]
}

/** Function in a call tree, with what it calls: CPU time for each request, in milliseconds. */
export interface IcicleNode {
  name: string
  base: number
  head: number
  children: readonly IcicleNode[]
}
