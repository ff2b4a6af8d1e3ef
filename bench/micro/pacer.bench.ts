import { bench, describe } from 'vitest'
import { rampsPacer } from '../../src/load/pace/arrivals.ts'

const plateau = rampsPacer([{ from: 10_000, to: 10_000, length: 60_000 }])
const stages = rampsPacer(Array.from({ length: 20 }, (_, n) => ({ from: n * 500, to: (n + 1) * 500, length: 5_000 })))
let next = 0

describe('when the next arrival is due', () => {
  bench('at a constant rate', () => {
    plateau.dueAt(next++ % 600_000)
  })
  bench('within twenty ramps', () => {
    stages.dueAt(next++ % 500_000)
  })
})
