import type { Fields } from '../../ground/fields.ts'

/** The page of a run's metrics, read. */
export interface MetricsPlan {
  /** 0: a free one. */
  port: number
  /** Labels of all series. */
  labels?: Readonly<Record<string, string>>
  /** Commit of the tested code, if known. */
  commit?: string
}

const isPort = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535

/** Reads `metrics` among options as users write them; undefined without a page. Never throws. */
export function readMetrics(options: Fields): MetricsPlan | undefined {
  options.expect('metrics', isPort, 'Write a port from 0 to 65535: 9464.')
  const port = options.get('metrics')
  return isPort(port) ? { port } : undefined
}
