import { formatMs } from '../../ground/units.ts'
import type { IcicleNode } from '../page-section.ts'
import { html, type Markup } from './markup.ts'

/** Part of its time by which a function has to change to be coloured. */
const CHANGED = 0.05

/**
 * Call tree as an icicle: a box is as wide as its function has CPU time on head, or on base if head does not have it.
 * The page's script moves the focus by arrow keys, and finds functions.
 */
export function icicleOf(root: IcicleNode): Markup {
  const first = boxOf(root, Math.max(root.base, root.head))
  return html`<h3>Calls by CPU time for each request</h3>
<p class="hint">Functions are below those that call them. Red ones have more time on head, green ones less.
<label class="scripted">Find <input type="search" class="find-call" aria-controls="calls"></label>
<span class="scripted" data-found></span></p>
<div class="icicle" id="calls" role="tree" aria-label="Calls by CPU time">${first}</div>
<p class="hint scripted" data-call aria-live="polite">Arrow keys go from function to function.</p>`
}

function boxOf({ name, base, head, children }: IcicleNode, width: number, level = 1): Markup {
  const change = head - base
  const tone = Math.abs(change) < CHANGED * Math.max(base, head) ? '' : change > 0 ? 'more' : 'less'
  const sign = change > 0 ? '+' : change < 0 ? '-' : ''
  const about = `${name}: ${formatMs(head, 2)}, base ${formatMs(base, 2)}, ${sign}${formatMs(Math.abs(change), 2)}`
  const rest = width - children.reduce((sum, child) => sum + widthOf(child), 0)
  const below = html`<div class="calls">${children.map(child => boxOf(child, widthOf(child), level + 1))}${
    rest > 0 && html`<div style="flex:${rest.toFixed(6)}"></div>`
  }</div>`
  return html`<div class="box" style="flex:${width.toFixed(6)}"><span role="treeitem" class="call ${tone}"
 tabindex="${level === 1 ? 0 : -1}" aria-level="${level}" aria-label="${about}" title="${about}">${name}</span>${
   children.length > 0 && below
 }</div>`
}

const widthOf = ({ base, head }: IcicleNode) => (head > 0 ? head : base)
