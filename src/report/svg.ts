import { isAtMost } from '../budget/budget-kinds.ts'
import { unitOf } from '../budget/metrics/index.ts'
import { formatMs, formatRate } from '../ground/units.ts'
import type { Budget, LoadReport } from '../measure/report.ts'
import type { ChartData } from './client/chart-data.ts'
import { chartDataOf } from './html/chart-data.ts'
import { isNear } from './near.ts'

const WIDTH = 720
const HEIGHT = 120
const LEFT = 12
const GAP = 34

interface Panel {
  title: string
  lines: { label: string; color: string; values: (number | null)[] }[]
  show: (value: number) => string
  /** Bounds: dashed lines; those far above all values are only listed. */
  bounds: Budget[]
}

/**
 * Rate and latency over time as one small picture, readable on light and on dark ground. Empty when nothing was
 * measured.
 */
export function renderSvgChart(report: LoadReport): string {
  const { time, phases, charts } = chartDataOf(report)
  if (time.length < 2) return ''
  const columns = charts.flatMap(chart => chart.columns)
  const lineOf = (label: string, color: string) => {
    return { label, color, values: columns.find(column => column.label === label)!.values }
  }
  const budgets = report.budgets.filter(({ of }) => of === 'iterations')
  const panels: Panel[] = [
    {
      title: 'requests',
      show: formatRate,
      lines: [{ ...lineOf('requests', '#4c8dff'), label: '' }],
      bounds: budgets.filter(({ metric }) => metric === 'rps'),
    },
    {
      title: 'latency',
      show: formatMs,
      lines: [lineOf('p99', '#f08a24'), lineOf('p50', '#2fa58f')],
      bounds: budgets.filter(({ key }) => key === 'p99' || key === 'p50'),
    },
  ]
  const height = panels.length * (HEIGHT + GAP)
  const parts = panels.flatMap((panel, i) => drawPanel(panel, i * (HEIGHT + GAP) + GAP - 10, time, phases))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
      `viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" ` +
      'font-size="12" role="img" aria-label="Rate and latency over time">',
    ...parts,
    '</svg>',
  ].join('\n')
}

function drawPanel(
  { title, lines, show, bounds }: Panel,
  top: number,
  time: ChartData['time'],
  phases: ChartData['phases'],
): string[] {
  const [from, to] = [phases[0]!.from, phases.at(-1)!.to]
  const most = Math.max(...lines.flatMap(({ values }) => values.map(value => value ?? 0)), Number.MIN_VALUE)
  const near = bounds.filter(({ bound }) => isNear(bound, most))
  const highest = Math.max(most, ...near.map(({ bound }) => bound))
  const x = (at: number) => round(LEFT + ((at - from) / (to - from)) * (WIDTH - 2 * LEFT))
  const y = (value: number) => round(top + HEIGHT - (value / highest) * (HEIGHT - 4))
  const legend = lines
    .map(({ label, color }) => (label === '' ? '' : ` <tspan fill="${color}">${label}</tspan>`))
    .join('')
  const allowed = bounds.map(budget => `; allowed ${wordsOf(budget)}`).join('')
  return [
    ...shades(phases, x, top),
    ...near.map(
      ({ bound }) =>
        `<line x1="${LEFT}" x2="${WIDTH - LEFT}" y1="${y(bound)}" y2="${y(bound)}" stroke="#d9534f" ` +
        'stroke-dasharray="6 4"/>',
    ),
    `<text x="${LEFT}" y="${top - 6}" fill="#808a98">${title}, up to ${show(most)}${legend}${allowed}</text>`,
    `<line x1="${LEFT}" x2="${WIDTH - LEFT}" y1="${top + HEIGHT}" y2="${top + HEIGHT}" ` +
      'stroke="#808a98" stroke-opacity=".5"/>',
    ...lines.map(({ color, values }) => {
      const points = values.flatMap((value, i) => (value === null ? [] : [`${x(time[i]!)},${y(value)}`]))
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
function shades(phases: ChartData['phases'], x: (at: number) => number, top: number): string[] {
  const others = phases.filter(({ name }) => name !== 'measured')
  return others.map(
    ({ from, to }) =>
      `<rect x="${x(from)}" y="${top}" width="${round(x(to) - x(from))}" height="${HEIGHT}" ` +
      'fill="#808a98" fill-opacity=".15"/>',
  )
}

const round = (value: number): number => Math.round(value * 10) / 10
