import { expect, test } from 'vitest'
import { runSuite } from './run-suite.ts'

/** Figures differ from run to run. */
const withoutFigures = (text: string) =>
  text.replaceAll(/notice: .*/g, 'notice: …').replaceAll(/value: -?[\d.]+ (?!\n)/g, 'value: … ')

test('the application that the plugin starts tells of itself, and named targets of the plugin and of the test are judged', async () => {
  const { tree, output, exitCode } = await runSuite('probe')
  expect(withoutFigures(tree)).toMatchInlineSnapshot(`
    "health.arazzo.yaml
      health
        ✓ ask
        health under load
          ✓ 2 virtual users for 2 s (warm-up 200 ms)
            notice: …
            notice: …
            notice: …
          ✓ heap <= 2 GB
            value: … MB
          ✓ eventLoopDelay <= 20 s
            value: … ms
          ✓ gcPause <= 20 s
            value: … ms
          ✓ cpuPerRequest <= 20 s
            value: … ms
          ✓ metrics memory <= 4 GB
            value: … MB
          × metrics series.queue <= 6 (BudgetError)
          × own memory < 1 MB (BudgetError)"
  `)
  expect(output).toMatch(/event loop busy .* heap .* at most/)
  expect(output).toMatch(/queue 7 \/ 7 \/ 7/)
  expect(exitCode).toBe(1)
}, 60_000)
