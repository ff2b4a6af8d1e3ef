import fc from 'fast-check'
import { test } from 'vitest'
import { givenUpAfter } from '../builders/given-up.ts'
import { amount } from '../builders/thorough.ts'
import { cases } from './arbitrary.ts'
import { byPath } from './program.ts'
import { expectAsModelled, openWorld } from './world.ts'

givenUpAfter(25)

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
