import { afterAll, beforeAll } from 'vitest'
import { RUNAWAY } from '../../src/workflow/runaway.ts'

/** Lets runs of a test file be given up after fewer step visits: loops without an end need not be followed for long. */
export function givenUpAfter(visits: number): void {
  const { visits: usual } = RUNAWAY
  beforeAll(() => {
    RUNAWAY.visits = visits
  })
  afterAll(() => {
    RUNAWAY.visits = usual
  })
}
