import type { Vitest } from 'vitest/node'

/** The part of Vitest's default reporter (and of verbose and tree) that draws the rows at the bottom of a terminal. */
interface Summary {
  createSummary(): string[]
}

/**
 * Adds rows to the window that Vitest draws at the bottom of a terminal. That window is private to Vitest's reporters,
 * so this looks first: false when none of them has one, as without a terminal, and for `dot` and for other versions.
 */
export function addLiveRows(vitest: Vitest, rows: () => string[]): boolean {
  const summaries = reportersOf(vitest)
    .map(summaryOf)
    .filter(summary => summary !== undefined)
  for (const summary of summaries) {
    const original = summary.createSummary
    summary.createSummary = function (this: Summary) {
      const lines = original.call(this)
      // The first line is empty, and sets the window off from what was printed.
      return Array.isArray(lines) && lines[0] === '' ? ['', ...rows(), ...lines.slice(1)] : lines
    }
  }
  return summaries.length > 0
}

/** All reporters of a run. The list exists in every version but is not declared. */
export function reportersOf(vitest: Vitest): unknown[] {
  return (vitest as unknown as { reporters?: unknown[] }).reporters ?? []
}

function summaryOf(reporter: unknown): Summary | undefined {
  const summary = (reporter as { summary?: Partial<Summary> } | null)?.summary
  return typeof summary?.createSummary === 'function' ? (summary as Summary) : undefined
}
