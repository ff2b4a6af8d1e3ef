import { subjectOf } from '../../budget/bound.ts'
import { isLatency } from '../../budget/metrics/index.ts'
import { workOf } from '../../budget/metrics/resources.ts'
import { whyRunFailed } from '../../budget/nothing.ts'
import { ended } from '../../ground/fault.ts'
import { formatBytes, formatCount, formatMs, formatRate, formatShare } from '../../ground/units.ts'
import { capitalized, lowered } from '../../ground/words.ts'
import type { Budget, LatencySummary, LoadReport } from '../../measure/report.ts'
import { headOfHooks } from '../figures.ts'
import { changesOf, type History, shortTime } from '../history.ts'
import { verdictWith } from '../overall.ts'
import { stepsByShare } from '../step-shares.ts'
import { describeCommonError, describeSlowestStep, type VerdictBlock } from '../verdict-block.ts'
import { html, type Markup } from './markup.ts'
import type { NamedReport } from './page.ts'
import { marksIn, tilesOf } from './tiles.ts'

/** The first screen: whether it passed, why not, which step, what changed, what to do. */
export function answerOf(run: NamedReport, block: VerdictBlock, i: number): Markup {
  const { name, report, history, sections = [] } = run
  const { tone, word } = verdictWith(report, sections)
  const { slowestStep, commonError, remarks, headline } = block
  const whole = [headline, ...sections.map(({ title, word }) => `${lowered(title)}: ${word}`)].join('; ')
  const step = [
    ...(slowestStep ? [ended(describeSlowestStep(slowestStep))] : []),
    ...(commonError ? [ended(`Most common error: ${describeCommonError(commonError)}`)] : []),
  ]
  return html`<header class="answer ${tone}">
<h1>${name} <span class="badge ${tone}">${word}</span></h1>
<p class="headline">${capitalized(whole)}.</p>
${factsOf(run, block)}
${remarks.map(({ what, why }) => html`<p class="alert">${capitalized(what)}: ${why}</p>`)}
${tilesOf(block, i)}
<dl class="answers">
${row('Why', whyOf(block, i))}
${row('Which step', step)}
${row('What changed', sinceLast(history))}
${row('What to do', todoOf(run, block, i))}
</dl>
${report.state !== 'not run' && figuresOf(report)}
</header>`
}

function row(question: string, lines: readonly (string | Markup)[]): Markup | undefined {
  if (lines.length === 0) return undefined
  return html`<div><dt>${question}</dt><dd>${lines.map(line => html`<p>${line}</p>`)}</dd></div>`
}

function factsOf({ report: { startedAt, warmUpCut: cut }, links = [] }: NamedReport, { facts }: VerdictBlock): Markup {
  const time = startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')
  return html`<p class="facts">${facts.join(' · ')} · <time datetime="${startedAt}">${time}</time>${links.map(
    ({ text, href }) => html` · <a href="${href}">${text}</a>`,
  )}</p>
${cut !== undefined && html`<p class="facts">Warm-up cut ${formatMs(cut.at)} into the run: ${cut.because}</p>`}`
}

function whyOf({ missed, undecided }: VerdictBlock, i: number): Markup[] {
  return [...missed, ...undecided].map(({ verdict, name, bound, value, margin, cause, footnotes }) => {
    const far = margin === undefined ? '' : ` (${margin})`
    return html`<strong class="${verdict === 'fail' ? 'bad' : 'unsure'}">${name} ${bound}</strong>
was ${value}${far}${marksIn(footnotes, i)}. ${cause}`
  })
}

function sinceLast(history: History | undefined): Markup[] {
  const found = history && changesOf(history)
  if (found === undefined) return []
  const { since, changes } = found
  const clear = changes.filter(({ kind }) => kind === 'better' || kind === 'worse')
  const others = changes.filter(change => !clear.includes(change))
  const told = clear.map(({ budget, size, before, after, kind }) => {
    const what = [subjectOf(budget), size].filter(text => text !== '').join(' ')
    return html`<span class="${kind === 'worse' ? 'bad' : 'good'}">${what}, ${kind}</span>:
${after}, was ${before}.`
  })
  const rest = others.map(({ budget, size, before, after }) =>
    size === '' ? `${subjectOf(budget)} ${after}, was ${before}` : `${subjectOf(budget)} ${size}`,
  )
  const heading = `Since the run of ${shortTime(since)} on this machine`
  const nothing = 'nothing changed beyond what samples leave open.'
  return [
    html`${heading}: ${clear.length > 0 ? told.map((one, i) => [i > 0 && ' ', one]) : nothing}`,
    ...(rest.length > 0
      ? [html`${clear.length > 0 && 'Others, of which ranges touch or are not known: '}${rest.join(', ')}.`]
      : []),
  ]
}

/** Figures that readers look for in any case. */
function figuresOf(report: LoadReport): Markup {
  const { capacity, rps, steps, errorRate, target, iterationRate } = report
  const { due, passed, failed } = report.measuredArrivals
  const requests = Object.values(steps).reduce((sum, step) => sum + step.requests, 0)
  const latency = report.model === 'open' ? report.responseTime : report.serviceTime
  const missed = capacity?.missed === undefined ? '' : `; ${formatRate(capacity.missed)} was not`
  const isRead = (what: string) => target !== undefined && target.samples > 0 && target.missing?.[what] === undefined
  const perRequest = target && workOf(target)
  return html`<dl class="figures">
${capacity && figure('Capacity', formatRate(capacity.held), `requests, held${missed}`)}
${figure('Requests', formatRate(rps), formatCount(requests))}
${figure('Iterations', formatRate(iterationRate), formatCount(due))}
${figure('p50', duration(latency, latency.p50))}
${figure('p99', duration(latency, latency.p99))}
${figure('Errors', formatShare(errorRate), `${formatCount(failed)} of ${formatCount(passed + failed)} iterations`)}
${isRead('memory') && figure('Memory', formatBytes(target!.memoryPeak), 'application, at most')}
${isRead('cpu') && figure('CPU', formatShare(target!.cpu), 'application, of one core')}
${perRequest !== undefined && figure('CPU a request', formatMs(perRequest), 'application')}
</dl>`
}

function figure(label: string, value: string, note = ''): Markup {
  return html`<div><dt>${label}</dt><dd>${value}${note !== '' && html` <small>${note}</small>`}</dd></div>`
}

const duration = ({ count }: LatencySummary, value: number): string => (count > 0 ? formatMs(value) : '-')

/** Next step, with its place on this page. */
function todoOf(
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
  const longer = 'Measure for longer than one iteration takes.'
  if (whyRunFailed(report) !== undefined)
    return [errors.length > 0 ? html`Look at ${link('failures', 'what failed')} first.` : longer]
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
