import { expect, test } from 'vitest'
import { runSuite } from './run-suite.ts'

/** Without annotations, whose figures differ from run to run. */
const testsOf = (tree: string) =>
  tree
    .split('\n')
    .filter(line => /[✓×↓]/.test(line))
    .map(line => line.trim())

test('the application that the plugin starts tells of itself, and named targets of the plugin and of the test are judged', async () => {
  const { tree, output, exitCode } = await runSuite('probe')
  expect(testsOf(tree)).toEqual([
    '✓ ask',
    '✓ 2 virtual users for 2 s (warm-up 200 ms)',
    '✓ heap <= 2 GB',
    '✓ eventLoopDelay <= 20 s',
    '✓ gcPause <= 20 s',
    '✓ cpuPerRequest <= 20 s',
    '✓ metrics memory <= 4 GB',
    '× metrics series.queue <= 6 (BudgetError)',
    '× own memory < 1 MB (BudgetError)',
  ])
  expect(output).toMatch(/event loop busy .* heap .* at most/)
  expect(output).toMatch(/queue 7 \/ 7 \/ 7/)
  expect(exitCode).toBe(1)
}, 60_000)
