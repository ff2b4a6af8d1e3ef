import type { Needles, Range } from './needles.ts'
import { type View, viewsOf } from './views.ts'

/** What stands where a secret was. */
export const MASK = '***'

/** The text without what `needles` finds in it, also behind encodings within one another. */
export function masked(text: string, needles: Needles): string {
  const found = [...rangesIn(text, needles, depthFor(text))].sort((a, b) => a[0] - b[0])
  let shown = ''
  let end = 0
  for (const [from, to] of found) {
    if (from > end || end === 0) shown += text.slice(end, from) + MASK
    end = Math.max(end, to)
  }
  return shown + text.slice(end)
}

/** Base64 of percent-encoded JSON is three deep. Each level takes milliseconds for 100,000 characters. */
function depthFor({ length }: string): number {
  if (length <= 100_000) return 3
  return length <= 2_000_000 ? 2 : 1
}

function* rangesIn(text: string, needles: Needles, depth: number): Generator<Range> {
  yield* needles.in(text)
  if (depth === 0) return
  for (const view of viewsOf(text))
    for (const [from, to] of rangesIn(view.text, needles, isReadable(view) ? depth - 1 : 0))
      yield [view.startOf(from), view.endOf(to - 1)]
}

/** What is not base64 gives bytes of all kinds when it is decoded as if it were: there is nothing more to decode. */
function isReadable({ text, isGuess }: View): boolean {
  return !isGuess || (text.match(CONTROLS)?.length ?? 0) * 20 <= text.length
}

const CONTROLS = /[\0-\x08\x0e-\x1f]/g
