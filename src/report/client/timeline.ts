import { axis, box, color, figure, innerWidthOf, keepWidth, lineOf } from './chart.ts'
import type { ChartData } from './chart-data.ts'
import { uPlot } from './uplot.ts'

const HEIGHT = 170

/** Charts on one axis of time: what is zoomed in one is zoomed in all, and the cursor is shared. */
export function drawTimeline(parent: HTMLElement, reset: HTMLButtonElement, data: ChartData): void {
  parent.replaceChildren()
  const first = data.phases[0]?.from ?? 0
  const last = data.phases.at(-1)?.to ?? data.time.at(-1) ?? 1
  const zoom = new Zoom(first, last, reset)
  const key = `run-${parent.closest<HTMLElement>('[data-run]')!.dataset.run}`
  for (const { title, unit, columns } of data.charts) {
    const element = box(parent, title, unit)
    const chart = new uPlot(
      {
        width: innerWidthOf(element),
        height: HEIGHT,
        cursor: { sync: { key }, drag: { x: true, y: false } },
        scales: {
          x: { time: false, range: (_, min, max) => [min ?? first, max ?? last] },
          y: { range: (_, _min, max) => [0, max > 0 ? max * 1.2 : 1] },
        },
        axes: [
          axis((_, ticks) => ticks.map(tick => `${figure(tick)} s`), 28),
          axis((_, ticks) => ticks.map(figure), 56),
        ],
        series: [
          { label: 'at', value: (_, value) => (value === null || value === undefined ? '–' : `${figure(value)} s`) },
          ...columns.map((column, i) => lineOf(column.label, i, column)),
        ],
        hooks: {
          drawClear: [chart => shade(chart, data)],
          draw: [chart => mark(chart, data)],
          setScale: [(chart, scale) => scale === 'x' && zoom.follow(chart)],
        },
      },
      [data.time, ...columns.map(({ values }) => values)],
      element,
    )
    zoom.add(chart)
    keepWidth(chart, element, HEIGHT)
    element.addEventListener('keydown', event => zoom.onKey(event))
    element.addEventListener('dblclick', () => zoom.set(first, last))
  }
  zoom.set(first, last)
}

/** One window of time for several charts. */
class Zoom {
  readonly #charts: uPlot[] = []
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

  add(chart: uPlot): void {
    this.#charts.push(chart)
  }

  /** A chart was zoomed by itself. */
  follow(chart: uPlot): void {
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

  onKey(event: KeyboardEvent): void {
    const length = this.#to - this.#from
    const move = (by: number) => {
      const from = Math.min(Math.max(this.#first, this.#from + by), this.#last - length)
      this.set(from, from + length)
    }
    const keys: Record<string, () => void> = {
      ArrowLeft: () => move(-length / 8),
      ArrowRight: () => move(length / 8),
      '+': () => this.set(this.#from + length / 6, this.#to - length / 6),
      '=': () => this.set(this.#from + length / 6, this.#to - length / 6),
      '-': () => this.set(this.#from - length / 4, this.#to + length / 4),
      0: () => this.set(this.#first, this.#last),
    }
    const act = keys[event.key]
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    act()
  }
}

/** What lies outside the measured window is shaded, and says what it is. */
function shade(chart: uPlot, { phases }: ChartData): void {
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
    ctx.fillStyle = color('shade')
    ctx.fillRect(left, bbox.top, right - left, bbox.height)
    if (ctx.measureText(name).width > right - left) continue
    ctx.fillStyle = color('muted')
    ctx.fillText(name, left + 4 * devicePixelRatio, bbox.top + 13 * devicePixelRatio)
  }
  ctx.restore()
}

/**
 * Doubts stand out, from top to bottom; changes of the limit, of which there may be hundreds, are small ticks at the
 * top.
 */
function mark(chart: uPlot, { marks }: ChartData): void {
  const { ctx, bbox } = chart
  const pixel = devicePixelRatio
  ctx.save()
  ctx.lineWidth = pixel
  for (const { at, kind } of marks) {
    const x = Math.round(chart.valToPos(at, 'x', true))
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    const isTick = kind === 'limit'
    ctx.strokeStyle = color(kind === 'doubt' ? 'bad' : 'mark')
    ctx.setLineDash(isTick ? [] : [3 * pixel, 3 * pixel])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + (isTick ? 8 * pixel : bbox.height))
    ctx.stroke()
  }
  ctx.restore()
}
