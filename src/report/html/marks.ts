import { formatCount, formatMs } from '../../ground/units.ts'
import type { LoadReport } from '../../measure/report.ts'
import type { ChartData } from '../client/chart-data.ts'
import { html, type Markup } from './markup.ts'

type Mark = ChartData['marks'][number]

/** If there are more changes of the limit, they are drawn but not listed. */
const MOST_TOLD = 200

/**
 * Events at a moment of a run: changes of the limit, and doubts with a moment. Other doubts are about the whole window.
 */
export function marksOf(report: LoadReport): Mark[] {
  const changes = (report.limitChanges ?? []).map(
    ({ at, from, to, because }): Mark => ({
      at: inSeconds(at),
      kind: 'limit',
      text: `limit ${formatCount(from)} → ${formatCount(to)}: ${because}`,
    }),
  )
  return [...changes, ...dropped(report), ...cutShort(report), ...warmUp(report)].sort((a, b) => a.at - b.at)
}

/** Each stretch in which arrivals were dropped. */
function dropped({ series, doubts }: LoadReport): Mark[] {
  if (!doubts.some(({ kind }) => kind === 'dropped arrivals')) return []
  const stretches: { at: number; until: number; count: number }[] = []
  for (const { phase, start, length, dropped } of series) {
    if (phase !== 'measured' || dropped === 0) continue
    const last = stretches.at(-1)
    if (last?.until === start) Object.assign(last, { until: start + length, count: last.count + dropped })
    else stretches.push({ at: start, until: start + length, count: dropped })
  }
  return stretches.map(({ at, until, count }) => ({
    at: inSeconds(at),
    kind: 'doubt',
    text: `${formatCount(count)} arrivals dropped in ${formatMs(until - at)}`,
  }))
}

function cutShort({ state, cause, series, warmUp, endedBy }: LoadReport): Mark[] {
  const last = series.at(-1)
  if (state !== 'cut short' || last === undefined) return []
  const at = endedBy ? warmUp + endedBy.at : last.start + last.length
  return [{ at: inSeconds(at), kind: 'doubt', text: `cut short${cause === undefined ? '' : `: ${cause}`}` }]
}

/** Time of the cut, if it was searched. */
function warmUp({ warmUpCut, doubts }: LoadReport): Mark[] {
  if (warmUpCut === undefined) return []
  const isDoubted = doubts.some(({ kind }) => kind === 'warm-up never steady')
  return [
    {
      at: inSeconds(warmUpCut.at),
      kind: isDoubted ? 'doubt' : 'warm-up',
      text: `end of the warm-up: ${warmUpCut.because}`,
    },
  ]
}

/** The marks in words, for those who do not see the charts, and for the reasons, which have no place on them. */
export function markList(marks: readonly Mark[]): Markup | undefined {
  if (marks.length === 0) return undefined
  const told = marks.slice(0, MOST_TOLD)
  const count = (of: Mark['kind']) => marks.filter(({ kind }) => kind === of).length
  const heads = [
    [count('warm-up'), 'end of the warm-up', 'ends of warm-ups'],
    [count('limit'), 'change of the limit', 'changes of the limit'],
    [count('doubt'), 'doubt', 'doubts'],
  ] as const
  const head = heads
    .filter(([n]) => n > 0)
    .map(([n, one, many]) => `${formatCount(n)} ${n === 1 ? one : many}`)
    .join(', ')
  return html`<details class="marks"><summary>Marked on the charts: ${head}</summary>
<ol>${told.map(({ at, kind, text }) => html`<li class="${kind}"><strong>${at} s</strong> ${text}</li>`)}</ol>
${marks.length > told.length && html`<p>and ${formatCount(marks.length - told.length)} more</p>`}
</details>`
}

function inSeconds(ms: number): number {
  return Number((ms / 1000).toFixed(2))
}
