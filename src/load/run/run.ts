import type { LoadReport } from '../../measure/report.ts'
import type { MetricsExporter } from '../metrics/exporter.ts'
import { type LoadTest, readLoadTest, theLoadTest } from '../plan/load-test.ts'
import type { LoadOptions } from '../plan/options.ts'
import { openExporter } from './exporter.ts'
import { onInterrupt } from './interrupt.ts'
import { LoadRun, type RunInternals, type RunOptions } from './load-run.ts'
import { Meters } from './meters.ts'
import { type Prepared, prepare } from './prepare.ts'
import { withoutFailedHooks } from './run-hooks.ts'

export type { RunInternals }

/**
 * Runs load now; resolves with the report whatever the verdict. Rejects before any request is sent when the document,
 * the shape, the budgets, the inputs or the host are at fault (ArazzoError with every problem in `.problems`, where
 * they are in a file), and for a fault of the engine itself; afterwards when its setup or teardown failed, with the
 * report as `report` of the error.
 */
export async function runLoad(options: LoadOptions, internals: RunInternals = {}): Promise<LoadReport> {
  const { signal, onProgress } = options
  const loadTest = theLoadTest(await readLoadTest(options))
  return withoutFailedHooks(await runLoadTest(loadTest, { signal, onProgress, ...internals }))
}

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
  const meters = await Meters.open(prepared.targets)
  let exporter: MetricsExporter | undefined
  try {
    exporter = await openExporter(prepared)
    const report = await new LoadRun(prepared, options, meters, exporter).run()
    return (await exporter?.finish(report)) ?? report
  } finally {
    prepared.over.abort()
    exporter?.close()
    await meters.stop()
  }
}
