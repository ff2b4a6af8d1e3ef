import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copySuite, runSuite } from './run-suite.ts'

/** Without annotations, whose figures differ from run to run. */
const testsOf = (tree: string) =>
  tree
    .split('\n')
    .filter(line => /[✓×↓]/.test(line))
    .map(line => line.trim())

test('a TMPDIR that is not there fails the tests with an error that says so', async () => {
  const folder = await copySuite('probe')
  // Vitest makes it, later on, for its own files.
  const { output, exitCode } = await runSuite(folder, [], { TMPDIR: join(folder, 'not-there') })
  expect(output).toContain(
    'Failed to make a temporary folder in not-there: it is not there. Let TMPDIR name a folder that is there and can be written to.',
  )
  expect(exitCode).toBe(1)
})

test('the application that the plugin starts tells of itself, and named targets of the plugin and of the test are judged', async () => {
  const { tree, output, exitCode } = await runSuite('probe')
  expect(testsOf(tree)).toEqual([
    '✓ ask',
    '✓ 2 virtual users for 2 s (warm-up 200 ms)',
    '✓ budget: heap',
    '✓ budget: eventLoopDelay',
    '✓ budget: cpuPerRequest',
    '✓ budget: metrics memory',
    '× budget: metrics series.queue (BudgetError)',
    '× budget: own memory (BudgetError)',
    // On a machine that keeps the load generator waiting it cannot be told whose the delay is.
    expect.stringMatching(/^× budget: ask p50 \((?:Budget|Inconclusive)Error\)$/),
  ])
  expect(output.match(/(?<=❯ )health under load > .*/g)).toMatchInlineSnapshot(`
    [
      "health under load > budgets.targets.metrics.series.queue health.arazzo.yaml:25:22",
      "health under load > budgets.targets.own.memory health.arazzo.yaml:27:21",
      "health under load > budgets.steps.ask.p50 health.arazzo.yaml:29:23",
    ]
  `)
  expect(output).toMatch(/event loop busy .* heap .* at most/)
  expect(output).toMatch(/from 7 to 7, 7 on average over \d+ readings/)
  // Of a block that doubts about a busy machine make too long, targets are left out, and that is said.
  expect(output).toMatch(/queue 7 \/ 7 \/ 7|with verbose also: .*targets/)
  expect(exitCode).toBe(1)
})
