import { isLatency } from '../../budget/metrics/index.ts'
import { whyNothingPassed } from '../../budget/nothing.ts'
import type { Budget, LoadReport } from '../../measure/report.ts'
import { headOfHooks } from '../hooks.ts'
import { verdictWith } from '../overall.ts'
import { stepsByShare } from '../step-shares.ts'
import type { VerdictBlock } from '../verdict-block.ts'
import { html, type Markup } from './markup.ts'
import type { NamedReport } from './page.ts'
import { marksIn } from './tiles.ts'

/** Next step, with its place on this page. */
export function todoOf(
  { report, sections = [] }: NamedReport,
  { footnotes, undecided }: VerdictBlock,
  i: number,
): (string | Markup)[] {
  const { state, errors } = report
  const { tone } = verdictWith(report, sections)
  const link = (to: string, text: string) => html`<a href="#${to}-${i}">${text}</a>`
  if (state === 'not run') return [notRun(report, link)]
  const hooks = headOfHooks(report)
  if (hooks !== undefined) return [`Correct what ran around the load first: its ${hooks}.`]
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
  // A run that was cut short decides nothing, regardless of earlier verdicts.
  const decisive = footnotes.filter(
    ({ isDecisive, kinds, remedy }) => remedy !== '' && (isDecisive || kinds.includes('cut short')),
  )
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
    ...(undecided.length > 0 && decisive.length === 0 ? ['Measure longer: what is undecided needs more samples.'] : []),
    ...decisive.map(({ remedy, number }) => html`${remedy} ${marksIn([number], i)}`),
    ...(decisive.length > 0 ? ['Then run it again: what is undecided may be either.'] : []),
    ...(sections.some(({ tone }) => tone === 'unsure')
      ? [html`See ${link('compared', 'what would decide the comparison')}.`]
      : []),
  ]
}

type Link = (to: string, text: string) => Markup
type Kind = 'latency' | 'rate' | 'errors' | 'processes'

function notRun({ errors }: LoadReport, link: Link): string | Markup {
  if (errors.length > 0) return html`Look at ${link('failures', 'what failed')}: no iteration got beyond it.`
  return 'Fix the problems above, and run it again.'
}

function budgetsWith({ verdicts, budgets }: LoadReport, kind: string): Budget[] {
  const keys = verdicts.filter(({ verdict }) => verdict === kind).map(({ budget }) => budget)
  return budgets.filter(({ key }) => keys.includes(key))
}

function kindOf(budget: Budget): Kind {
  if (budget.of === 'target' || budget.of === 'generator') return 'processes'
  if (budget.metric === 'errorRate') return 'errors'
  return isLatency(budget) ? 'latency' : 'rate'
}
