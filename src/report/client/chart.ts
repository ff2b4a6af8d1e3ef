import uPlot from 'uplot'
import uplotStyle from 'uplot/dist/uPlot.min.css'
import { isNear } from '../near.ts'
import type { Bound, Column } from './chart-data.ts'

export { uPlot, uplotStyle }

const LINES = 8

export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

/** How a line looks. After eight, colours come again, dashed. */
export function lineOf(
  label: string,
  i: number,
  { dashed, tone, stepped, rest, color: place }: Partial<Column> = {},
): uPlot.Series {
  return {
    label,
    stroke: colorOf(i, { tone, color: place }),
    width: 1.5,
    ...((dashed || i >= LINES) && { dash: [5, 4] }),
    ...(stepped && { paths: uPlot.paths.stepped!({ align: 1 }) }),
    points: { show: false },
    // Without a selected moment, the value of the whole window.
    value: (_, value, _series, at) => {
      const shown = at === null || at === undefined ? rest : value
      return shown === null || shown === undefined ? '–' : figure(shown)
    },
  }
}

/** Colour of the line at a place. */
export function colorOf(i: number, { tone, color: place = i }: Pick<Column, 'tone' | 'color'> = {}): string {
  return color(tone === 'bad' ? 'bad' : `line-${place % LINES}`)
}

export function axis(values: uPlot.Axis['values'], size?: number): uPlot.Axis {
  return {
    stroke: color('muted'),
    grid: { stroke: color('line'), width: 1 },
    ticks: { stroke: color('line'), width: 1, size: 4 },
    font: '11px system-ui, sans-serif',
    ...(values !== undefined && { values }),
    ...(size !== undefined && { size }),
  }
}

/** `1,250`, `12.5`, `0.042`: three digits that mean something. */
export function figure(value: number): string {
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

/** `0:43`, `12:05`, `1:02:03`; with tenths where a second has several points. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds + 1e-9)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)]
  const rest = Math.round((seconds - whole) * 10)
  const two = (value: number) => String(value).padStart(2, '0')
  const tenths = rest > 0 && rest < 10 ? `.${rest}` : ''
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}${tenths}`
}

/** Steps of an axis of time in seconds: those that a clock has. */
export const CLOCK_STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200]

/** The box of a chart: its title, and a place that the keyboard reaches. */
export function box(parent: HTMLElement, title: string, unit: string, note = ''): HTMLElement {
  const element = document.createElement('div')
  element.className = 'chart'
  element.tabIndex = 0
  element.setAttribute('role', 'group')
  element.setAttribute('aria-label', `${title}${unit === '' ? '' : `, ${unit}`}`)
  const heading = document.createElement('h3')
  heading.textContent = `${title} `
  const small = document.createElement('small')
  small.textContent = [unit, note].filter(text => text !== '').join(' · ')
  heading.append(small)
  element.append(heading)
  parent.append(element)
  return element
}

/** Axis of figures, with three digits each. */
export const figureAxis = (): uPlot.Axis =>
  axis((_, ticks) => ticks.map(tick => (tick === null ? '' : figure(tick))), 56)

/** Draws a chart into its box, as wide as that, to be read by keyboard too. Without a `cursor` it does not zoom. */
export function plot(
  element: HTMLElement,
  height: number,
  options: Omit<uPlot.Options, 'width' | 'height'>,
  data: uPlot.AlignedData,
  other?: OtherKeys,
): uPlot {
  const widthOf = () => {
    const { paddingLeft, paddingRight } = getComputedStyle(element)
    return Math.floor(element.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight))
  }
  const cursor = { drag: { x: false, y: false } }
  const chart = new uPlot({ width: widthOf(), height, cursor, ...options }, data, element)
  new ResizeObserver(() => {
    const width = widthOf()
    if (width > 0 && width !== chart.width) chart.setSize({ width, height })
  }).observe(element)
  readable(chart, element, other)
  legendByKeys(chart)
  return chart
}

/** Lines are shown and hidden by keyboard as by mouse. */
function legendByKeys({ root, series, hooks }: uPlot): void {
  const labels = root.querySelectorAll<HTMLElement>('.u-legend .u-series:not(.band) .u-label')
  for (const [i, label] of [...labels].entries()) {
    // The first is of the moment.
    if (i === 0) continue
    const update = () => label.setAttribute('aria-pressed', String(series[i]!.show !== false))
    label.tabIndex = 0
    label.setAttribute('role', 'button')
    update()
    hooks.setSeries = [...(hooks.setSeries ?? []), update]
    // A line that is hidden by hand stays in the legend, to be shown again.
    label.addEventListener('click', () => label.closest('.u-series')?.classList.add('toggled'))
    label.addEventListener('keydown', event => {
      if (event.key !== 'Enter' && event.key !== ' ') return
      event.preventDefault()
      event.stopPropagation()
      label.click()
    })
  }
}

/** Top of a chart that has lines up to `max`, and the bounds that are near. */
export function topOf(max: number, bounds: readonly Bound[] = []): number {
  const near = bounds.map(({ value }) => value).filter(value => isNear(value, max))
  const top = Math.max(max, ...near)
  return top > 0 ? top * 1.15 : 1
}

/** Bounds of the lines that are seen: those of steps come and go with theirs. */
const shownIn = ({ series }: uPlot, bounds: readonly Bound[]) =>
  bounds.filter(({ column }) => column === undefined || series[column + 1]!.show !== false)

/** Shades the area beyond a bound, below the lines; not if there are lines of several steps. */
export function shadeBeyond(chart: uPlot, bounds: readonly Bound[] = [], columns: readonly Column[] = []): void {
  const shown = columns.filter(({ step }, i) => step !== undefined && chart.series[i + 1]!.show !== false)
  if (shown.length > 1) return
  const { ctx, bbox } = chart
  ctx.save()
  ctx.fillStyle = color('beyond')
  for (const { value, isAtMost } of shownIn(chart, bounds)) {
    const y = Math.min(Math.max(chart.valToPos(value, 'y', true), bbox.top), bbox.top + bbox.height)
    if (isAtMost) ctx.fillRect(bbox.left, bbox.top, bbox.width, y - bbox.top)
    else ctx.fillRect(bbox.left, y, bbox.width, bbox.top + bbox.height - y)
  }
  ctx.restore()
}

/** Draws bounds as dashed lines with labels, in the colour of their line. */
export function drawBounds(chart: uPlot, bounds: readonly Bound[] = [], columns: readonly Column[] = []): void {
  const { ctx, bbox } = chart
  const pixel = devicePixelRatio
  ctx.save()
  ctx.font = `${11 * pixel}px system-ui, sans-serif`
  ctx.textAlign = 'right'
  ctx.lineWidth = 1.5 * pixel
  const taken: number[] = []
  for (const { value, label, column } of shownIn(chart, bounds)) {
    const y = Math.round(chart.valToPos(value, 'y', true))
    if (y < bbox.top || y > bbox.top + bbox.height) continue
    const paint = column === undefined ? color('bad') : colorOf(column, columns[column])
    ctx.strokeStyle = paint
    ctx.setLineDash([6 * pixel, 4 * pixel])
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    // Words above the line, below it where there is no room, and none over others.
    const above = y - 5 * pixel
    const words = above - 11 * pixel < bbox.top ? y + 13 * pixel : above
    if (taken.some(other => Math.abs(other - words) < 13 * pixel)) continue
    taken.push(words)
    const width = ctx.measureText(label).width
    ctx.fillStyle = color('ground')
    ctx.globalAlpha = 0.8
    ctx.fillRect(bbox.left + bbox.width - width - 8 * pixel, words - 10 * pixel, width + 6 * pixel, 13 * pixel)
    ctx.globalAlpha = 1
    ctx.fillStyle = color('text')
    ctx.fillText(label, bbox.left + bbox.width - 5 * pixel, words)
  }
  ctx.restore()
}

/** Bounds in words, for those that are not drawn and for those who do not see: below the title. */
export function boundsInWords(bounds: readonly Bound[] = []): string {
  return bounds.length === 0 ? '' : `allowed: ${bounds.map(({ label }) => label).join(', ')}`
}

/** Other keys of a chart; true if the key was handled. */
type OtherKeys = (event: KeyboardEvent) => boolean

/**
 * Makes a chart readable by keyboard: arrows move between points, Home and End to the ends, and the values are
 * announced.
 */
function readable(chart: uPlot, element: HTMLElement, other: OtherKeys = () => false): void {
  let at: number | undefined
  element.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== element) return
    if (other(event)) return event.preventDefault()
    const [first, last] = pointsShown(chart)
    const steps: Record<string, number> = {
      ArrowLeft: (at ?? chart.cursor.idx ?? last + 1) - 1,
      ArrowRight: (at ?? chart.cursor.idx ?? first - 1) + 1,
      Home: first,
      End: last,
    }
    const to = steps[event.key]
    if (to === undefined) return
    event.preventDefault()
    at = Math.min(Math.max(to, first), last)
    chart.setCursor({ left: chart.valToPos(chart.data[0][at]!, 'x'), top: chart.over.clientHeight / 2 })
    announce(wordsAt(chart, at))
  })
  element.addEventListener('blur', () => {
    at = undefined
    chart.setCursor({ left: -10, top: -10 })
  })
}

/** The first and the last point that are seen. */
function pointsShown({ data, scales }: uPlot): [first: number, last: number] {
  const { min = 0, max = 0 } = scales.x!
  const times = data[0] as number[]
  const inside = times.map((time, i) => (time >= min! && time <= max! ? i : -1)).filter(i => i >= 0)
  return [inside[0] ?? 0, inside.at(-1) ?? times.length - 1]
}

/** `at 0:43: p50 12.3, p95 31.2`. */
function wordsAt(chart: uPlot, at: number): string {
  const [head, ...values] = chart.series.flatMap((series, i) => {
    if (series.show === false || series.class === 'band') return []
    const value = typeof series.value === 'function' ? series.value(chart, chart.data[i]![at]!, i, at) : ''
    return [`${series.label} ${value}`]
  })
  return `${head}: ${values.join(', ')}`
}

function announce(words: string): void {
  const live = document.getElementById('live')
  if (live !== null) live.textContent = words
}
