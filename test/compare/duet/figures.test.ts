import { expect, test } from 'vitest'
import { comparable } from '../../../src/compare/duet/duet.ts'
import { deviationsOf, driftOf, figuresOf, isSpread, memoryAt } from '../../../src/compare/duet/figures.ts'
import { readShape } from '../../../src/load/plan/shape.ts'
import type { BlockReading, SideResult } from '../../../src/load/thread/duet/protocol.ts'
import { emptySummary, LatencyRecorder } from '../../../src/measure/histogram.ts'
import { sideWith } from './sides.ts'

const task = (shape: object) => ({ steps: ['ask'], plan: comparable(readShape(shape).plan!).plan! })
/** A side whose blocks have had so many requests, at so much CPU each; then comes the look at the end of all. */
function blocks(requests: number[], cpu = requests.map(() => 1), sliced: number[] = []): SideResult {
  const readings: BlockReading[] = [{ asked: 0, requests: 0, cpuTime: 500, memory: 100 }]
  for (const [i, count] of requests.entries()) {
    const last = readings.at(-1)!
    const asked = last.asked + count
    const cpuTime = last.cpuTime! + count * cpu[i]!
    readings.push({ isSliced: sliced.includes(i), asked, requests: asked, cpuTime, memory: 100 + asked })
  }
  return sideWith([...readings, readings.at(-1)!])
}

test('memory lies on the line between the looks around a count', () => {
  const readings = [
    { asked: 0, memory: 100 },
    { asked: 100, memory: 200 },
    { asked: 200, memory: 600 },
  ]
  expect([0, 50, 100, 150, 200].map(requests => memoryAt(readings, requests))).toEqual([100, 150, 200, 400, 600])
  expect(memoryAt(readings, 201)).toBeUndefined()
  expect(memoryAt([{ asked: 0 }, { asked: 10 }], 5)).toBeUndefined()
  expect(memoryAt([], 0)).toBeUndefined()
})

test('memory is that after as many requests on both sides, CPU that of all', () => {
  const [base, head] = figuresOf(task({ rps: 100, duration: '5s' }), [blocks([100, 100]), blocks([50, 70], [2, 2])])
  expect(base).toMatchObject({ memory: 220, cpuTime: 200, asked: 200, measured: 180 })
  expect(head).toMatchObject({ memory: 220, cpuTime: 240, asked: 120, measured: 180 })
})

test('the drift is that of CPU time a request, mean of both sides, from the first half of the blocks to the second', () => {
  const base = blocks([100, 300, 50, 200, 200], [4, 4, 99, 2, 2])
  const head = blocks([100, 100, 50, 200, 200], [4, 4, 1, 4, 4])
  expect(driftOf([base, head])).toBeCloseTo(Math.log(0.5) / 2, 9)
  expect(driftOf([blocks([100]), blocks([100])])).toBeUndefined()
  const sliced = [1, 3]
  expect(
    driftOf([blocks([100, 100, 100, 100], [1, 4, 1, 2], sliced), blocks([100, 100, 100, 100], [1, 4, 9, 2], sliced)]),
  ).toBeCloseTo(Math.log(0.5), 9)
})

test('a side without a process has neither', () => {
  const plain = sideWith([
    { asked: 0, requests: 0 },
    { asked: 5, requests: 4 },
    { asked: 5, requests: 4 },
  ])
  const [base] = figuresOf(task({ rps: 100, duration: '5s' }), [plain, plain])
  expect([base.cpuTime, base.memory]).toEqual([undefined, undefined])
  expect(driftOf([plain, plain])).toBeUndefined()
})

test('the deviation of a pair of blocks is that of the logarithm of its ratio', () => {
  const up = Math.exp(0.1)
  const base = blocks([1_000, 1_000, 1_000, 1_000])
  const head = blocks([1_000 * up, 1_000 / up, 1_000 * up, 1_000 / up], [1, 1, 1, 1])
  const { requests, work } = deviationsOf([base, head], 4)
  expect(requests).toBeCloseTo(0.1 * Math.sqrt(4 / 3), 9)
  expect(work).toBeCloseTo(0, 9)
})

test('where sliced blocks lie between others, CPU is that of slices, and each deviation that of its own blocks', () => {
  const up = Math.exp(0.1)
  const sliced = [1, 3]
  const base = blocks([100, 200, 100, 200], [9, 1, 9, 1], sliced)
  const head = blocks([100, 200, 100, 200], [1, up, 1, 1 / up], sliced)
  const [ofBase, ofHead] = figuresOf(task({ rps: 100, duration: '5s' }), [base, head])
  expect(ofBase).toMatchObject({ asked: 400, cpuTime: 400, memory: 700 })
  expect(ofHead.asked).toBe(400)
  expect(ofHead.cpuTime).toBeCloseTo(200 * (up + 1 / up), 9)
  const { requests, work } = deviationsOf([base, head], 4)
  expect(requests).toBe(0)
  // Two of four pairs tell it: 0.1 times the root of 2 by n - 1, and once more for each pair of four.
  expect(work).toBeCloseTo(0.2, 9)
})

test('where all are sliced, CPU is of all, to the end', () => {
  const [base] = figuresOf(task({ rps: 100, duration: '5s' }), [
    blocks([100, 200], [1, 2], [0, 1]),
    blocks([100, 200], [1, 2], [0, 1]),
  ])
  expect(base).toMatchObject({ asked: 300, cpuTime: 500 })
})

test('there is none of a single pair, nor of blocks without any', () => {
  expect(deviationsOf([blocks([10]), blocks([10])], 1)).toEqual({})
  expect(deviationsOf([blocks([10, 0]), blocks([10, 10])], 2)).toEqual({})
})

test.each([
  ['one that idles', 100, 400, false],
  ['one busy thread', 400, 400, false],
  ['one with a garbage collector beside it', 500, 400, false],
  ['two busy threads', 700, 400, true],
  ['one that had no turn', 0, 0, true],
])('whether an application uses several processors: %s', (_, cpu, inTurns, expected) => {
  expect(isSpread({ ...blocks([100, 100], [cpu / 200, cpu / 200]), inTurns })).toBe(expected)
})

test('of what no CPU time is known it may use several', () => {
  expect(isSpread({ ...sideWith([{ asked: 0, requests: 0 }]), inTurns: 100 })).toBe(true)
})

/** A side whose iterations of three requests each took so long, however many of them were counted. */
function looping(took: number, count: number): SideResult {
  const times = new LatencyRecorder()
  for (let i = 0; i < count; i++) times.record(took)
  const recorded = {
    responseTime: times.summary(),
    serviceTime: times.summary(),
    lateness: emptySummary(),
    steps: [],
    errors: [],
    slowest: [],
    examples: [],
    window: { from: 0, to: 126 },
  }
  return { ...sideWith([]), recorded, requestsPerIteration: 3 }
}

test.each([
  ['the count of both is the same', 26.4, 4, 29, 4],
  ['the count is another', 27.4, 4, 27.6, 3],
])('rates of users that loop are by the time of iterations: %s', (_, ofBase, inBase, ofHead, inHead) => {
  const sides = [looping(ofBase, inBase), looping(ofHead, inHead)] as const
  const [base, head] = figuresOf(task({ vus: 5, duration: '5s' }), sides)
  expect(base.iterationRate).toBeCloseTo(5_000 / ofBase, 0)
  expect(head.iterationRate! / base.iterationRate!).toBeCloseTo(ofBase / ofHead, 3)
  expect(head.requestRate! / base.requestRate!).toBeCloseTo(ofBase / ofHead, 3)
  expect(base.requestRate! / base.iterationRate!).toBeCloseTo(3, 9)
})

test.each([
  { rps: 100, duration: '5s' },
  { vus: 5, duration: '5s', pacing: '50ms' },
])('rates of %o are its counts', shape => {
  const [base] = figuresOf(task(shape), [looping(20, 4), looping(20, 4)])
  expect([base.requestRate, base.iterationRate]).toEqual([undefined, undefined])
})

test('nothing measured has no rate', () => {
  const [base] = figuresOf(task({ vus: 5, duration: '5s' }), [looping(20, 0), looping(20, 0)])
  expect([base.requestRate, base.iterationRate]).toEqual([undefined, undefined])
})
