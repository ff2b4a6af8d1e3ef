import { formatMs } from '../../ground/units.ts'
import type { LoadReport } from '../../measure/report.ts'
import { describeShown } from '../../workflow/text.ts'
import { threadName } from '../figures.ts'
import { html, type Markup, numberCell, table } from './markup.ts'

/** The requests of a typical iteration and of the slowest one, on one scale each. */
export function iterationsSection({ iterations }: LoadReport): Markup | undefined {
  if (iterations === undefined) return undefined
  const { typical, slowest } = iterations
  return html`<h2>Iterations</h2>
<p class="hint">Each bar is a request, from when it was sent until its response.</p>
${waterfall('A typical iteration', typical)}
${waterfall('The slowest iteration', slowest)}`
}

function waterfall(title: string, trace: NonNullable<LoadReport['iterations']>['typical']): Markup {
  const { at, latency, attempts } = trace
  const scale = Math.max(latency, ...attempts.map(({ start, length }) => start + length))
  const percent = (time: number) => `${((100 * time) / (scale || 1)).toFixed(2)}%`
  const rows = attempts.map(
    ({ step, start, length, status }) => html`<tr><th scope="row">${step}</th>
${[start, length].map(time => numberCell(formatMs(time)))}<td>${status ?? 'none'}</td>
<td class="span"><span style="margin-left: ${percent(start)}; width: ${percent(length)}"></span></td></tr>`,
  )
  const caption = `${title}: ${formatMs(latency)}, begun at ${formatMs(at)}, thread ${threadName(trace)}`
  const heads = ['Step', 'Sent after', 'Took', 'Status', 'When']
  return table({ title, heads, isFigure: i => i === 1 || i === 2, kind: 'waterfall', caption }, rows)
}

/** Requests that passed, with their responses, by step. */
export function exampleList({ examples, steps }: LoadReport): Markup | undefined {
  if (examples.length === 0) return undefined
  const shown = Object.keys(steps).filter(key => examples.some(({ step }) => step === key))
  return html`<h2>Examples</h2>
<p class="hint">Requests that passed, secrets masked: of each thread the first, the tenth and the hundredth of a step,
and three in all.</p>
${shown.map(
  key => html`<details class="failure"><summary><strong>${key}</strong></summary>
${examples
  .filter(({ step }) => step === key)
  .map(
    one => html`<p>at ${formatMs(one.at)}, after ${formatMs(one.latency)}, thread ${threadName(one)}</p>
<pre tabindex="0">${describeShown(one)}</pre>`,
  )}</details>`,
)}`
}
