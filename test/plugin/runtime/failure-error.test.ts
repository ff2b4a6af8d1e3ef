import { expect, test } from 'vitest'
import { failureError } from '../../../plugin/runtime/workflow-suite.ts'
import { failure } from '../../../src/ground/fault.ts'

const step = { stepId: 'list', at: { file: '/p/a.arazzo.yaml', line: 3, column: 1 } }
const shared = { mask: (text: string) => text, startedAt: undefined }
const of = async (thrown: Error) =>
  (await failureError({ within: [], because: 'x', thrown, isReported: false }, [], step, shared)) as Error

test('what says itself why a workflow could not start has no frames of this package', async () => {
  const foreseen = failure('read', 'input "a"', 'the environment has no A', 'Set it before the run.')
  expect(foreseen.stack).toContain('\n    at ')
  const said = 'Error: Failed to read input "a": the environment has no A. Set it before the run.'
  expect((await of(foreseen)).stack).toBe(said)
  // A fault of ours, or of a function of the user, is found by its frames.
  expect((await of(new TypeError('x is not a function'))).stack).toContain('\n    at ')
})
