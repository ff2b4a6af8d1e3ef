import { counted } from '../../ground/words.ts'
import type { Budget, LoadReport } from '../../measure/report.ts'
import { whyNothingPassed } from '../nothing.ts'
import { stepsByShare } from '../step-shares.ts'
import type { VerdictBlock } from '../verdict-block.ts'
import { html, type Markup } from './markup.ts'
import type { NamedReport } from './page.ts'
import { verdictWith } from './verdict.ts'

/** What to do next, with the place on this page where it is to be seen. */
export function todoOf(
  { report, sections = [] }: NamedReport,
  { footnotes, undecided }: VerdictBlock,
  i: number,
): (string | Markup)[] {
  const { state, errors } = report
  const { tone } = verdictWith(report, sections)
  const link = (to: string, text: string) => html`<a href="#${to}-${i}">${text}</a>`
  if (state === 'not run') return [notRun(report, link)]
  if (whyNothingPassed(report) !== undefined)
    return [
      errors.length > 0
        ? html`Look at ${link('failures', 'what failed')} first.`
        : 'Measure for longer than one iteration takes.',
    ]
  if (tone === 'pass') return ['Nothing: everything that was asked for holds.']
  if (tone === 'none') return ['Set budgets, for nothing was judged: budgets: { p99: ..., errorRate: ... }.']
  const missed = budgetsWith(report, 'fail')
  const about = (...kinds: Kind[]) => missed.some(budget => kinds.includes(kindOf(budget)))
  const [slowest] = stepsByShare(report)
  const reasons = link('doubts', counted(footnotes.length, 'reason'))
  const isUndecided = undecided.length > 0 || state === 'cut short'
  return [
    ...(about('errors') && errors.length > 0
      ? [html`Look at ${link('failures', 'the failures')}: the first of them is the most frequent.`]
      : []),
    ...(about('latency', 'rate') && slowest !== undefined
      ? [html`Look at ${link('steps', `the step ${slowest.key}`)}, and at ${link('time', 'when it was slow')}.`]
      : []),
    ...(about('processes') ? [html`Look at ${link('time', 'CPU and memory over time')}.`] : []),
    ...(sections.some(({ tone }) => tone === 'fail')
      ? [html`Look at ${link('compared', 'what changed between base and head')}.`]
      : []),
    ...(isUndecided && footnotes.length > 0
      ? [html`See to the ${reasons} to doubt the figures, and run it again.`]
      : []),
    ...(undecided.length > 0 && footnotes.length === 0
      ? ['Measure longer: what is undecided needs more samples.']
      : []),
    ...(sections.some(({ tone }) => tone === 'unsure')
      ? [html`See ${link('compared', 'what would decide the comparison')}.`]
      : []),
  ]
}

type Link = (to: string, text: string) => Markup
type Kind = 'latency' | 'rate' | 'errors' | 'processes'

function notRun({ errors }: LoadReport, link: Link): string | Markup {
  if (errors.length > 0) return html`Look at ${link('failures', 'what failed')}: no iteration got beyond it.`
  return 'Mend what is said above, and run it again.'
}

function budgetsWith({ verdicts, budgets = [] }: LoadReport, kind: string): Budget[] {
  const keys = verdicts.filter(({ verdict }) => verdict === kind).map(({ budget }) => budget)
  return budgets.filter(({ key }) => keys.includes(key))
}

function kindOf({ metric, of }: Budget): Kind {
  if (of === 'target' || of === 'generator') return 'processes'
  if (metric === 'errorRate') return 'errors'
  return metric === 'percentile' || metric === 'mean' || metric === 'max' ? 'latency' : 'rate'
}
