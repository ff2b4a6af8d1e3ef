import { subjectOf } from '../../budget/bound.ts'
import { workOf } from '../../budget/metrics/resources.ts'
import { ended } from '../../ground/fault.ts'
import { formatBytes, formatCount, formatMs, formatRate, formatShare } from '../../ground/units.ts'
import { capitalized, lowered } from '../../ground/words.ts'
import type { LatencySummary, LoadReport } from '../../measure/report.ts'
import { changesOf } from '../changes.ts'
import { describeCommonError, describeSlowestStep } from '../highlights.ts'
import { type History, shortTime } from '../history.ts'
import { verdictWith } from '../overall.ts'
import type { PageSection } from '../page-section.ts'
import type { VerdictBlock } from '../verdict-block.ts'
import { html, type Markup } from './markup.ts'
import type { NamedReport } from './page.ts'
import { marksIn, tilesOf } from './tiles.ts'
import { todoOf } from './todo.ts'

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
${factsOf(report, block)}
${remarks.map(({ what, why }) => html`<p class="alert">${capitalized(what)}: ${why}</p>`)}
${tilesOf(block, i)}
<dl class="answers">
${row('Why', whyOf(block, sections, i))}
${row('Which step', step)}
${row('What changed', [...sinceLast(history), ...against(sections)])}
${row('What to do', todoOf(run, block, i))}
</dl>
${report.state !== 'not run' && figuresOf(report)}
</header>`
}

function row(question: string, lines: readonly (string | Markup)[]): Markup | undefined {
  if (lines.length === 0) return undefined
  return html`<div><dt>${question}</dt><dd>${lines.map(line => html`<p>${line}</p>`)}</dd></div>`
}

function factsOf({ startedAt, warmUpCut: cut }: LoadReport, { facts }: VerdictBlock): Markup {
  const time = startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')
  return html`<p class="facts">${facts.join(' · ')} · <time datetime="${startedAt}">${time}</time></p>
${cut !== undefined && html`<p class="facts">Warm-up cut ${formatMs(cut.at)} into the run: ${cut.because}</p>`}`
}

function whyOf({ missed, undecided }: VerdictBlock, sections: readonly PageSection[], i: number): Markup[] {
  const ofBudgets = [...missed, ...undecided].map(({ verdict, name, bound, value, margin, cause, footnotes }) => {
    const far = margin === undefined ? '' : ` (${margin})`
    return html`<strong class="${verdict === 'fail' ? 'bad' : 'unsure'}">${name} ${bound}</strong>
was ${value}${far}${marksIn(footnotes, i)}. ${cause}`
  })
  const compared = sections.flatMap(({ sentences }) => sentences.filter(({ tone }) => tone !== 'pass'))
  return [
    ...ofBudgets,
    ...compared.map(({ tone, text }) => html`<span class="${tone === 'fail' ? 'bad' : 'unsure'}">${text}</span>`),
  ]
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

function against(sections: readonly PageSection[]): Markup[] {
  return sections.map(
    ({ title, sentences }) =>
      html`${title}: ${sentences.map(({ text, tone }, i) => [
        i > 0 && ' ',
        html`<span class="${tone === 'fail' ? 'bad' : tone === 'unsure' ? 'unsure' : ''}">${text}</span>`,
      ])}`,
  )
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

function duration({ count }: LatencySummary, value: number): string {
  return count > 0 ? formatMs(value) : '-'
}
