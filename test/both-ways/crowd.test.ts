import { describe, expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import type { LoadShape } from '../../src/measure/shape.ts'
import { amount } from '../builders/thorough.ts'
import { openWorld } from '../model/world.ts'
import { crowded, inAll, serveCrowd } from './crowd.ts'

const world = openWorld()

async function load(shape: LoadShape) {
  const crowd = await serveCrowd()
  const workflow = world.write(crowded)
  const report = await runLoad({ workflow, servers: crowd.origin, load: shape })
  return { report, sessions: crowd.sessions, expected: inAll(crowd.sessions.length) }
}

const countsOf = (report: LoadReport) =>
  Object.fromEntries(Object.entries(report.steps).map(([key, { requests, errors }]) => [key, { requests, errors }]))

const errorsOf = (report: LoadReport, key: string) =>
  report.errors.filter(({ step }) => step === key).reduce((sum, { count }) => sum + count, 0)

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

describe('many users, each with a fate of its own', () => {
  test('the fates are of all kinds', () => {
    const { passed, failed, sessions } = inAll(1_000)
    expect(Math.min(passed, failed)).toBeGreaterThan(10)
    expect(new Set(sessions.map(paths => paths.join())).size).toBeGreaterThan(200)
  })

  const iterations = amount(2, 5)
  const all = 200 * iterations
  test.each([1, 2])('200 virtual users on %i threads: every iteration as the model says', async threads => {
    const { report, sessions, expected } = await load({ vus: 200, iterations, threads })
    expect(sessions).toHaveLength(all)
    expect(sessions).toEqual(expected.sessions)
    expect(report.state).toBe('completed')
    expect(report.arrivals).toEqual({
      due: all,
      dropped: 0,
      started: all,
      aborted: 0,
      passed: expected.passed,
      failed: expected.failed,
    })
    expect(report.measuredArrivals).toEqual(report.arrivals)
    expect(countsOf(report)).toEqual(expected.steps)
    for (const [key, { errors }] of Object.entries(expected.steps)) expect(errorsOf(report, key)).toBe(errors)
    expect(sum(Object.values(report.steps).map(({ requests }) => requests))).toBe(
      sum(sessions.map(paths => paths.length)),
    )
    expect(report.errorRate).toBe(expected.failed / all)
    expect(report.responseTime.count).toBe(all)
  })

  test('an open model, more arrivals than users', async () => {
    const { report, sessions, expected } = await load({ rate: 300, duration: '1s', warmUp: 0, maxVus: 20, threads: 2 })
    expect(report.arrivals).toMatchObject({ due: 300, aborted: 0 })
    expect(sessions).toHaveLength(report.arrivals.started)
    expect(sessions).toEqual(expected.sessions)
    expect(report.arrivals).toMatchObject({ passed: expected.passed, failed: expected.failed })
  })
})
