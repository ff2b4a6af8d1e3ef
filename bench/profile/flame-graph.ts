import type { Call } from './call-tree.ts'

const ROW = 18
/** Narrower calls are not drawn: nobody could see them. */
const NARROWEST = 0.0005

const escaped = (text: string) => text.replace(/[&<>"]/g, character => `&#${character.codePointAt(0)};`)

/** Ours, what Node does in JavaScript, and what is built in, in a colour each. */
function colour(where: string): string {
  if (where.startsWith('src/')) return '#f0a35e'
  if (where.startsWith('node:')) return '#8fb8de'
  return where === '' ? '#c9c9c9' : '#b6d7a8'
}

/**
 * A page of its own: a box for each call as wide as its share of the time, callers above; a click makes one as wide as
 * the page.
 */
export function renderFlameGraph(title: string, root: Call): string {
  const boxes: string[] = []
  let deepest = 0
  const draw = (call: Call, left: number, depth: number) => {
    const width = call.total / root.total
    if (width < NARROWEST) return
    deepest = Math.max(deepest, depth)
    const text = `${call.name}${call.where && ` (${call.where})`}`
    const share = `${(width * 100).toFixed(2)} %, itself ${((call.self / root.total) * 100).toFixed(2)} %`
    boxes.push(
      `<div data-l="${left.toFixed(6)}" data-w="${width.toFixed(6)}" style="top:${depth * ROW}px;background:${colour(call.where)}" title="${escaped(`${text}: ${share}`)}">${escaped(call.name)}</div>`,
    )
    let at = left
    for (const child of call.children) {
      draw(child, at, depth + 1)
      at += child.total / root.total
    }
  }
  draw(root, 0, 0)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escaped(title)}</title>
<style>
  body { font: 12px system-ui, sans-serif; margin: 1em; }
  #graph { position: relative; height: ${(deepest + 1) * ROW}px; overflow: hidden; }
  #graph div { position: absolute; height: ${ROW - 2}px; line-height: ${ROW - 2}px; overflow: hidden; white-space: nowrap; cursor: pointer; border-radius: 2px; padding-left: 2px; box-sizing: border-box; }
  #graph div:hover { outline: 1px solid #333; }
</style>
<h1>${escaped(title)}</h1>
<p>Width is time, callers are above. Orange is vitest-arazzo, blue Node's own JavaScript, green packages, grey what is built in. Click a box to see it from near, the uppermost to see all.</p>
<div id="graph">
${boxes.join('\n')}
</div>
<script>
  const boxes = [...document.querySelectorAll('#graph div')]
  function show(left, width) {
    for (const box of boxes) {
      const l = (box.dataset.l - left) / width, w = box.dataset.w / width
      box.hidden = l >= 1 || l + w <= 0
      const from = Math.max(l, 0)
      box.style.left = from * 100 + '%'
      box.style.width = (Math.min(l + w, 1) - from) * 100 + '%'
    }
  }
  for (const box of boxes) box.onclick = () => show(+box.dataset.l, +box.dataset.w)
  show(0, 1)
</script>
</html>
`
}
