import { plain } from '../../ground/plain.ts'
import { formatMs } from '../../ground/units.ts'
import { cut } from '../../report/text.ts'
import type { ComparedBudget } from '../comparison.ts'
import { comparedSentences, comparedVerdict, WIDEST } from '../markdown.ts'
import type { StoredComparison } from '../stored.ts'
import { beyondLines, describeComparison, repairOf } from '../words.ts'
import type { ResultComparison } from './compare.ts'
import { budgetSentence, figureRow, notesOf, shortName, titleOf } from './words.ts'

/** A comparison as people read it, wherever it comes from. */
export interface Shown {
  title: string
  /** Absent where there are no budgets, or not launches enough to decide any. */
  verdict?: ComparedBudget['verdict']
  budgets: { verdict?: ComparedBudget['verdict']; text: string }[]
  /** Rows below `HEADS`. */
  figures: string[][]
  notes: string[]
}

export function shownResults(comparison: ResultComparison): Shown {
  const { budgets, changes, isEnough } = comparison
  return {
    title: titleOf(comparison),
    ...(isEnough && worstOf(budgets)),
    budgets: budgets.map(found => ({
      ...(isEnough && { verdict: found.verdict }),
      text: budgetSentence(found, comparison),
    })),
    figures: [...budgets, ...changes].filter(hasFigures).map(figureRow),
    notes: notesOf(comparison),
  }
}

/** One that was stored by a run that compared. */
export function shownStored({ name, at, comparison }: StoredComparison): Shown {
  const short = (text: string) => cut(plain(text), WIDEST)
  const { budgets, beside, notes, cause, pairTook } = comparison
  const when = at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')
  const pairs = comparison.pairs > 0 ? ` A pair took ${formatMs(pairTook, 2)}.` : ''
  return {
    title: `${shortName(name)}: ${describeComparison(comparison)}`,
    verdict: comparedVerdict(comparison),
    budgets: comparedSentences(comparison),
    figures: [...budgets, ...beside].filter(hasFigures).map(figureRow),
    notes: [
      ...(cause === undefined ? [] : [`Not compared to the end: ${short(cause)}`]),
      ...repairOf(cause),
      ...beyondLines(comparison).map(short),
      ...notes.map(short),
      `Made ${when}.${pairs}`,
    ],
  }
}

const hasFigures = ({ change, figures }: ComparedBudget) => change !== undefined && figures !== undefined

/** Verdict of all together: a failure is worse than what was not decided. */
function worstOf(budgets: readonly ComparedBudget[]): Pick<Shown, 'verdict'> {
  const verdict = (['fail', 'inconclusive', 'pass'] as const).find(one => budgets.some(found => found.verdict === one))
  return verdict === undefined ? {} : { verdict }
}
