import { describe, expect, test } from 'vitest'
import { readLoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { overallOf } from '../../src/report/overall.ts'
import { aReport } from '../builders/report.ts'
import { oneStep } from './one-step.ts'

describe('what agents do not run is refused before the load', () => {
  const nats = 'nats://127.0.0.1:4222'
  const faultsOf = async (options: object) => {
    const workflow = oneStep()
    const base = { workflow, servers: 'http://127.0.0.1:1', load: { rps: 1, duration: '1s' } }
    const { faults = [] } = await readLoadTest({ ...base, agents: { nats }, ...options } as LoadOptions)
    return faults.map(({ path, found }) => `${path}: ${found}`)
  }

  test.each([
    ['a plain load', {}, []],
    ['a search for the capacity', { load: { capacity: { latency: 'p99 < 1s' } } }, []],
    ['a steady warm-up', { load: { rps: 1, duration: '1s', warmUp: 'auto' } }, []],
    // Where no load runs, the generator keeps every budget.
    ['what a generator uses', { budgets: { generator: { memory: '1GB' } } }, ['/agents: what a generator uses']],
    ['nothing that the plugin has', { agents: false, budgets: { generator: { memory: '1GB' } } }, []],
    ['no server', { agents: { count: 2 } }, ['/agents: it names no NATS server']],
    ['values', { agents: { nats: 'a', count: 0, timeout: 'x' } }, ['/agents/nats', '/agents/count', '/agents/timeout']],
  ])('%s', async (_, options, expected) => {
    const faults = await faultsOf(options)
    expect(faults.map((fault, n) => fault.slice(0, expected[n]?.length))).toEqual(expected)
  })
})

test('a load test without agents runs here, also where the plugin has some', async () => {
  const options = { workflow: oneStep(), servers: 'http://127.0.0.1:1' }
  const agentsOf = async (agents?: LoadOptions['agents']) => {
    const own = { ...options, load: { rps: 1, duration: '1s' }, ...(agents !== undefined && { agents }) }
    const { loadTest } = await readLoadTest(own, { defaults: { agents: { nats: 'nats://a' } } })
    return loadTest!.options.agents
  }
  expect([await agentsOf(), await agentsOf(false)]).toEqual([{ nats: 'nats://a' }, undefined])
})

test('a run that lost a host is undecided without budgets too', () => {
  const text = 'Host eu-1 was lost.'
  const report = aReport({
    verdicts: [],
    doubts: [{ kind: 'lost host', host: 'eu-1', at: 1, share: 0.5, found: text }],
  })
  expect(overallOf(aReport({ verdicts: [] }))).toBe('none')
  expect(overallOf(report)).toBe('inconclusive')
})
