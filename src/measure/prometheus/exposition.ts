/** One line of an exposition: a series and its value. */
export interface Sample {
  labels: Readonly<Record<string, string>>
  value: number
}

/** Samples by metric name. */
export type Exposition = ReadonlyMap<string, readonly Sample[]>

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+[+-]?[\d.]+)?(?:[ \t]+#.*)?[ \t]*$/
const label = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y

/**
 * Reads the text format of Prometheus, and that of OpenMetrics as far as they are alike. A line that is neither a
 * comment nor a sample throws a `SyntaxError` with its number.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function readExposition(text: string): Exposition {
  const exposition = new Map<string, Sample[]>()
  for (const [i, row] of text.split('\n').entries()) {
    const trimmed = row.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const [, name, labels, value] = line.exec(trimmed) ?? []
    if (name === undefined || value === undefined) throw notASample(i, row)
    const sample = { labels: labels === undefined ? {} : readLabels(labels, i, row), value: readNumber(value, i, row) }
    const known = exposition.get(name)
    if (known) known.push(sample)
    else exposition.set(name, [sample])
  }
  return exposition
}

function readLabels(text: string, i: number, row: string): Record<string, string> {
  const labels: Record<string, string> = {}
  label.lastIndex = 0
  while (label.lastIndex < text.trimEnd().length) {
    const [, name, value] = label.exec(text) ?? []
    if (name === undefined || value === undefined) throw notASample(i, row)
    labels[name] = value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
  }
  return labels
}

function readNumber(text: string, i: number, row: string): number {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^nan$/i.test(text)) return Number.NaN
  const value = Number(text)
  if (Number.isNaN(value)) throw notASample(i, row)
  return value
}

function notASample(i: number, row: string): SyntaxError {
  const shown = row.length > 60 ? `${row.slice(0, 60)}…` : row
  return new SyntaxError(`line ${i + 1} is not a sample (${JSON.stringify(shown)})`)
}
