import { axis, box, drawBounds, figureAxis, lineOf, plot } from './chart.ts'
import type { DistributionData } from './chart-data.ts'
import { type Isolate, isolatorOf } from './timeline.ts'

const HEIGHT = 260
const MOST_LINES = 7
/** Percentile that is shown while none is selected. */
const REST = 0.99

/**
 * Latency by percentile; the axis is logarithmic in how rare a latency is, so that 99 % and 99.9 % have as much room as
 * 90 %.
 */
export function drawDistribution(parent: HTMLElement, { shares, lines, bounds }: DistributionData): Isolate {
  parent.replaceChildren()
  if (lines.length === 0) return () => {}
  const nines = shares.map(share => (share >= 1 ? 6 : -Math.log10(1 - share)))
  const told = nines.map((_, i) => lines.some(({ latency }) => latency[i] !== null))
  const count = Math.max(2, told.lastIndexOf(true) + 1)
  const x = nines.slice(0, count)
  const percent = (at: number) => `${Number(((1 - 10 ** -at) * 100).toPrecision(6))} %`
  const resting = shares.findIndex(share => share >= REST - 1e-6)
  const element = box(parent, 'Latency by percentile', 'ms')
  const chart = plot(
    element,
    HEIGHT,
    {
      scales: { x: { time: false }, y: { distr: 3 } },
      axes: [
        {
          ...axis((_, ticks) => ticks.map(percent), 28),
          splits: chart => [0, ...(chart.width > 480 ? [0.30103] : []), 1, 2, 3, 4, 5].filter(at => at <= x.at(-1)!),
        },
        figureAxis(),
      ],
      series: [
        { label: 'percentile', value: (_, at) => (at === null || at === undefined ? '99 %' : percent(at)) },
        ...lines.map(({ label, latency }, i) => {
          const rest = latency[resting]
          return { ...lineOf(label, i, rest === null || rest === undefined ? {} : { rest }), show: i < MOST_LINES }
        }),
      ],
      hooks: { draw: [chart => drawBounds(chart, bounds)] },
    },
    [x, ...lines.map(({ latency }) => latency.slice(0, count))],
  )
  return isolatorOf(chart, lines)
}
