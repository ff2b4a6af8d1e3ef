import { expect, test } from 'vitest'
import { readShape } from '../../../src/load/plan/shape.ts'
import { isUnlimited } from '../../../src/load/thread/duet/blocks.ts'

/* A warm-up is as fast as its users: what fails in it is of the load only if the load is as fast. */
test.each([
  [{ vus: 4, duration: '2s' }, true],
  [{ vus: 4, iterations: 10 }, true],
  [{ vus: 4, duration: '2s', pacing: '1s' }, false],
  [{ vus: 4, iterations: 10, pacing: '1s' }, false],
  [{ rate: 50, duration: '2s' }, false],
  [{ rps: 50, duration: '2s' }, false],
])('iterations of the warm-up of %j count for the error rate: %s', (load, counts) => {
  expect(isUnlimited(readShape(load).plan!)).toBe(counts)
})
