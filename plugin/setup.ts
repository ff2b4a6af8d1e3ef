import { afterAll, beforeEach, expect, inject } from 'vitest'
import { enterFile, leaveFile, register, testEnds, testStarts } from './coordinator/client.ts'
import './matchers/index.ts'

/*
 * Vitest's setup file, run in the worker before each test file is imported. It waits here, rather than in a hook, because
 * no timeout applies here: a test file may have to wait as long as a load test takes.
 */

register({ coordinator: inject('vitest-arazzo:coordinator'), file: expect.getState().testPath ?? '' })
await enterFile()

// Hooks run in reverse order at the end (`sequence.hooks: 'stack'`), so this comes after the user's.
afterAll(leaveFile)

// No timeout: a concurrent test may have to wait for a load that its file runs.
beforeEach(async ({ task }) => {
  await testStarts(task.id, task.name)
  return () => testEnds(task.id)
}, 0)
