import { failure } from '../../ground/fault.ts'

/** Computes a value from the series of an endpoint at one moment; undefined if a series is missing. */
export type Query = (exposition: Exposition) => number | undefined

/*
 *   sum      = product { ("+" | "-") product }
 *   product  = factor { ("*" | "/") factor }
 *   factor   = number | "(" sum ")" | aggregate "(" series ")" | series
 *   series   = name [ "{" label ("=" | "!=") string { "," … } "}" ]
 *
 * Words of PromQL, for one moment: no ranges, no vectors. Several series without an aggregate are added up.
 */

const aggregates: Record<string, (values: number[]) => number> = {
  sum: values => values.reduce((sum, value) => sum + value, 0),
  max: values => Math.max(...values),
  min: values => Math.min(...values),
  avg: values => values.reduce((sum, value) => sum + value, 0) / values.length,
  count: values => values.length,
}

const token = /\s*(?:([a-zA-Z_:][\w:]*)|(\d+(?:\.\d+)?(?:e[+-]?\d+)?)|("(?:[^"\\]|\\.)*")|(!=|[-+*/(){}=,]))/y

/** Throws an `Error` that says where the text stops being an expression. */
export function compileQuery(text: string): Query {
  return new QueryParser(text).parse()
}

class QueryParser {
  readonly #text: string
  readonly #tokens: { text: string; at: number; kind: 'name' | 'number' | 'string' | 'sign' }[] = []
  #next = 0

  constructor(text: string) {
    this.#text = text
    token.lastIndex = 0
    while (token.lastIndex < text.trimEnd().length) {
      const from = token.lastIndex
      const match = token.exec(text)
      if (match === null) this.#fail(from)
      const [, name, number, string, sign] = match
      const kind =
        name !== undefined ? 'name' : number !== undefined ? 'number' : string !== undefined ? 'string' : 'sign'
      const found = name ?? number ?? string ?? sign!
      this.#tokens.push({ text: found, at: token.lastIndex - found.length, kind })
    }
  }

  parse(): Query {
    const query = this.#sum()
    if (this.#next < this.#tokens.length) this.#fail()
    return query
  }

  #sum(): Query {
    let left = this.#product()
    for (;;) {
      if (this.#take('+')) left = both(left, this.#product(), (a, b) => a + b)
      else if (this.#take('-')) left = both(left, this.#product(), (a, b) => a - b)
      else return left
    }
  }

  #product(): Query {
    let left = this.#factor()
    for (;;) {
      if (this.#take('*')) left = both(left, this.#factor(), (a, b) => a * b)
      else if (this.#take('/')) left = both(left, this.#factor(), (a, b) => a / b)
      else return left
    }
  }

  #factor(): Query {
    if (this.#take('(')) {
      const inner = this.#sum()
      this.#expect(')')
      return inner
    }
    const { kind, text } = this.#tokens[this.#next] ?? this.#fail()
    if (kind === 'number') {
      this.#next++
      const value = Number(text)
      return () => value
    }
    this.#takeKind('name')
    const aggregate = aggregates[text]
    if (aggregate === undefined || !this.#take('(')) return this.#series(text, aggregates.sum!)
    const query = this.#series(this.#takeKind('name'), aggregate)
    this.#expect(')')
    return query
  }

  #series(name: string, aggregate: (values: number[]) => number): Query {
    const matches = this.#take('{') ? this.#matchers() : () => true
    return exposition => {
      const values = (exposition.get(name) ?? []).filter(matches).map(({ value }) => value)
      return values.length === 0 ? undefined : aggregate(values)
    }
  }

  #matchers(): (sample: Sample) => boolean {
    const matchers: ((sample: Sample) => boolean)[] = []
    while (!this.#take('}')) {
      const name = this.#takeKind('name')
      const isEqual = this.#take('=')
      if (!isEqual) this.#expect('!=')
      const wanted = this.#takeKind('string').slice(1, -1).replace(/\\(.)/g, '$1')
      matchers.push(({ labels }) => ((labels[name] ?? '') === wanted) === isEqual)
      if (!this.#take(',') && this.#tokens[this.#next]?.text !== '}') this.#fail()
    }
    return sample => matchers.every(matcher => matcher(sample))
  }

  #takeKind(kind: 'name' | 'string'): string {
    const found = this.#tokens[this.#next]
    if (found?.kind !== kind) this.#fail()
    this.#next++
    return found.text
  }

  #take(sign: string): boolean {
    const found = this.#tokens[this.#next]
    if (found?.kind !== 'sign' || found.text !== sign) return false
    this.#next++
    return true
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) this.#fail()
  }

  #fail(at = this.#tokens[this.#next]?.at ?? this.#text.length): never {
    const found =
      at >= this.#text.trimEnd().length
        ? 'it ends too early'
        : `it is not a valid expression from character ${at + 1} on`
    const advice =
      'Write the name of a series, or a few of them: \'sum(app_queue_length{queue="mail"}) + app_waiting\'.'
    throw failure('read', JSON.stringify(this.#text), found, advice)
  }
}

function both(left: Query, right: Query, join: (a: number, b: number) => number): Query {
  return exposition => {
    const a = left(exposition)
    const b = right(exposition)
    return a === undefined || b === undefined ? undefined : join(a, b)
  }
}

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
