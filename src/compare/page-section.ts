import { ended } from '../ground/fault.ts'
import { plain } from '../ground/plain.ts'
import { capitalized } from '../ground/words.ts'
import type { PageSection } from '../report/page-section.ts'
import { cut } from '../report/text.ts'
import type { ComparedBudget, Comparison } from './comparison.ts'
import type { Difference } from './differences.ts'
import {
  CHANGE_HEADS,
  changeCells,
  comparedSentences,
  comparedVerdict,
  STEP_HEADS,
  stepCells,
  WIDEST,
  WORDS,
} from './markdown.ts'
import { allowedOf, beyondLines, describeComparison, repairOf, reportedBudgets } from './words.ts'

const TONES: Record<ComparedBudget['verdict'], PageSection['tone']> = {
  pass: 'pass',
  fail: 'fail',
  inconclusive: 'unsure',
}

/**
 * How head compares with base, for the page of its load test.
 *
 * @param at when it was made: ISO 8601. A page may be of a run that took place at another time.
 */
export function comparisonSection(comparison: Comparison, at: string): PageSection {
  const { beside, cause, notes, steps = [], differences = [] } = comparison
  const verdict = comparedVerdict(comparison)
  const sentences = comparedSentences(comparison).map(({ verdict, text }) => ({ tone: TONES[verdict], text }))
  const why = cause === undefined ? [] : [{ tone: 'unsure' as const, text: ended(cut(plain(cause), WIDEST)) }]
  const heads = CHANGE_HEADS
  return {
    title: 'Head against base',
    tone: TONES[verdict],
    word: WORDS[verdict],
    sentences: [...why, ...sentences],
    tables: [
      {
        title: 'Budgets',
        heads: [...heads, 'Allowed', 'Verdict'],
        rows: reportedBudgets(comparison).map(found => [
          ...changeCells(found),
          allowedOf(found.budget),
          WORDS[found.verdict],
        ]),
        numbers: 4,
      },
      { title: 'What else changed', heads, rows: beside.map(changeCells), numbers: 3 },
      { title: 'What each step got', heads: STEP_HEADS, rows: steps.map(stepCells), numbers: 4 },
      {
        title: 'Differences outside the code',
        heads: ['', 'Base', 'Head'],
        rows: differences.map(differenceCells),
        numbers: 0,
      },
    ].filter(({ rows }) => rows.length > 0),
    notes: [
      capitalized(ended(describeComparison(comparison))),
      `Compared at ${at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}.`,
      ...beyondLines({ ...comparison, differences: [] }).map(line => ended(cut(plain(line), WIDEST))),
      ...repairOf(cause),
      ...notes.map(note => ended(cut(plain(note), WIDEST))),
    ],
  }
}

const differenceCells = ({ what, base, head }: Difference) => [what, base, head].map(text => cut(plain(text), WIDEST))
