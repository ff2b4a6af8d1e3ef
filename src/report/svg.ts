import { formatMs, formatRate } from '../ground/units.ts'
import type { Interval, LoadReport } from '../measure/report.ts'

const WIDTH = 720
const HEIGHT = 120
const LEFT = 12
const GAP = 34

interface Panel {
  title: string
  lines: { label: string; color: string; values: (number | undefined)[] }[]
  show: (value: number) => string
}

/**
 * Rate and latency over time as one small picture, readable on light and on dark ground. Empty when nothing was
 * measured.
 */
export function renderSvgChart(report: LoadReport): string {
  const { series } = report
  if (series.length < 2) return ''
  const perSecond = (interval: Interval) =>
    interval.length > 0 ? (interval.requests / interval.length) * 1000 : undefined
  const ifAny = (value: (interval: Interval) => number) => (interval: Interval) =>
    interval.passed + interval.failed > 0 ? value(interval) : undefined
  const panels: Panel[] = [
    { title: 'requests', show: formatRate, lines: [{ label: '', color: '#4c8dff', values: series.map(perSecond) }] },
    {
      title: 'latency',
      show: formatMs,
      lines: [
        { label: 'p99', color: '#f08a24', values: series.map(ifAny(({ p99 }) => p99)) },
        { label: 'p50', color: '#2fa58f', values: series.map(ifAny(({ p50 }) => p50)) },
      ],
    },
  ]
  const height = panels.length * (HEIGHT + GAP)
  const parts = panels.flatMap((panel, i) => drawPanel(panel, i * (HEIGHT + GAP) + GAP - 10, series))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" ` +
      'font-size="12" role="img" aria-label="Rate and latency over time">',
    ...parts,
    '</svg>',
  ].join('\n')
}

function drawPanel({ title, lines, show }: Panel, top: number, series: readonly Interval[]): string[] {
  const from = series[0]!.start
  const last = series.at(-1)!
  const length = last.start + last.length - from
  const highest = Math.max(...lines.flatMap(({ values }) => values.map(value => value ?? 0)), Number.MIN_VALUE)
  const x = (at: number) => round(LEFT + ((at - from) / length) * (WIDTH - 2 * LEFT))
  const y = (value: number) => round(top + HEIGHT - (value / highest) * (HEIGHT - 4))
  const legend = lines
    .map(({ label, color }) => (label === '' ? '' : ` <tspan fill="${color}">${label}</tspan>`))
    .join('')
  return [
    ...shades(series, x, top),
    `<text x="${LEFT}" y="${top - 6}" fill="#808a98">${title}, up to ${show(highest)}${legend}</text>`,
    `<line x1="${LEFT}" x2="${WIDTH - LEFT}" y1="${top + HEIGHT}" y2="${top + HEIGHT}" ` +
      'stroke="#808a98" stroke-opacity=".5"/>',
    ...lines.map(({ color, values }) => {
      const points = values.flatMap((value, i) => {
        const { start, length } = series[i]!
        return value === undefined ? [] : [`${x(start + length / 2)},${y(value)}`]
      })
      return `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${points.join(' ')}"/>`
    }),
  ]
}

/** What lies outside the measured window. */
function shades(series: readonly Interval[], x: (at: number) => number, top: number): string[] {
  return series.flatMap(({ phase, start, length }) =>
    phase === 'measured'
      ? []
      : [
          `<rect x="${x(start)}" y="${top}" width="${round(x(start + length) - x(start))}" height="${HEIGHT}" ` +
            'fill="#808a98" fill-opacity=".15"/>',
        ],
  )
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
