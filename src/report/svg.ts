import { isAtMost } from '../budget/budget-kinds.ts'
import { unitOf } from '../budget/metrics/index.ts'
import { formatMs, formatRate } from '../ground/units.ts'
import type { Budget, Interval, LoadReport } from '../measure/report.ts'
import { drawnSeries, type Stretch, spreadOf, stretchesOf } from './drawn.ts'
import { isNear } from './near.ts'

const WIDTH = 720
const HEIGHT = 120
const LEFT = 12
const GAP = 34

interface Panel {
  title: string
  lines: { label: string; color: string; values: (number | undefined)[] }[]
  show: (value: number) => string
  /** Bounds: dashed lines; those far above all values are only listed. */
  bounds: Budget[]
}

/**
 * Rate and latency over time as one small picture, readable on light and on dark ground. Empty when nothing was
 * measured.
 */
export function renderSvgChart(report: LoadReport): string {
  const series = drawnSeries(report.series)
  if (series.length < 2) return ''
  const stretches = stretchesOf(series)
  const middles = (value: (interval: Interval) => number | undefined) =>
    stretches.map(stretch => spreadOf(stretch.map(value))?.middle)
  const perSecond = (interval: Interval) =>
    interval.length > 0 ? (interval.requests / interval.length) * 1000 : undefined
  const ifAny = (value: (interval: Interval) => number) => (interval: Interval) =>
    interval.passed + interval.failed > 0 ? value(interval) : undefined
  const { budgets } = report
  const panels: Panel[] = [
    {
      title: 'requests',
      show: formatRate,
      lines: [{ label: '', color: '#4c8dff', values: middles(perSecond) }],
      bounds: budgets.filter(({ of, metric }) => of === 'iterations' && metric === 'rps'),
    },
    {
      title: 'latency',
      show: formatMs,
      lines: [
        { label: 'p99', color: '#f08a24', values: middles(ifAny(({ p99 }) => p99)) },
        { label: 'p50', color: '#2fa58f', values: middles(ifAny(({ p50 }) => p50)) },
      ],
      bounds: budgets.filter(({ of, key }) => of === 'iterations' && (key === 'p99' || key === 'p50')),
    },
  ]
  const height = panels.length * (HEIGHT + GAP)
  const parts = panels.flatMap((panel, i) => drawPanel(panel, i * (HEIGHT + GAP) + GAP - 10, stretches))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
      `viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" ` +
      'font-size="12" role="img" aria-label="Rate and latency over time">',
    ...parts,
    '</svg>',
  ].join('\n')
}

function drawPanel({ title, lines, show, bounds }: Panel, top: number, stretches: readonly Stretch[]): string[] {
  const from = stretches[0]![0].start
  const last = stretches.at(-1)!.at(-1)!
  const length = last.start + last.length - from
  const most = Math.max(...lines.flatMap(({ values }) => values.map(value => value ?? 0)), Number.MIN_VALUE)
  const near = bounds.filter(({ bound }) => isNear(bound, most))
  const highest = Math.max(most, ...near.map(({ bound }) => bound))
  const x = (at: number) => round(LEFT + ((at - from) / length) * (WIDTH - 2 * LEFT))
  const y = (value: number) => round(top + HEIGHT - (value / highest) * (HEIGHT - 4))
  const legend = lines
    .map(({ label, color }) => (label === '' ? '' : ` <tspan fill="${color}">${label}</tspan>`))
    .join('')
  const allowed = bounds.map(budget => `; allowed ${wordsOf(budget)}`).join('')
  return [
    ...shades(stretches, x, top),
    ...near.map(
      ({ bound }) =>
        `<line x1="${LEFT}" x2="${WIDTH - LEFT}" y1="${y(bound)}" y2="${y(bound)}" stroke="#d9534f" ` +
        'stroke-dasharray="6 4"/>',
    ),
    `<text x="${LEFT}" y="${top - 6}" fill="#808a98">${title}, up to ${show(most)}${legend}${allowed}</text>`,
    `<line x1="${LEFT}" x2="${WIDTH - LEFT}" y1="${top + HEIGHT}" y2="${top + HEIGHT}" ` +
      'stroke="#808a98" stroke-opacity=".5"/>',
    ...lines.map(({ color, values }) => {
      const points = values.flatMap((value, i) => {
        const stretch = stretches[i]!
        const { start, length } = stretch.at(-1)!
        return value === undefined ? [] : [`${x((stretch[0].start + start + length) / 2)},${y(value)}`]
      })
      return `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${points.join(' ')}"/>`
    }),
  ]
}

/** `p99 at most 40 ms`: signs would have to be escaped. */
function wordsOf(budget: Budget): string {
  const { metric, key, bound } = budget
  const name = metric === 'rps' ? '' : `${key} `
  return `${name}${isAtMost(budget) ? 'at most' : 'at least'} ${unitOf(budget).write(bound, 3, bound)}`
}

/** Shades the time outside of the measured window. */
function shades(stretches: readonly Stretch[], x: (at: number) => number, top: number): string[] {
  return stretches.flatMap(stretch => {
    const [{ phase, start }] = stretch
    if (phase === 'measured') return []
    const last = stretch.at(-1)!
    return [
      `<rect x="${x(start)}" y="${top}" width="${round(x(last.start + last.length) - x(start))}" height="${HEIGHT}" ` +
        'fill="#808a98" fill-opacity=".15"/>',
    ]
  })
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
