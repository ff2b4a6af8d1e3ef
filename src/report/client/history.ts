import { axis, box, color, figure, figureAxis, plot, uPlot } from './chart.ts'
import type { HistoryData } from './chart-data.ts'

const HEIGHT = 190

type Chart = HistoryData['charts'][number]

/** A chart for each figure: a dot a run with the range in which it lies, the bound, and where the level changed. */
export function drawHistory(parent: HTMLElement, { labels, charts, hollow = [] }: HistoryData): void {
  parent.replaceChildren()
  const x = labels.map((_, i) => i)
  for (const chart of charts) drawOne(parent, labels, x, chart, hollow)
}

function drawOne(
  parent: HTMLElement,
  labels: readonly string[],
  x: number[],
  chart: Chart,
  hollow: readonly boolean[],
): void {
  const { title, unit, values, low, high, bound, levels } = chart
  const element = box(parent, title, unit)
  const told = (value: number | null | undefined) => (value === null || value === undefined ? '–' : figure(value))
  const known = [...values, ...low, ...high, bound ?? null].filter(value => value !== null)
  const seen = rangeOf(known)
  const line = color('line-0')
  const dots = { show: true, size: 6, width: 1, stroke: line, fill: line }
  plot(
    element,
    HEIGHT,
    {
      scales: { x: { time: false, range: [-0.5, Math.max(labels.length - 0.5, 0.5)] }, y: { range: () => seen } },
      axes: [
        {
          ...axis((_, ticks) => ticks.map(tick => (Number.isInteger(tick) ? shortened(labels[tick] ?? '') : '')), 28),
          space: 90,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
        },
        figureAxis(),
      ],
      series: [
        {
          label: 'run',
          value: (_, at) => (at === null || at === undefined ? `last, ${labels.at(-1) ?? ''}` : (labels[at] ?? '–')),
        },
        {
          ...{ label: title, stroke: line, width: 1.25, points: dots },
          value: (_, _value, _series, pointed) => {
            // Without a selected run, the last one is shown.
            const at = pointed ?? values.length - 1
            const range = low[at] != null && high[at] != null ? ` (${told(low[at])} to ${told(high[at])})` : ''
            return told(values[at]) + range
          },
        },
        ...(levels ? [levelLine(told, levels.at(-1) ?? null)] : []),
        ...(bound === undefined ? [] : [boundLine(told(bound))]),
      ],
      hooks: {
        drawAxes: [self => drawRanges(self, chart)],
        draw: [self => drawHollow(self, chart, hollow), self => drawChanges(self, chart)],
      },
    },
    [x, values, ...(levels ? [levels] : []), ...(bound === undefined ? [] : [x.map(() => bound)])],
  )
}

/** Values with as much room above and below as they span, from zero where that is not far. */
function rangeOf(values: readonly number[]): [from: number, to: number] {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  if (!(most > 0)) return [0, 1]
  const span = Math.max(most - least, most * 0.05)
  const from = least - span
  return [from < most * 0.25 ? 0 : from, most + span / 2]
}

const levelLine = (told: (value: number | null) => string, last: number | null): uPlot.Series => ({
  ...{ label: 'level', stroke: color('line-1'), width: 2, points: { show: false } },
  value: (_, value, _series, at) => told(at === null ? last : value),
  paths: uPlot.paths.stepped!({ align: 1 }),
})

const boundLine = (told: string): uPlot.Series => ({
  ...{ label: 'allowed', stroke: color('bad'), width: 1, dash: [5, 4], points: { show: false } },
  value: () => told,
})

/** Without the year of a time, the subject of a commit, and the circle of a doubtful point. */
const shortened = (label: string) =>
  /^\d{4}-\d\d-\d\d /.test(label) ? label.slice(5) : label.replace(/^○ | ".*/g, '').slice(0, 9)

function drawRanges(chart: uPlot, { low, high }: Chart): void {
  const { ctx } = chart
  ctx.save()
  ctx.strokeStyle = color('line-0')
  ctx.globalAlpha = 0.35
  ctx.lineWidth = 4 * devicePixelRatio
  for (const [i, from] of low.entries()) {
    const to = high[i]
    if (from === null || to === null || to === undefined) continue
    const x = chart.valToPos(i, 'x', true)
    ctx.beginPath()
    ctx.moveTo(x, chart.valToPos(from, 'y', true))
    ctx.lineTo(x, chart.valToPos(to, 'y', true))
    ctx.stroke()
  }
  ctx.restore()
}

/** Takes the inside of a run's dot away. */
function drawHollow(chart: uPlot, { values }: Chart, hollow: readonly boolean[]): void {
  const { ctx } = chart
  ctx.save()
  ctx.fillStyle = color('ground')
  for (const [i, value] of values.entries()) {
    if (!hollow[i] || value === null) continue
    ctx.beginPath()
    ctx.arc(chart.valToPos(i, 'x', true), chart.valToPos(value, 'y', true), 2 * devicePixelRatio, 0, 2 * Math.PI)
    ctx.fill()
  }
  ctx.restore()
}

/** A line between the last run of a level and the first of the next. */
function drawChanges(chart: uPlot, { changes }: Chart): void {
  const { ctx, bbox } = chart
  ctx.save()
  ctx.strokeStyle = color('mark')
  ctx.fillStyle = color('mark')
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio])
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`
  for (const { at, text } of changes) {
    const x = Math.round(chart.valToPos(at - 0.5, 'x', true))
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    const isRoom = x + ctx.measureText(text).width < bbox.left + bbox.width
    ctx.textAlign = isRoom ? 'left' : 'right'
    ctx.fillText(text, x + (isRoom ? 4 : -4) * devicePixelRatio, bbox.top + 12 * devicePixelRatio)
  }
  ctx.restore()
}
