/** Part of the output, which may be too long. */
export interface Part {
  /** Label if it is left out. */
  label: string
  /** Place among those that there is to be room for: the lowest first. */
  rank: number
  /** Empty where there is nothing to show. An empty one at the end sets it off from what follows, if anything does. */
  lines: string[]
  /** Short form if there is no room for all of it. */
  short?: string[]
}

/** Parts that fit, in their order, as lines; and the labels of incomplete ones. */
export function fold(parts: readonly Part[], room: number): { shown: string[]; left: string[] } {
  const there = parts.filter(({ lines }) => lines.length > 0)
  const chosen = new Map<Part, string[]>()
  // One line says what is left out.
  let free = room - (there.reduce((sum, { lines }) => sum + lines.length, 0) > room ? 1 : 0)
  for (const part of [...there].sort((a, b) => a.rank - b.rank)) {
    const fitting = [part.lines, part.short ?? []].find(lines => lines.length > 0 && heightOf(lines) <= free)
    if (fitting === undefined) continue
    chosen.set(part, fitting)
    free -= fitting.length
  }
  const shown = there.flatMap(part => chosen.get(part) ?? [])
  const left = there.filter(part => chosen.get(part) !== part.lines).map(({ label }) => label)
  return { shown: shown.at(-1) === '' ? shown.slice(0, -1) : shown, left }
}

/** Lines that a part takes when it is the last one. */
function heightOf(lines: readonly string[]): number {
  return lines.at(-1) === '' ? lines.length - 1 : lines.length
}
