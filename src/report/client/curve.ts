import { axis, box, color, figure, figureAxis, lineOf, plot, type uPlot } from './chart.ts'
import type { CurveData } from './chart-data.ts'

const HEIGHT = 260

/** Draws latency by rate. Held rates are joined dots, missed ones rings, so that they differ without colours, too. */
export function drawCurve(parent: HTMLElement, { figure: name, rates, outcomes, bound }: CurveData): void {
  parent.replaceChildren()
  const element = box(parent, 'Latency by rate', `${name}, ms`)
  const last = rates.at(-1)! * 1.05
  // The bound goes from end to end, where no rate was tried.
  const wide = (latency: (number | null)[]) => [null, ...latency, null]
  plot(
    element,
    HEIGHT,
    {
      scales: { x: { time: false, range: [0, last] }, y: { distr: 3 } },
      axes: [axis((_, ticks) => ticks.map(tick => `${figure(tick)}/s`), 28), figureAxis()],
      series: [
        { label: 'rate', value: (_, rate) => (rate === null || rate === undefined ? 'all' : `${figure(rate)}/s`) },
        ...outcomes.map(lineOfOutcome),
        lineOf('bound', 5, { dashed: true, rest: bound }),
      ],
    },
    [[0, ...rates, last], ...outcomes.map(({ latency }) => wide(latency)), [0, ...rates, last].map(() => bound)],
  )
}

function lineOfOutcome({ label, kind, latency }: CurveData['outcomes'][number]): uPlot.Series {
  const stroke = color({ held: 'line-0', missed: 'bad', generator: 'mark', machine: 'mark' }[kind])
  const isHeld = kind === 'held'
  return {
    ...lineOf(label, 0),
    value: (_, value, _i, at) => (at === null ? rangeOf(latency) : value === null ? '–' : figure(value)),
    stroke,
    spanGaps: isHeld,
    ...(!isHeld && { paths: () => null }),
    points: { show: true, size: isHeld ? 7 : 9, width: 2, stroke, fill: isHeld ? stroke : color('ground') },
  }
}

/** `9 to 78`, shown while no rate is selected. */
function rangeOf(latency: readonly (number | null)[]): string {
  const known = latency.filter(value => value !== null)
  if (known.length === 0) return '–'
  const [least, most] = [Math.min(...known), Math.max(...known)].map(figure)
  return least === most ? least! : `${least} to ${most}`
}
