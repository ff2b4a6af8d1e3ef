import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openExporter } from '../../../src/load/metrics/exporter.ts'
import { aReport } from '../../builders/report.ts'
import { startReceiver } from './receiver.ts'

test('figures that cannot be read while the load runs are a warning, and do not end the process', async () => {
  const collector = await startReceiver()
  onTestFinished(() => void collector.close())
  const exporter = await openExporter({ otlp: collector.url, every: 20, labels: {}, prefix: 'arazzo_load_' })
  let reads = 0
  exporter.start(() => {
    reads++
    throw new Error('no figures yet')
  })
  // An unhandled rejection would fail the test here.
  while (reads < 3) await delay(5)
  const { warnings } = await exporter.finish(aReport())
  expect(warnings).toEqual([expect.stringMatching(/^Failed to push metrics to .*: \d+ of \d+ times no figures yet\. /)])
  // The last push has the figures of the report.
  expect(collector.received).toHaveLength(1)
  exporter.close()
})
