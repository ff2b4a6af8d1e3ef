import { describeError, formatAttempts } from '../../budget/cause.ts'
import { formatBytes, formatCount, formatMs, formatRate, formatShare } from '../../ground/units.ts'
import { capitalized, counted, lowered } from '../../ground/words.ts'
import type { LatencySummary, LoadReport, Verdict } from '../../measure/report.ts'
import { changesOf } from '../changes.ts'
import { type History, shortTime } from '../history.ts'
import { whyNothingPassed } from '../nothing.ts'
import type { PageSection } from '../page-section.ts'
import { describeShape } from '../shape.ts'
import { stepsByShare } from '../step-shares.ts'
import { html, type Markup } from './markup.ts'
import type { NamedReport } from './page.ts'
import { tilesOf } from './tiles.ts'
import { todoOf } from './todo.ts'
import { verdictWith } from './verdict.ts'

/** The first screen: whether it passed, why not, which step, what changed, what to do. */
export function answerOf(run: NamedReport, i: number): Markup {
  const { name, report, history, sections = [] } = run
  const { tone, word } = verdictWith(report, sections)
  const { state, cause } = report
  const nothing = whyNothingPassed(report)
  const stopped = state === 'not run' ? 'The load did not run' : 'The run was cut short'
  const ran = state !== 'not run'
  return html`<header class="answer ${tone}">
<h1>${name} <span class="badge ${tone}">${word}</span></h1>
<p class="headline">${headlineOf(report, sections)}</p>
${factsOf(report)}
${state !== 'completed' && html`<p class="alert">${stopped}${cause !== undefined && `: ${cause}`}</p>`}
${nothing !== undefined && html`<p class="alert">Nothing passed: ${nothing}</p>`}
${tilesOf(report)}
<dl class="answers">
${row('Why', whyOf(report, sections))}
${row('Which step', ran ? whichStep(report) : [])}
${row('What changed', [...sinceLast(history), ...against(sections)])}
${row('What to do', todoOf(run, i))}
</dl>
${ran && figuresOf(report)}
</header>`
}

function row(question: string, lines: readonly (string | Markup)[]): Markup | undefined {
  if (lines.length === 0) return undefined
  return html`<div><dt>${question}</dt><dd>${lines.map(line => html`<p>${line}</p>`)}</dd></div>`
}

/** `2 of 6 budgets missed, 1 undecided`. */
function headlineOf(report: LoadReport, sections: readonly PageSection[]): string {
  const { verdicts, state } = report
  if (state === 'not run') return 'No iteration was run to its end, and nothing was judged.'
  const count = (kind: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === kind).length
  const [missed, undecided, kept] = [count('fail'), count('inconclusive'), count('pass')]
  const parts = [
    ...(missed > 0 ? [`${formatCount(missed)} of ${counted(verdicts.length, 'budget')} missed`] : []),
    ...(undecided > 0 ? [`${formatCount(undecided)} undecided`] : []),
    ...(kept > 0 ? [missed + undecided === 0 ? keptAll(kept) : `${formatCount(kept)} kept`] : []),
    ...(verdicts.length === 0 ? ['No budgets were set'] : []),
    ...sections.map(({ title, word }) => `${lowered(title)}: ${word}`),
  ]
  return `${capitalized(parts.join(', '))}.`
}

const keptAll = (kept: number) => (kept === 1 ? 'the budget was kept' : `all ${formatCount(kept)} budgets were kept`)

function factsOf({ shape, model, startedAt, measured, warmUp, warmUpCut: cut, capacity }: LoadReport): Markup {
  const what = capacity === undefined ? 'warm-up and ramp-up' : 'warm-up and search'
  const before = warmUp > 0 ? ` after ${formatMs(warmUp)} of ${what}` : ''
  return html`<p class="facts">${describeShape(shape)} · ${model} model · measured ${formatMs(measured)}${before} ·
<time datetime="${startedAt}">${startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time></p>
${cut !== undefined && html`<p class="facts">Warm-up cut ${formatMs(cut.at)} into the run: ${cut.because}</p>`}`
}

function whyOf({ verdicts, doubts }: LoadReport, sections: readonly PageSection[]): Markup[] {
  const told = [...verdicts.filter(is('fail')), ...verdicts.filter(is('inconclusive'))]
  // Doubts are told below, each once.
  const said = new Set<string>(doubts.map(({ text }) => text))
  const ofBudgets = told.map(
    verdict => html`<strong class="${verdict.verdict === 'fail' ? 'bad' : 'unsure'}">${verdict.title}</strong>
${reasonOf(verdict, said)}`,
  )
  const compared = sections.flatMap(({ sentences }) => sentences.filter(({ tone }) => tone !== 'pass'))
  return [
    ...ofBudgets,
    ...compared.map(({ tone, text }) => html`<span class="${tone === 'fail' ? 'bad' : 'unsure'}">${text}</span>`),
  ]
}

const is = (kind: Verdict['verdict']) => (one: Verdict) => one.verdict === kind

/** `was 49 ms (22 % over). Slowest step: …`; results of versions before have the whole sentence only. */
function reasonOf({ value, aside, why, because, judged, verdict }: Verdict, said: Set<string>): string {
  if (why === undefined) return because
  // What is behind several budgets is told once.
  const told = why.filter(sentence => !said.has(sentence)).join(' ')
  for (const sentence of why) said.add(sentence)
  if (judged === undefined) return `has no data: ${told}`
  const kinds = verdict === 'inconclusive' ? judged.doubts.map(({ kind }) => kind) : []
  const doubted = kinds.length > 0 ? `, which is in doubt: ${kinds.join(', ')}` : ''
  return `was ${value}${aside === undefined ? '' : ` (${aside})`}${doubted}. ${told}`
}

function whichStep({ steps, errors, answers }: LoadReport): string[] {
  const [first] = stepsByShare({ steps })
  const several = Object.keys(steps).length > 1
  const slowest =
    first === undefined || !several || first.share === 0
      ? []
      : [
          `${first.key} takes ${formatShare(first.share, 2)} of the time of all requests: ` +
            `p50 ${formatMs(first.step.serviceTime.p50)}, p99 ${formatMs(first.step.serviceTime.p99)}.`,
        ]
  const [most] = errors
  if (most === undefined) return slowest
  const total = errors.reduce((sum, { count }) => sum + count, 0)
  const statuses = answers.filter(({ step, errors }) => step === most.step && Object.keys(errors).length > 0)
  const status = statuses.length === 1 && statuses[0]!.status !== 'none' ? `, status ${statuses[0]!.status}` : ''
  const of = errors.length > 1 ? ` of ${formatAttempts(total)} that failed` : ''
  return [...slowest, `Most frequent error${of}: ${describeError(most)}${status}.`]
}

function sinceLast(history: History | undefined): Markup[] {
  const found = history && changesOf(history)
  if (found === undefined) return []
  const { since, changes } = found
  const clear = changes.filter(({ kind }) => kind === 'better' || kind === 'worse')
  const others = changes.filter(change => !clear.includes(change))
  const told = clear.map(
    ({ budget, size, before, after, kind }) =>
      html`<span class="${kind === 'worse' ? 'bad' : 'good'}">${budget.key}${size !== '' && ` ${size}`}, ${kind}</span>:
${after}, was ${before}.`,
  )
  const rest = others.map(({ budget, size, before, after }) =>
    size === '' ? `${budget.key} ${after}, was ${before}` : `${budget.key} ${size}`,
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

/** The few figures that people look for whatever was judged. */
function figuresOf(report: LoadReport): Markup {
  const { capacity, rps, requests, errorRate, target, iterationRate } = report
  const { passed, failed } = report.measuredArrivals
  const latency = report.model === 'open' ? report.responseTime : report.serviceTime
  const missed = capacity?.missed === undefined ? '' : `; ${formatRate(capacity.missed)} was not`
  const isRead = target !== undefined && target.samples > 0
  const perRequest = target?.cpuPerRequest
  return html`<dl class="figures">
${capacity && figure('Capacity', formatRate(capacity.held), `requests, held${missed}`)}
${figure('Requests', formatRate(rps), formatCount(requests))}
${figure('Iterations', formatRate(iterationRate), formatCount(passed + failed))}
${figure('p50', duration(latency, latency.p50))}
${figure('p99', duration(latency, latency.p99))}
${figure('Errors', formatShare(errorRate), `${formatCount(failed)} of ${formatCount(passed + failed)} iterations`)}
${isRead && figure('Memory', formatBytes(target.memoryPeak), 'application, at most')}
${isRead && figure('CPU', formatShare(target.cpu), 'application, of one core')}
${perRequest !== undefined && figure('CPU a request', formatMs(perRequest), 'application')}
</dl>`
}

function figure(label: string, value: string, note = ''): Markup {
  return html`<div><dt>${label}</dt><dd>${value}${note !== '' && html` <small>${note}</small>`}</dd></div>`
}

function duration({ count }: LatencySummary, value: number): string {
  return count > 0 ? formatMs(value) : '-'
}
