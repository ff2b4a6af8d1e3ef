import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openExporter } from '../../../src/load/metrics/exporter.ts'
import { figuresOf } from '../../../src/load/metrics/figures.ts'
import { VirtualClock } from '../../../src/measure/clock.ts'
import { aReport } from '../../builders/report.ts'
import { startReceiver } from './receiver.ts'

test('figures that cannot be read while the load runs are a warning, and do not end the process', async () => {
  const collector = await startReceiver()
  onTestFinished(() => void collector.close())
  const clock = new VirtualClock()
  const exporter = await openExporter({ otlp: collector.url }, clock)
  let reads = 0
  exporter.start(() => {
    reads++
    throw new Error('no figures yet')
  })
  // An unhandled rejection would fail the test here.
  for (let at = 10_000; reads < 3; at += 10_000) {
    clock.run(at)
    await delay(1)
  }
  const { warnings } = await exporter.finish(aReport())
  expect(warnings).toEqual([expect.stringMatching(/^Failed to push metrics to .*: \d+ of \d+ times no figures yet\. /)])
  // The last push has the figures of the report.
  expect(collector.received).toHaveLength(1)
  exporter.close()
})

test('a collector is told every 10 s, and once more at the end, with the labels of a load test', async () => {
  const collector = await startReceiver()
  onTestFinished(() => void collector.close())
  const clock = new VirtualClock()
  const report = aReport()
  const exporter = await openExporter({ otlp: collector.url, labels: { test: 'at peak' } }, clock)
  exporter.start(() => figuresOf(report))
  for (const pushes of [1, 2]) {
    clock.run(pushes * 10_000 - 1)
    await delay(20)
    expect(collector.received).toHaveLength(pushes - 1)
    clock.run(pushes * 10_000)
    await vi.waitFor(() => expect(collector.received).toHaveLength(pushes))
    await delay(20)
  }
  await exporter.finish(report)
  expect(collector.received).toHaveLength(3)
  for (const { body } of collector.received) expect(body).toContain('{"key":"test","value":{"stringValue":"at peak"}}')
  exporter.close()
})
