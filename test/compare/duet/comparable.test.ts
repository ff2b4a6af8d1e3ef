import { expect, test } from 'vitest'
import { comparable } from '../../../src/compare/duet/duet.ts'
import { readShape } from '../../../src/load/plan/shape.ts'

const planOf = (shape: object) => comparable(readShape(shape).plan!)

test.each([
  [
    { rps: 300, duration: '5s', rampUp: '2s', thinkTime: '1s' },
    { model: 'open', kind: 'rps', rate: 300 },
  ],
  [
    { rate: 20, duration: '5s' },
    { kind: 'rate', rate: 20 },
  ],
  [
    {
      stages: [
        { rps: 50, duration: '1s' },
        { rps: 80, duration: '1s' },
      ],
    },
    { kind: 'rps', rate: 80 },
  ],
  [
    { vus: 12, duration: '5s', rampDown: '1s' },
    { model: 'closed', kind: 'vus', vus: 12, maxVus: 12 },
  ],
  [
    { vus: 3, iterations: 50 },
    { kind: 'vus', vus: 3 },
  ],
])('%o has its highest level, from the beginning to the end', (shape, expected) => {
  const { plan, fault } = planOf(shape)
  expect(fault).toBeUndefined()
  expect(plan).toMatchObject({ ...expected, rampUp: 0, warmUp: 0, rampDown: 0, threads: 1 })
  const level = plan!.model === 'open' ? 'rate' : 'vus'
  expect(plan).toMatchObject({ curve: [{ from: plan![level as never], to: plan![level as never] }] })
  expect(plan).not.toHaveProperty('thinkTime')
  expect(plan).not.toHaveProperty('steady')
})

test('what users wait between iterations stays', () => {
  expect(planOf({ vus: 2, duration: '5s', pacing: '50ms' }).plan).toHaveProperty('pacing')
})

test.each([
  [{ vus: 2, duration: '5s', thinkTime: '1s' }, '/load/thinkTime'],
  [{ adaptive: { maxVus: 20, latency: '50ms' }, duration: '5s' }, '/load/adaptive'],
  [{ capacity: { latency: 'p99 < 50ms', to: 1_000 } }, '/load/capacity'],
])('%o is refused, with its place and what to do', (shape, path) => {
  const { plan, fault } = planOf(shape)
  expect(plan).toBeUndefined()
  expect(fault).toMatchObject({ path, verb: 'compare', thing: 'base and head' })
  expect(fault!.advice).toMatch(/^\w.*\.$/)
})
