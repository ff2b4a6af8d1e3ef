import type { uPlot } from './uplot.ts'

/** Other keys of a chart; true if the key was handled. */
type OtherKeys = (event: KeyboardEvent) => boolean

/**
 * Makes a chart readable by keyboard: arrows move between points, Home and End to the ends, and the values are
 * announced.
 */
export function readable(chart: uPlot, element: HTMLElement, other: OtherKeys = () => false): void {
  let at: number | undefined
  element.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== element) return
    if (other(event)) return event.preventDefault()
    const [first, last] = shownIn(chart)
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
function shownIn({ data, scales }: uPlot): [first: number, last: number] {
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
