import { plain } from '../ground/plain.ts'
import { formatBytes, formatCount, formatMs, formatRate, formatShare } from '../ground/units.ts'
import type { Progress } from '../load/plan/options.ts'
import { cut, widthOf } from './text.ts'

const BAR = 20
const SHORTEST_BAR = 5

/** A figure of the row; where there is little room, those of the highest rank are left out first. */
interface Figure {
  text: string
  rank: number
}

/**
 * A row that is drawn again and again:
 * ` ⚡ checkout  [█████████████████░░░] 5/6 s  98/100 req/s  p50 2.1 ms  p99 4.5 ms  failed iterations 0  VUs 2  CPU 61
 * %  181 MB`. Never wider than `width`: first the bar gets shorter, then the figures go, those people look at least
 * first, then the name.
 */
export function renderProgressRow(progress: Progress, name: string, width: number): string {
  const lead = ` ⚡ ${plain(name)}  `
  const figures = figuresOf(progress)
  const text = () => figures.map(figure => figure.text).join('  ')
  while (figures.length > 1 && widthOf(lead) + SHORTEST_BAR + 3 + widthOf(text()) > width) {
    const highest = Math.max(...figures.map(({ rank }) => rank))
    figures.splice(
      figures.findIndex(({ rank }) => rank === highest),
      1,
    )
  }
  const rest = text()
  const room = width - widthOf(lead) - widthOf(rest) - 3
  return room < SHORTEST_BAR ? cut(lead + rest, width) : `${lead}[${bar(progress.done, Math.min(BAR, room))}] ${rest}`
}

function figuresOf(progress: Progress): Figure[] {
  const { last, failed, wanted } = progress
  const hasEnded = last.passed + last.failed > 0
  const asked = wanted === undefined ? '' : `/${formatCount(wanted)}`
  const latency = (value: number) => (hasEnded ? formatMs(value) : '-')
  return [
    { text: timeOf(progress), rank: 0 },
    { text: `${formatCount(requestRate(progress))}${asked} req/s`, rank: 1 },
    { text: `p50 ${latency(last.p50)}`, rank: 5 },
    { text: `p99 ${latency(last.p99)}`, rank: 2 },
    { text: `failed iterations ${formatCount(failed)}`, rank: 3 },
    { text: `VUs ${formatCount(last.inFlight)}`, rank: 4 },
    ...(last.target
      ? [
          { text: `CPU ${formatShare(last.target.cpu)}`, rank: 6 },
          { text: formatBytes(last.target.memory), rank: 7 },
        ]
      : []),
  ]
}

/**
 * A line for logs: `Time: 5s | RPS: 98.2 | Success: 491 | Failed: 0 | Avg: 120ms | P95: 250ms | P99: 350ms`. Rate and
 * latencies are those of the last second; iterations that passed and failed are counted from the start of the run.
 */
export function renderProgressLine(progress: Progress): string {
  const { last, elapsed, passed, failed } = progress
  const latency = (value: number) => (last.passed + last.failed > 0 ? tight(formatMs(value)) : '-')
  return [
    `Time: ${Math.round(elapsed / 1000)}s`,
    `RPS: ${Number(requestRate(progress).toFixed(1))}`,
    `Success: ${passed}`,
    `Failed: ${failed}`,
    `Avg: ${latency(last.mean)}`,
    `P95: ${latency(last.p95)}`,
    `P99: ${latency(last.p99)}`,
    ...(progress.probe ? [`Probe ${progress.probe.number}: ${tight(formatRate(progress.probe.rate))}`] : []),
  ].join(' | ')
}

/**
 * `5/6 s`, or `45 %` of a number of iterations or a search; with the phase, or the number of the rate that is tried,
 * while nothing is measured.
 */
function timeOf({ elapsed, total, done, phase, probe }: Progress): string {
  const seconds = (ms: number) => Math.round(ms / 1000)
  const time =
    total === undefined
      ? `${Math.floor(done * 100)} %`
      : `${Math.min(seconds(elapsed), seconds(total))}/${seconds(total)} s`
  if (phase === 'measured') return time
  return probe === undefined ? `${time} ${phase}` : `${time} probe ${probe.number}`
}

function requestRate({ last }: Progress): number {
  return last.length > 0 ? (last.requests / last.length) * 1000 : 0
}

function bar(done: number, cells: number): string {
  const full = Math.round(Math.min(Math.max(done, 0), 1) * cells)
  return '█'.repeat(full) + '░'.repeat(cells - full)
}

/** `120 ms` as `120ms`: a log line is split at its spaces. */
function tight(text: string): string {
  return text.replaceAll(' ', '')
}
