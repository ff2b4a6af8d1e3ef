import type { PageData } from './chart-data.ts'
import { drawCurve } from './curve.ts'
import { drawDistribution } from './distribution.ts'
import { drawHistory } from './history.ts'
import { drawForPrint } from './printing.ts'
import { connectSteps } from './steps.ts'
import { watchTables } from './tables.ts'
import { drawTimeline } from './timeline.ts'
import { uplotStyle } from './uplot.ts'

const style = document.createElement('style')
style.textContent = uplotStyle
document.head.prepend(style)

const data = JSON.parse(document.getElementById('data')!.textContent!) as PageData

function draw(): void {
  for (const section of document.querySelectorAll<HTMLElement>('[data-run]')) {
    const run = data.runs[Number(section.dataset.run)]!
    const find = (selector: string) => section.querySelector<HTMLElement>(selector)
    const [curve, charts, distribution] = [find('.curve'), find('.charts:not([data-history])'), find('.distribution')]
    if (curve !== null && run.curve !== undefined) drawCurve(curve, run.curve)
    connectSteps(section, [
      ...(charts === null ? [] : [drawTimeline(charts, find('.reset') as HTMLButtonElement, run.charts)]),
      ...(distribution === null ? [] : [drawDistribution(distribution, run.distribution)]),
    ])
  }
  for (const element of document.querySelectorAll<HTMLElement>('[data-history]'))
    drawHistory(element, data.histories[Number(element.dataset.history)]!)
}

draw()
watchTables()
drawForPrint(draw)
// Lines are painted, not styled: other colours need other lines.
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
