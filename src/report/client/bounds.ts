import { isNear } from '../near.ts'
import { color, colorOf } from './chart.ts'
import type { Bound, Column } from './chart-data.ts'
import type { uPlot } from './uplot.ts'

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
