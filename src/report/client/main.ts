import { uplotStyle } from './chart.ts'
import type { PageData } from './chart-data.ts'
import { drawCurve } from './curve.ts'
import { drawDistribution } from './distribution.ts'
import { drawHistory } from './history.ts'
import { connectIcicle } from './icicle.ts'
import { drawTimeline, type Isolate } from './timeline.ts'

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
for (const icicle of document.querySelectorAll<HTMLElement>('.icicle')) connectIcicle(icicle)
drawForPrint(draw)
// Lines are painted, not styled: other colours need other lines.
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)

/**
 * Draws the page as it is printed: light, in the width of a sheet, with what is folded away open; and afterwards as it
 * was.
 */
function drawForPrint(draw: () => void): void {
  const root = document.documentElement
  let opened: HTMLDetailsElement[] = []
  addEventListener('beforeprint', () => {
    root.classList.add('printing')
    opened = [...document.querySelectorAll<HTMLDetailsElement>('details.failure:not([open])')]
    for (const details of opened) details.open = true
    draw()
  })
  addEventListener('afterprint', () => {
    root.classList.remove('printing')
    for (const details of opened) details.open = false
    draw()
  })
}

/** Says below a table that it has more columns than are seen, as long as it has. */
function watchTables(): void {
  const watch = new ResizeObserver(entries => {
    for (const { target } of entries) say(target as HTMLElement)
  })
  for (const box of document.querySelectorAll<HTMLElement>('.scroll')) {
    watch.observe(box)
    box.addEventListener('scroll', () => say(box), { passive: true })
    say(box)
  }
}

function say(box: HTMLElement): void {
  const hint = box.nextElementSibling
  if (!(hint instanceof HTMLElement) || !hint.classList.contains('sideways')) return
  const left = box.scrollWidth - box.clientWidth - box.scrollLeft
  hint.hidden = left <= 1
}

/** Buttons of a run's steps: those that are pressed have their lines alone in the charts. */
function connectSteps(section: HTMLElement, isolates: readonly Isolate[]): void {
  const buttons = [...section.querySelectorAll<HTMLButtonElement>('button.step')]
  const apply = () => {
    const pressed = buttons.filter(button => button.getAttribute('aria-pressed') === 'true')
    const steps = new Set(pressed.map(button => button.dataset.step!))
    for (const isolate of isolates) isolate(steps)
  }
  for (const button of buttons) {
    button.onclick = () => {
      button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') === 'true' ? 'false' : 'true')
      apply()
    }
  }
  // Charts are drawn anew in other colours, and what was pressed stays so.
  apply()
}
