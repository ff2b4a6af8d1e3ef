import { describe, expect, test } from 'vitest'
import { simulate } from './simulate.ts'

/* What starts, seen from the server: `npm run bench -- pacing` measures the same in real time. */

/** When iterations began, in milliseconds from the beginning of the run. */
async function startsOf(shape: object): Promise<{ starts: number[]; late: number }> {
  const starts: number[] = []
  const server = {
    answer(now: number) {
      starts.push(now)
      return { after: 1 }
    },
  }
  const run = await simulate({ duration: '2s', warmUp: 0, ...shape }, server)
  expect(run.whole).toMatchObject({ due: starts.length, dropped: 0, passed: starts.length })
  return { starts, late: run.lateness.max }
}

describe.each([1_000, 10_000])('%i/s', rate => {
  test('as many starts as planned, each when it is due', async () => {
    const { starts, late } = await startsOf({ rate })
    expect(starts).toHaveLength(2 * rate)
    expect(late).toBeLessThan(0.001)
    const off = starts.map((at, n) => Math.abs(at - (n * 1_000) / rate))
    expect(Math.max(...off)).toBeLessThan(0.001)
  })
})
