import type { LoadReport } from '../../measure/report.ts'
import type { MetricsExporter } from '../metrics/exporter.ts'
import type { LoadTest } from '../plan/load-test.ts'
import { LoadRun, onInterrupt, type RunOptions } from './load-run.ts'
import { openMeters } from './meters.ts'
import { type Prepared, prepare } from './prepare.ts'
import { reportOf } from './report-of.ts'

/** Runs a load test that has been read. */
export async function runLoadTest(loadTest: LoadTest, options: RunOptions = {}): Promise<LoadReport> {
  const over = new AbortController()
  const callOff = () => over.abort()
  options.signal?.addEventListener('abort', callOff, { once: true })
  const offInterrupt = options.signal ? () => {} : onInterrupt(callOff)
  const prepared = await prepare(loadTest, over).finally(offInterrupt)
  const { runHooks } = prepared
  try {
    const report = await runPrepared(prepared, options)
    await runHooks.tearDown()
    return runHooks.addTo(report)
  } catch (error) {
    throw await runHooks.tearDownAfter(error)
  } finally {
    options.signal?.removeEventListener('abort', callOff)
  }
}

async function runPrepared(prepared: Prepared, options: RunOptions): Promise<LoadReport> {
  const meters = await openMeters(prepared.targets, prepared.budgets, prepared.planOptions.ca)
  let exporter: MetricsExporter | undefined
  try {
    exporter = await exporterOf(prepared)
    return reportOf(await new LoadRun(prepared, options, meters, exporter).run())
  } finally {
    prepared.over.abort()
    exporter?.close()
    await meters.stop()
  }
}

/** Without a page, its code is not loaded. */
async function exporterOf({ metrics }: Prepared): Promise<MetricsExporter | undefined> {
  if (metrics === undefined) return undefined
  const { openExporter } = await import('../metrics/exporter.ts')
  return openExporter(metrics)
}
