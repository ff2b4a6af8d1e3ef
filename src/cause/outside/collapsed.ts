import type { OutsideFrame, OutsideStack } from './stacks.ts'

/** Samples of a second, unless the profiler says something else: the default of py-spy and others. */
const RATE = 100
const SAMPLE = 1_000_000 / RATE
const LINE = /^(.+) (\d+)$/
const PLACE = /^(.*?) [(-]\s*(.+?):(\d+)\)?$/

/**
 * Collapsed stacks, a line for each: `main (app.py:4);priceOf (src/prices.py:41) 17`. Other lines are left out.
 * Undefined if no line has a stack.
 */
export function collapsedIn(text: string): OutsideStack[] | undefined {
  const stacks = text.split('\n').flatMap(line => {
    const [, path, count] = LINE.exec(line.trimEnd()) ?? []
    return path === undefined ? [] : [{ frames: path.split(';').map(frameOf), time: Number(count) * SAMPLE }]
  })
  return stacks.length === 0 ? undefined : stacks
}

function frameOf(text: string): OutsideFrame {
  const [, name, file, line] = PLACE.exec(text) ?? []
  return file === undefined ? { name: text, file: '', line: 0 } : { name: name!, file, line: Number(line) }
}
