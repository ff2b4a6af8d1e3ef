import type { LoadReport } from '../../measure/report.ts'
import { whyNothingPassed } from '../nothing.ts'
import type { PageSection } from '../page-section.ts'

export interface OverallVerdict {
  word: string
  tone: 'pass' | 'fail' | 'unsure' | 'none'
}

/** The verdict on a run: the worst of its budgets'. One of which nothing passed has failed, whatever they say. */
export function verdictOf(report: LoadReport): OverallVerdict {
  const { state, verdicts } = report
  if (state === 'not run') return { word: 'did not run', tone: 'fail' }
  if (whyNothingPassed(report) !== undefined) return { word: 'nothing passed', tone: 'fail' }
  if (verdicts.some(({ verdict }) => verdict === 'fail')) return { word: 'fail', tone: 'fail' }
  if (verdicts.some(({ verdict }) => verdict === 'inconclusive')) return { word: 'inconclusive', tone: 'unsure' }
  if (verdicts.length > 0) return { word: 'pass', tone: 'pass' }
  return { word: 'no budgets', tone: 'none' }
}

const ORDER: readonly OverallVerdict['tone'][] = ['fail', 'unsure', 'pass', 'none']

/**
 * The verdict on a run and on what else was found of its load test: the worst of them. One that was cut short, and
 * missed nothing by then, has not passed.
 */
export function verdictWith(report: LoadReport, sections: readonly PageSection[] = []): OverallVerdict {
  const own = verdictOf(report)
  const isCut = report.state === 'cut short' && (own.tone === 'pass' || own.tone === 'none')
  const cut: OverallVerdict = { word: 'cut short', tone: 'unsure' }
  const all: OverallVerdict[] = [isCut ? cut : own, ...sections.map(({ tone, word }) => ({ tone, word }))]
  return ORDER.flatMap(tone => all.find(verdict => verdict.tone === tone) ?? [])[0]!
}
