import { expect, test } from 'vitest'
import { assertWithin, limitsOf } from '../../src/hosts/agent/limits.ts'
import { readShape } from '../../src/load/plan/shape.ts'

const limits = limitsOf({ threads: 4, vus: 10, rows: 3, duration: 60_000, memory: Number.POSITIVE_INFINITY })

/** Judges a plan of which an agent has half of the threads. */
function judged(
  load: object,
  { rows = 0, threads = 1, memory }: { rows?: number; threads?: number; memory?: number } = {},
) {
  const task = { plan: readShape(load).plan!, inputs: { kind: 'rows', rows: Array(rows).fill({}) } }
  const own = memory === undefined ? limits : { ...limits, memory }
  return () => assertWithin(own, task as never, { threads, count: 2 * threads } as never)
}

const load = { vus: 20, duration: '10s' }

test('an agent takes what is within each of its limits', () => {
  expect(judged(load, { rows: 3, threads: 4 })).not.toThrow()
})

test.each([
  ['threads', judged(load, { threads: 5 }), 'threads are 5'],
  ['users', judged({ ...load, vus: 22 }), 'the virtual users of its part are 11'],
  ['users of an open model', judged({ rps: 5, duration: '10s', maxVus: 22 }), 'the virtual users of its part are 11'],
  ['rows', judged(load, { rows: 4 }), 'rows of inputs are 4'],
  ['time', judged({ ...load, duration: '2m' }), 'it may take'],
  ['memory', judged(load, { memory: 1 }), 'the memory of its process is'],
])('a plan with more %s is refused', (_, take, found) => {
  expect(take).toThrow(found)
})
