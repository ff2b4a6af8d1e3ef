import fc from 'fast-check'
import { test, vi } from 'vitest'
import { amount } from '../builders/thorough.ts'
import { cases } from './arbitrary.ts'
import { byPath } from './program.ts'
import { expectAsModelled, openWorld } from './world.ts'

/** Loops without an end need not be followed for long. */
vi.mock(import('../../src/workflow/visits.ts'), () => ({ MOST_VISITS: 25 }))

const world = openWorld()

/** Ten thousand take some minutes, and find what two hundred may miss. */
const RUNS = Number(process.env.MODEL_RUNS ?? amount(60, 200))

test('any program runs as the model says', { timeout: 0 }, async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ program, answers }) => {
      await expectAsModelled(world, program, byPath(answers))
    }),
    { numRuns: RUNS },
  )
})
