import * as charts from './chart.ts'
import type { ChartData, Column, HeatData, TimeChart } from './chart-data.ts'

const HEIGHT = 180
/** Number of steps whose lines are visible at first: more cannot be distinguished. */
const MOST_STEPS = 6

/** Charts on one time axis: zoom and cursor are shared. */
export function drawTimeline(parent: HTMLElement, reset: HTMLButtonElement, data: ChartData): Isolate {
  parent.replaceChildren()
  const first = data.phases[0]?.from ?? 0
  const last = data.phases.at(-1)?.to ?? data.time.at(-1) ?? 1
  const zoom = new Zoom(first, last, reset)
  const key = `run-${parent.closest<HTMLElement>('[data-run]')!.dataset.run}`
  const isolates = data.charts.map(one => {
    const element = charts.box(parent, one.title, one.unit, charts.boundsInWords(one.bounds))
    const chart = drawOne(element, one, data, { key, first, last, zoom })
    zoom.add(chart)
    element.addEventListener('dblclick', () => zoom.set(first, last))
    return isolatorOf(chart, one.columns)
  })
  zoom.set(first, last)
  return steps => {
    for (const isolate of isolates) isolate(steps)
  }
}

/** Shows the lines of these steps alone; without any, those of the steps that take most. */
export type Isolate = (steps: ReadonlySet<string>) => void

interface Frame {
  key: string
  first: number
  last: number
  zoom: Zoom
}

function drawOne(
  element: HTMLElement,
  one: TimeChart,
  data: ChartData,
  { key, first, last, zoom }: Frame,
): charts.uPlot {
  const { columns, bounds, heat } = one
  const banded = columns.filter(({ low, high }) => low !== undefined && high !== undefined)
  const ends = banded.flatMap(({ low, high }) => [low!, high!])
  const after = 1 + columns.length
  return charts.plot(
    element,
    HEIGHT,
    {
      cursor: { sync: { key }, drag: { x: true, y: false } },
      scales: {
        x: { time: false, range: (_, min, max) => [min ?? first, max ?? last] },
        y: heat
          ? { distr: 3, range: () => [heat.edges[0]!, heat.edges.at(-1)!] }
          : { range: (_, _min, max) => [0, charts.topOf(max ?? 0, bounds)] },
      },
      axes: [
        { ...charts.axis((_, ticks) => ticks.map(charts.clock), 28), incrs: charts.CLOCK_STEPS, space: 60 },
        { ...charts.figureAxis(), ...(heat && { splits: () => decades(heat.edges) }) },
      ],
      series: [
        {
          label: 'at',
          value: (_, value, _i, at) => (at === null || value === null ? 'all of it' : charts.clock(value)),
        },
        ...columns.map((column, i) => ({ ...charts.lineOf(column.label, i, column), show: isShown(columns, column) })),
        ...banded.flatMap(bandOf),
      ],
      bands: banded.map((column, i) => ({
        series: [after + 2 * i + 1, after + 2 * i],
        fill: `${charts.colorOf(columns.indexOf(column), column)}2e`,
      })),
      hooks: {
        drawClear: [chart => shade(chart, data), chart => charts.shadeBeyond(chart, bounds, columns)],
        drawAxes: [chart => heat && drawHeat(chart, heat, data.time, data.span)],
        draw: [chart => charts.drawBounds(chart, bounds, columns), chart => mark(chart, data)],
        setScale: [(chart, scale) => scale === 'x' && zoom.follow(chart)],
      },
    },
    [data.time, ...columns.map(({ values }) => values), ...ends],
    event => zoom.onKey(event),
  )
}

/** 1, 2 and 5 of each power of ten between the ends; where these are far apart, the powers alone. */
function decades(edges: readonly number[]): number[] {
  const [from, to] = [edges[0]!, edges.at(-1)!]
  const steps = to / from > 200 ? [1] : [1, 2, 5]
  const first = Math.floor(Math.log10(from))
  const powers = Array.from({ length: Math.ceil(Math.log10(to)) - first + 1 }, (_, i) => 10 ** (first + i))
  return powers.flatMap(power => steps.map(step => step * power)).filter(tick => tick >= from && tick <= to)
}

/** The two ends of a band: they have no line, and no place in the legend. */
function bandOf({ label }: Column): charts.uPlot.Series[] {
  const end = { class: 'band', width: 0, points: { show: false } }
  return [
    { ...end, label: `${label}, lowest` },
    { ...end, label: `${label}, highest` },
  ]
}

function isShown(columns: readonly Column[], { step }: Column): boolean {
  if (step === undefined) return true
  const steps = columns.filter(column => column.step !== undefined)
  return steps.findIndex(column => column.step === step) < MOST_STEPS
}

/** Columns of steps follow one another as their lines do in the chart, behind its axis of time. */
export function isolatorOf(chart: charts.uPlot, columns: readonly { step?: string }[]): Isolate {
  return selected => {
    const ofSteps = columns.flatMap(({ step }, i) => (step === undefined ? [] : [{ step, i }]))
    const isNoneHere = !ofSteps.some(({ step }) => selected.has(step))
    for (const [place, { step, i }] of ofSteps.entries()) {
      const show = isNoneHere ? place < MOST_STEPS : selected.has(step)
      if (chart.series[i + 1]!.show !== show) chart.setSeries(i + 1, { show })
    }
  }
}

/** One window of time for several charts. */
class Zoom {
  readonly #charts: charts.uPlot[] = []
  readonly #first: number
  readonly #last: number
  readonly #reset: HTMLButtonElement
  #from: number
  #to: number
  #setting = false

  constructor(first: number, last: number, reset: HTMLButtonElement) {
    this.#first = this.#from = first
    this.#last = this.#to = last
    this.#reset = reset
    reset.onclick = () => this.set(first, last)
    reset.hidden = true
  }

  add(chart: charts.uPlot): void {
    this.#charts.push(chart)
  }

  /** A chart was zoomed by itself. */
  follow(chart: charts.uPlot): void {
    const { min, max } = chart.scales.x!
    if (this.#setting || min === null || max === null || min === undefined || max === undefined) return
    if (min !== this.#from || max !== this.#to) this.set(min, max)
  }

  set(from: number, to: number): void {
    this.#from = Math.max(this.#first, from)
    this.#to = Math.min(this.#last, to)
    this.#setting = true
    for (const chart of this.#charts) chart.setScale('x', { min: this.#from, max: this.#to })
    this.#setting = false
    this.#reset.hidden = this.#from === this.#first && this.#to === this.#last
  }

  /** Whether the key is one that zooms or moves. */
  onKey({ key, shiftKey }: KeyboardEvent): boolean {
    const length = this.#to - this.#from
    const move = (by: number) => {
      const from = Math.min(Math.max(this.#first, this.#from + by), this.#last - length)
      this.set(from, from + length)
    }
    const keys: Record<string, () => void> = {
      ...(shiftKey && { ArrowLeft: () => move(-length / 8), ArrowRight: () => move(length / 8) }),
      '+': () => this.set(this.#from + length / 6, this.#to - length / 6),
      '=': () => this.set(this.#from + length / 6, this.#to - length / 6),
      '-': () => this.set(this.#from - length / 4, this.#to + length / 4),
      0: () => this.set(this.#first, this.#last),
    }
    const act = keys[key]
    act?.()
    return act !== undefined
  }
}

/** Shades and labels the time outside of the measured window. */
function shade(chart: charts.uPlot, { phases }: ChartData): void {
  const { ctx, bbox } = chart
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'alphabetic'
  for (const { name, from, to } of phases) {
    if (name === 'measured') continue
    const left = chart.valToPos(from, 'x', true)
    const right = chart.valToPos(to, 'x', true)
    ctx.fillStyle = charts.color('shade')
    ctx.fillRect(left, bbox.top, right - left, bbox.height)
    if (ctx.measureText(name).width > right - left) continue
    ctx.fillStyle = charts.color('muted')
    ctx.fillText(name, left + 4 * devicePixelRatio, bbox.top + 13 * devicePixelRatio)
  }
  ctx.restore()
}

/**
 * Doubts stand out, from top to bottom; changes of the limit, of which there may be hundreds, are small ticks at the
 * top.
 */
function mark(chart: charts.uPlot, { marks }: ChartData): void {
  const { ctx, bbox } = chart
  const pixel = devicePixelRatio
  ctx.save()
  ctx.lineWidth = pixel
  for (const { at, kind } of marks) {
    const x = Math.round(chart.valToPos(at, 'x', true))
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    const isTick = kind === 'limit'
    ctx.strokeStyle = charts.color(kind === 'doubt' ? 'bad' : 'mark')
    ctx.setLineDash(isTick ? [] : [3 * pixel, 3 * pixel])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + (isTick ? 8 * pixel : bbox.height))
    ctx.stroke()
  }
  ctx.restore()
}

/** The fewest and the most of a cell, as shares of full colour. */
const FAINT = 0.12
const FULL = 0.9

/** Cells of time and latency, the darker the more iterations fell into them: by the logarithm, so that few are seen. */
function drawHeat(chart: charts.uPlot, { edges, cells }: HeatData, times: readonly number[], span: number): void {
  const { ctx, bbox } = chart
  const most = Math.max(1, ...cells.flatMap(([, ...counts]) => counts))
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.fillStyle = charts.color('line-0')
  for (const [i, [first = 0, ...counts]] of cells.entries()) {
    const left = Math.round(chart.valToPos(times[i]! - span / 2, 'x', true))
    const right = Math.max(left + 1, Math.round(chart.valToPos(times[i]! + span / 2, 'x', true)))
    if (right < bbox.left || left > bbox.left + bbox.width) continue
    for (const [n, count] of counts.entries()) {
      if (count === 0) continue
      const top = Math.round(chart.valToPos(edges[first + n + 1]!, 'y', true))
      const bottom = Math.round(chart.valToPos(edges[first + n]!, 'y', true))
      ctx.globalAlpha = FAINT + (FULL - FAINT) * (most > 1 ? Math.log(count) / Math.log(most) : 1)
      ctx.fillRect(left, top, right - left, Math.max(1, bottom - top))
    }
  }
  ctx.restore()
}
