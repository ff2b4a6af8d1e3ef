import type { Progress } from '../load/options.ts'
import { formatBytes, formatMs, formatShare } from '../units.ts'
import { cut, plain, widthOf } from './text.ts'

const BAR = 20
const SHORTEST_BAR = 5

/**
 * A row that is drawn again and again: ` ⚡ checkout  [█████████████████░░░] 5/6 s  12395 req/s  p99 4.5 ms  errors 0`.
 * Never wider than `width`: first the bar gets shorter, then the figures go from the right, then the name.
 */
export function renderProgressRow(progress: Progress, name: string, width: number): string {
  const { last } = progress
  const latency = last.passed + last.failed > 0 ? formatMs(last.p99) : '-'
  const figures = [
    timeOf(progress),
    `${Math.round(requestRate(progress))} req/s`,
    `p99 ${latency}`,
    `errors ${progress.failed}`,
  ]
  const lead = ` ⚡ ${plain(name)}  `
  while (figures.length > 1 && widthOf(lead) + SHORTEST_BAR + 3 + widthOf(figures.join('  ')) > width)
    figures.pop()
  const rest = figures.join('  ')
  const room = width - widthOf(lead) - widthOf(rest) - 3
  return room < SHORTEST_BAR
    ? cut(lead + rest, width)
    : `${lead}[${bar(progress.done, Math.min(BAR, room))}] ${rest}`
}

/** A line for logs: `checkout | Time: 5s | RPS: 98.2 | Success: 491 | Failed: 0 | Avg: 120ms | P99: 310ms`. */
export function renderProgressLine(progress: Progress, name: string): string {
  const { last, elapsed, phase, passed, failed } = progress
  const ended = last.passed + last.failed > 0
  const facts = [
    plain(name),
    `Time: ${Math.round(elapsed / 1000)}s`,
    ...(phase === 'measured' ? [] : [`Phase: ${phase}`]),
    `RPS: ${Number(requestRate(progress).toFixed(1))}`,
    `Success: ${passed}`,
    `Failed: ${failed}`,
    `Avg: ${ended ? tight(formatMs(last.mean)) : '-'}`,
    `P99: ${ended ? tight(formatMs(last.p99)) : '-'}`,
    ...(last.target
      ? [`Memory: ${tight(formatBytes(last.target.memory))}`, `CPU: ${tight(formatShare(last.target.cpu))}`]
      : []),
  ]
  return facts.join(' | ')
}

/** `5/6 s`, or `45 %` of a number of iterations; with the phase while nothing is measured. */
function timeOf({ elapsed, total, done, phase }: Progress): string {
  const seconds = (ms: number) => Math.round(ms / 1000)
  const time =
    total === undefined
      ? `${Math.floor(done * 100)} %`
      : `${Math.min(seconds(elapsed), seconds(total))}/${seconds(total)} s`
  return phase === 'measured' ? time : `${time} ${phase}`
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
