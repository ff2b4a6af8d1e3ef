import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { LoadReport } from '../../src/measure/report.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { Broker, withoutBroker } from './broker.ts'
import { loadBy } from './one-step.ts'

/* Loads of which no host is left, or none began. */

const wordsOf = (report: LoadReport) => renderLoadReport(report, { width: 120, color: false, verbose: true })

describe.skipIf(withoutBroker)(`hosts that are gone${withoutBroker ? `: ${withoutBroker}` : ''}`, () => {
  let broker: Broker

  beforeAll(async () => {
    broker = await Broker.start()
    await Promise.all([broker.agent('eu-1'), broker.agent('eu-2')])
  })

  afterAll(() => broker?.end())

  test('of agents that refuse, each says why, and none is called lost in a run that has not begun', async () => {
    const { run } = await loadBy(
      { nats: broker.nats, count: 2, timeout: '30s' },
      { servers: 'http://192.0.2.1', allowHosts: ['192.0.2.1'] },
    )
    const report = await run
    expect(report.state).toBe('not run')
    for (const name of ['eu-1', 'eu-2'])
      expect(report.cause).toContain(`Failed to run the share of agent ${name}: Failed to load`)
    expect(wordsOf(report)).not.toContain('lost')
    const why = /ended \S+ \(\S+\): it refused: Failed to load http:\/\/192\.0\.2\.1: .* --allow-host 192\.0\.2\.1 /
    for (const agent of broker.agents.values())
      await vi.waitFor(() => expect(agent.output).toMatch(why), { timeout: 20_000 })
  })

  test('when NATS is gone for good, what was measured is told, once, and with its cause', async () => {
    let asked = 0
    const { run, requests } = await loadBy(
      { nats: broker.nats, count: 2, timeout: '30s' },
      { load: { rate: 40, duration: '20s', warmUp: 0 }, budgets: { errorRate: '5%', p90: '10s', rps: '>= 10' } },
      url => (url === '/a' && ++asked % 4 === 0 ? 500 : 200),
    )
    await vi.waitFor(() => expect(requests.length).toBeGreaterThan(140), { timeout: 60_000 })
    await broker.kill()
    const report = await run
    expect(report).toMatchObject({ state: 'cut short', cause: 'no host is left' })
    expect(report.measured % 1_000).toBeCloseTo(0, 3)
    expect(report.measured).toBeGreaterThanOrEqual(2_000)
    expect(report.rps).toBeGreaterThan(30)
    expect(report.iterationRate).toBeLessThan(50)
    expect(report.verdicts.map(({ verdict }) => verdict)).toEqual(report.verdicts.map(() => 'inconclusive'))
    const [error, ...others] = report.errors
    expect(others).toEqual([])
    expect(error).toMatchObject({ step: 'a', count: report.steps.a!.errors, exemplars: [] })
    expect(error!.count).toBeGreaterThan(10)
    // Books and steps are of one moment.
    const { passed, failed } = report.measuredArrivals
    expect(Math.abs(report.steps.a!.requests - passed - failed)).toBeLessThanOrEqual(2)
    expect(report.doubts.flatMap(({ kind, found }) => (kind === 'lost host' ? [found] : []))).toEqual([
      expect.stringMatching(
        /^2 of 2 hosts were lost .* s after the start \(eu-1, eu-2, sent no message for 3 s, and NATS is not reached\)/,
      ),
    ])
    expect(report.serviceTime.count).toBe(report.responseTime.count)
    expect(report.generator.missing).toMatchObject({ memory: expect.stringContaining('no host is left') })
    expect(wordsOf(report)).toMatch(/connections +not known: no host is left/)
    expect(wordsOf(report)).toMatch(/generator +not known: no host is left/)
    expect(wordsOf(report)).not.toMatch(/for 0 ms|Let it run/)
    for (const agent of broker.agents.values())
      await vi.waitFor(
        () => expect(agent.output).toContain('the coordinator sent no message for 5 s, and NATS is not reached'),
        { timeout: 20_000 },
      )
  })
})
