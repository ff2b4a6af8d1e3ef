import { color } from './chart.ts'
import type { HeatData } from './chart-data.ts'
import type { uPlot } from './uplot.ts'

/** The fewest and the most of a cell, as shares of full colour. */
const FAINT = 0.12
const FULL = 0.9

/** Cells of time and latency, the darker the more iterations fell into them: by the logarithm, so that few are seen. */
export function drawHeat(chart: uPlot, { edges, cells }: HeatData, times: readonly number[], span: number): void {
  const { ctx, bbox } = chart
  const most = Math.max(1, ...cells.flatMap(([, ...counts]) => counts))
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.fillStyle = color('line-0')
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
