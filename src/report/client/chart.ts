import type { Column } from './chart-data.ts'
import { uPlot } from './uplot.ts'

const LINES = 8

export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

/** How a line looks. After eight, colours come again, dashed. */
export function lineOf(label: string, i: number, { dashed, tone, stepped }: Partial<Column> = {}): uPlot.Series {
  const stroke = color(tone === 'bad' ? 'bad' : `line-${i % LINES}`)
  return {
    label,
    stroke,
    width: 1.5,
    ...((dashed || i >= LINES) && { dash: [5, 4] }),
    ...(stepped && { paths: uPlot.paths.stepped!({ align: 1 }) }),
    points: { show: false },
    value: (_, value) => (value === null || value === undefined ? '–' : figure(value)),
  }
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

/** The box of a chart: its title, and a place that the keyboard reaches. */
export function box(parent: HTMLElement, title: string, unit: string): HTMLElement {
  const element = document.createElement('div')
  element.className = 'chart'
  element.tabIndex = 0
  element.setAttribute('role', 'group')
  element.setAttribute('aria-label', `${title}${unit === '' ? '' : `, ${unit}`}`)
  const heading = document.createElement('h3')
  heading.textContent = `${title} `
  const small = document.createElement('small')
  small.textContent = unit
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
