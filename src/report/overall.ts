import { whyRunFailed } from '../budget/nothing.ts'
import type { LoadReport } from '../measure/report.ts'
import { headOfHooks } from './figures.ts'
import type { PageSection } from './page-section.ts'

/** Verdict of a whole run, as a word and a tone. `none`: there are no budgets, and a part of the load passed. */
export interface OverallVerdict {
  word: string
  tone: 'pass' | 'fail' | 'unsure' | 'none'
}

/** Verdict for programs. */
type Overall = 'pass' | 'fail' | 'inconclusive' | 'none'

/**
 * Verdict of a run: the worst of its budgets. A run may have failed regardless of them. A
 * run that was cut short, or lost a host, and missed nothing by then is undecided.
 */
export function verdictOf(report: LoadReport): OverallVerdict {
  const { state, verdicts } = report
  if (state === 'not run') return { word: 'did not run', tone: 'fail' }
  const failed = whyRunFailed(report)?.what ?? headOfHooks(report)
  if (failed !== undefined) return { word: failed, tone: 'fail' }
  if (verdicts.some(({ verdict }) => verdict === 'fail')) return { word: 'fail', tone: 'fail' }
  if (verdicts.some(({ verdict }) => verdict === 'inconclusive')) return { word: 'inconclusive', tone: 'unsure' }
  if (state === 'cut short') return { word: 'cut short', tone: 'unsure' }
  if (report.doubts.some(({ kind }) => kind === 'lost host')) return { word: 'host lost', tone: 'unsure' }
  return verdicts.length > 0 ? { word: 'pass', tone: 'pass' } : { word: 'no budgets', tone: 'none' }
}

const OVERALL = { pass: 'pass', fail: 'fail', unsure: 'inconclusive', none: 'none' } as const

export const overallOf = (report: LoadReport): Overall => OVERALL[verdictOf(report).tone]

const ORDER: readonly OverallVerdict['tone'][] = ['fail', 'unsure', 'pass', 'none']

/** The verdict on a run and on what else was found of its load test: the worst of them. */
export function verdictWith(report: LoadReport, sections: readonly PageSection[] = []): OverallVerdict {
  const all: OverallVerdict[] = [verdictOf(report), ...sections.map(({ tone, word }) => ({ tone, word }))]
  return ORDER.flatMap(tone => all.find(verdict => verdict.tone === tone) ?? [])[0]!
}
