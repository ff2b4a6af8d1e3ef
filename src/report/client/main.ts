import type { PageData } from './chart-data.ts'
import { drawCurve } from './curve.ts'
import { drawDistribution } from './distribution.ts'
import { drawHistory } from './history.ts'
import { drawTimeline } from './timeline.ts'
import { uplotStyle } from './uplot.ts'

const style = document.createElement('style')
style.textContent = uplotStyle
document.head.prepend(style)

const data = JSON.parse(document.getElementById('data')!.textContent!) as PageData

function draw(): void {
  for (const section of document.querySelectorAll<HTMLElement>('[data-run]')) {
    const run = data.runs[Number(section.dataset.run)]!
    const curve = section.querySelector<HTMLElement>('.curve')
    if (curve !== null && run.curve !== undefined) drawCurve(curve, run.curve)
    const charts = section.querySelector<HTMLElement>('.charts:not([data-history])')
    if (charts === null) continue
    drawTimeline(charts, section.querySelector<HTMLButtonElement>('.reset')!, run.charts)
    drawDistribution(section.querySelector<HTMLElement>('.distribution')!, run.distribution)
  }
  for (const element of document.querySelectorAll<HTMLElement>('[data-history]'))
    drawHistory(element, data.histories[Number(element.dataset.history)]!)
}

draw()
// Lines are painted, not styled: other colours need other lines.
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
