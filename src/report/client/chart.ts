import type { Column } from './chart-data.ts'
import { uPlot } from './uplot.ts'

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

/** Keeps a chart as wide as its box. */
export function keepWidth(chart: uPlot, element: HTMLElement, height: number): void {
  new ResizeObserver(() => {
    const width = innerWidthOf(element)
    if (width > 0 && width !== chart.width) chart.setSize({ width, height })
  }).observe(element)
}

export function innerWidthOf(element: HTMLElement): number {
  const { paddingLeft, paddingRight } = getComputedStyle(element)
  return Math.floor(element.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight))
}
