import { expect, test } from 'vitest'
import { untilAtRest } from '../../src/measure/at-rest.ts'

/** How long an application is waited for whose looks are these; the last goes on. */
async function waitedFor(...looks: ({ used: number; processes?: number; isFine?: boolean } | undefined)[]) {
  let [place, cpuTime, time] = [0, 0, 0]
  const look = async () => {
    const seen = looks[Math.min(place++, looks.length - 1)]
    cpuTime += seen?.used ?? 0
    return seen && { processes: 1, isFine: true, ...seen, cpuTime }
  }
  const pause = async (length: number) => {
    time += length
  }
  await untilAtRest(look, pause, { now: () => time })
  return time
}

const idle = { used: 1 }
const works = { used: 20 }
const starts = { used: 90 }

test('an application that does nothing is waited for as long as two looks take', async () => {
  expect(await waitedFor(idle)).toBe(100)
  expect(await waitedFor({ used: 10, isFine: false })).toBe(100)
})

test('a process that starts is waited for, and new ones are', async () => {
  expect(await waitedFor(...Array(31).fill(starts), idle)).toBe(3_100)
  expect(await waitedFor(idle, { ...idle, processes: 2 })).toBe(200)
})

test('an application that always works, and one that never starts, are waited for in vain', async () => {
  expect(await waitedFor(works)).toBe(1_100)
  expect(await waitedFor(starts)).toBe(4_000)
})

test('one that has ended is not waited for', async () => {
  expect(await waitedFor(undefined)).toBe(0)
  expect(await waitedFor(works, undefined)).toBe(100)
})
