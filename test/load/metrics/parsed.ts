import parse from 'parse-prometheus-text-format'

export interface Family {
  name: string
  type: string
  metrics: {
    labels?: Record<string, string>
    value?: string
    buckets?: Record<string, string>
    count?: string
    sum?: string
  }[]
}

/** An exposition by name of the metric, without its prefix, as a parser that is not ours reads it. */
export function parsed(text: string): Record<string, Family> {
  const families = parse(text) as Family[]
  return Object.fromEntries(families.map(family => [bare(family.name), family]))
}

/** A name without the prefix that all have. */
export function bare(name: string): string {
  if (name.startsWith('arazzo_load_')) return name.slice('arazzo_load_'.length)
  throw new Error(`There is no prefix in ${name}.`)
}

/** `GET list 200: 12`, … of a family, by the values of the labels. */
export function valuesOf(family: Family | undefined, ...labels: string[]): Record<string, number> {
  return Object.fromEntries(
    (family?.metrics ?? []).map(metric => [
      labels.map(label => metric.labels?.[label]).join(' '),
      Number(metric.value ?? metric.count),
    ]),
  )
}
