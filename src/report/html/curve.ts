import { formatShare } from '../../ground/units.ts'
import type { Capacity, CapacityProbe, LoadReport } from '../../measure/report.ts'
import { CURVE_HEADS, curveOfProbes, curveRow, describeCapacity } from '../capacity.ts'
import type { CurveData } from '../client/chart-data.ts'
import { wantedLatencyOf } from '../shape.ts'
import { html, type Markup } from './markup.ts'
import { scrolling } from './parts.ts'

const OUTCOMES = [
  { kind: 'held', label: 'held', of: ({ held }: CapacityProbe) => held },
  {
    kind: 'missed',
    label: 'missed',
    of: ({ held, limitedBy }: CapacityProbe) => !held && limitedBy !== 'generator' && limitedBy !== 'machine',
  },
  {
    kind: 'generator',
    label: 'missed by the generator',
    of: ({ held, limitedBy }: CapacityProbe) => !held && limitedBy === 'generator',
  },
  {
    kind: 'machine',
    label: 'missed while others had the CPU',
    of: ({ held, limitedBy }: CapacityProbe) => !held && limitedBy === 'machine',
  },
] as const

/** The curve as it is drawn; undefined where no rate was tried. */
export function curveDataOf({ capacity, state, shape }: LoadReport): CurveData | undefined {
  if (capacity === undefined || capacity.probes.length === 0 || state === 'not run') return undefined
  const probes = curveOfProbes(capacity)
  const { key: figure = '', bound = 0 } = wantedLatencyOf(shape) ?? {}
  const shown = OUTCOMES.filter(({ kind, of }) => kind === 'held' || kind === 'missed' || probes.some(of))
  return {
    figure,
    rates: probes.map(({ rate }) => rounded(rate)),
    outcomes: shown.map(({ kind, label, of }) => ({
      kind,
      label,
      latency: probes.map(probe => (of(probe) && probe.latency > 0 ? rounded(probe.latency) : null)),
    })),
    bound,
  }
}

/** Result of a search, in words, as a chart (drawn by the page's script) and as a table. */
export function capacitySection({ capacity, state }: LoadReport): Markup | undefined {
  if (capacity === undefined || state === 'not run') return undefined
  const { latency, errorRate, probes } = capacity
  return html`<section class="capacity"><h2>Capacity</h2>
<p>With ${latency} and at most ${formatShare(errorRate)} errors: ${describeCapacity(capacity)}.</p>
${probes.length > 0 && html`<div class="curve"></div>${curveTable(capacity)}`}
</section>`
}

function curveTable(capacity: Capacity): Markup {
  return scrolling(
    'Rates tried',
    html`<table class="rates">
<thead><tr>${CURVE_HEADS.map(
      head => html`<th scope="col"${head !== '' && html` class="number"`}>${head === '' ? 'outcome' : head}</th>`,
    )}</tr></thead>
<tbody>${curveOfProbes(capacity).map(curveRowOf)}</tbody></table>`,
  )
}

function curveRowOf(probe: CapacityProbe): Markup {
  const [rate, ...cells] = curveRow(probe)
  const outcome = cells.pop()
  return html`<tr><th scope="row" class="number">${rate}</th>
${cells.map(cell => html`<td class="number">${cell}</td>`)}
<td${!probe.held && html` class="bad"`}>${outcome}</td></tr>`
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
