import { expect, test } from 'vitest'
import { runSuite } from './run-suite.ts'

test('the application and inputs read .env files as Vite does, and tests do not see them', async () => {
  const { tree, output, exitCode } = await runSuite('environment')
  expect(
    tree.split('\n').flatMap(line => line.match(/[✓×↓] .*/) ?? []),
    output,
  ).toEqual([
    '✓ what files say is not in the environment of tests',
    '✓ a variable that is nowhere names the files',
    '✓ the environment of tests comes first',
    '✓ a secret of a file is not in the log',
    '✓ 1 virtual user, 5 iterations each',
    '✓ budget: errorRate',
    '✓ budget: resent',
    '✓ ask',
  ])
  expect(exitCode).toBe(0)
})
