import { expect, test } from 'vitest'
import { Sample, StepChecks } from '../../../src/workflow/checks/step-checks.ts'

const looked = (count: number) => {
  const sample = new Sample({ share: 0.01 })
  return Array.from({ length: count }, () => sample.isDue())
}

test('the first ten, then one in a hundred', () => {
  const due = looked(100_000)
  expect(due.slice(0, 10)).toEqual(Array(10).fill(true))
  const later = due.slice(10).filter(Boolean).length
  expect(later).toBeGreaterThan(950)
  expect(later).toBeLessThan(1_050)
})

test('what was due and passed by unseen is made up for by what is held later, one at a time', () => {
  const sample = new Sample({ share: 0.01 })
  expect([sample.hold(), sample.hold()]).toEqual([true, false])
  // The second was asked for while the first was on its way, and is not held.
  expect([sample.isDue(true), sample.isDue(false)]).toEqual([true, true])
  sample.letGo()
  for (let count = 2; count < 10; count++) sample.isDue(true)
  expect(sample.hold()).toBe(true)
  expect([sample.isDue(true), sample.isDue(true)]).toEqual([true, false])
  sample.letGo()
  expect(sample.hold()).toBe(false)
})

test.each([2, 3, 10, 100])('no beat of %i is missed: every position in it is looked at', beat => {
  const positions = new Set<number>()
  for (const [index, isDue] of looked(200_000).entries()) if (isDue) positions.add(index % beat)
  expect(positions.size).toBe(beat)
})

test('from when that is asked for all are due', () => {
  const sample = new Sample({ share: 0.01 })
  for (let count = 0; count < 50; count++) sample.isDue()
  sample.takeAll()
  expect(sample.isNextDue).toBe(true)
  expect([sample.hold(), sample.hold()]).toEqual([true, false])
  expect(Array.from({ length: 200 }, () => sample.isDue())).toEqual(Array(200).fill(true))
})

test('it is known before which will be due, if it can be seen as a whole', () => {
  const sample = new Sample({ share: 0.01 })
  for (let count = 0; count < 1_000; count++) {
    const isWhole = count % 7 !== 0
    const expected = sample.isNextDue
    expect(sample.isNextDue).toBe(expected)
    const isDue = sample.isDue(isWhole)
    if (isWhole) expect(isDue).toBe(expected)
  }
})

test('a status that is not documented is checked however seldom others are', () => {
  const checks = { isEmpty: false, haveSchemas: true, documents: (status: number) => status === 200 }
  const cost = { share: 0.01, came() {} }
  const step = new StepChecks([], checks as never, 'error', cost as never)
  const due = (status: number) => Array.from({ length: 50 }, () => step.isDue(status, false, 0))
  expect(due(200).filter(Boolean).length).toBeLessThan(20)
  expect(due(418)).toEqual(Array(50).fill(true))
})
