import type { MetricsExporter } from '../metrics/exporter.ts'
import type { Prepared } from './prepare.ts'

/** Most runs export no metrics, and need not load the modules for it. */
export async function openExporter({ metrics }: Prepared): Promise<MetricsExporter | undefined> {
  if (metrics === undefined) return undefined
  const { MetricsExporter } = await import('../metrics/exporter.ts')
  return MetricsExporter.open(metrics)
}
